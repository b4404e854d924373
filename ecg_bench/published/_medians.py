"""The median of ranks."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median


def median_ranks(ranks: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the median of each system's ranks over layers, as ECG-LLM's overall table has it.

    It weighs all layers alike, also those that rank the systems the other way round: look at how far layers agree
    before using it.

    Parameters
    ----------
    ranks : mapping of str to mapping of str to float
        For each system its rank in each layer, 1 for the best. All systems have the same layers.

    Returns
    -------
    dict of str to float
        The median of each system, the lowest first; of an even number of layers the mean of the middle two.

    Raises
    ------
    ValueError
        If there is no layer, or a system lacks one.

    Examples
    --------
    >>> median_ranks({"a": {"choice": 2, "judge": 3, "human": 1}, "b": {"choice": 1, "judge": 1, "human": 2}})
    {'b': 1, 'a': 2}
    """
    layers = {frozenset(one) for one in ranks.values()}
    if len(layers) > 1 or frozenset() in layers:
        raise ValueError("medians of ranks need the same layers, at least one, for every system")
    found = {system: median(one.values()) for system, one in ranks.items()}
    return dict(sorted(found.items(), key=lambda one: one[1]))
