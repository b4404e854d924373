"""Text metrics chosen by name, and what they say about many pairs: means and aggregates, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.errors import UserError
from ecg_bench.metrics import DRAWS
from ecg_bench.registry import build
from ecg_bench.runs import EstimateRecord
from ecg_bench.statistics import bootstrap_sums, with_width
from ecg_bench.text_metrics import TEXT_METRICS, Comparison, Pair, TextMetric, check_f

DEFAULT_METRICS = ("bleu", "chrf", "rouge", "meteor", "critical")
BESIDE_ALL = "length"
CONFIDENCE = 0.95


def open_metrics(names: Sequence[str], arguments: Mapping[str, Any] | None = None) -> dict[str, TextMetric]:
    """Return the metrics of some names, and the length, which stands beside every other.

    Parameters
    ----------
    names : sequence of str
        As ``ecg-bench score --metrics`` takes them.
    arguments : mapping of str to object, optional
        ``METRIC.OPTION`` to a value.

    Raises
    ------
    UserError
        If a name or an argument is unknown or wrong.
    """
    wanted = list(dict.fromkeys([*names, BESIDE_ALL]))
    options: dict[str, dict[str, Any]] = {name: {} for name in wanted}
    for key, value in (arguments or {}).items():
        name, _, option = key.partition(".")
        if name not in options or not option:
            raise UserError(
                f"{key}={value}: a metric's option is given as METRIC.OPTION=VALUE, for one of {', '.join(wanted)}"
            )
        options[name][option] = value
    return {name: build(TEXT_METRICS.get(name), f"the text metric {name}", (), options[name]) for name in wanted}


@dataclass(frozen=True)
class Applied:
    """What a metric found in the pairs of one task or file.

    Attributes
    ----------
    comparison : Comparison
        Of each pair.
    estimates : mapping of str to EstimateRecord
        Means of the scores, and aggregates.
    flagged : mapping of str to int
        How many pairs each flag is set for.
    """

    comparison: Comparison
    estimates: Mapping[str, EstimateRecord]
    flagged: Mapping[str, int]


def apply(
    metric: TextMetric, pairs: Sequence[Pair], clusters: npt.NDArray[np.integer[Any]], *, seed: int, of: str
) -> Applied:
    """Compare some pairs and sum up.

    Parameters
    ----------
    metric : TextMetric
        What compares.
    pairs : sequence of Pair
        At least one.
    clusters : array of int, shape (pairs,)
        Pairs of one cluster are no independent evidence.
    seed : int
        Of the resampling.
    of : str
        What the pairs are of, for the signature.
    """
    found = metric.compare(pairs)
    columns = [values[:, None] for values in found.scores.values()] + list(found.statistics.values())
    widths = [column.shape[1] for column in columns]
    values = np.hstack([np.ones((len(pairs), 1)), *columns])
    totals = np.vstack([values.sum(axis=0), bootstrap_sums(values, clusters, draws=DRAWS, seed=seed)])
    parts = np.split(totals[:, 1:], np.cumsum(widths)[:-1], axis=1)
    counts = totals[:, 0]
    sizes = len(pairs), len(np.unique(clusters))
    estimates = {}
    for name, part in zip(found.scores, parts, strict=False):
        estimates[name] = _estimate(name, part[:, 0] / counts, sizes, metric, of, seed)
    for name, part in zip(found.statistics, parts[len(found.scores) :], strict=True):
        estimates[name] = _estimate(name, metric.aggregates[name](part), sizes, metric, of, seed)
    flagged = {name: int(flags.sum()) for name, flags in found.flags.items()}
    outside = check_f(found.scores, baselines=metric.baselines)
    flagged |= {f"{name}_f_outside": len(numbers) for name, numbers in outside.items() if numbers}
    return Applied(found, estimates, flagged)


def _estimate(
    name: str, values: npt.NDArray[np.float64], sizes: tuple[int, int], metric: TextMetric, of: str, seed: int
) -> EstimateRecord:
    """Return the first value with the interval that the others make, for so many pairs and clusters."""
    n, clusters = sizes
    value = float(values[0])
    low, high = (float(end) for end in np.quantile(values[1:], [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2]))
    method = "cluster bootstrap"
    if not metric.diagnostic and value in (0.0, 1.0):  # the ends of nearly every score's scale
        low, high, method = with_width(value, low, high, clusters, confidence=CONFIDENCE)
    return EstimateRecord(
        value=value,
        low=low,
        high=high,
        method=method,
        confidence=CONFIDENCE,
        n=n,
        signature=f"{name}|{metric.signature}|{of}|draws:{DRAWS}|draw_seed:{seed}|numpy:{np.__version__}",
    )
