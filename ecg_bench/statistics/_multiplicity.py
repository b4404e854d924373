"""Adjusting p-values for their number."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def holm(p: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return Holm's step-down adjusted p-values, in the order given.

    Parameters
    ----------
    p : array-like of float, shape (tests,)
        Each from 0 to 1.

    References
    ----------
    S. Holm, Scand. J. Stat. 6 (1979) 65-70.

    Examples
    --------
    >>> [round(float(q), 2) for q in holm([0.01, 0.04, 0.03, 0.005])]
    [0.03, 0.06, 0.06, 0.02]
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    factors = np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * factors), 1.0)
    return adjusted


def hochberg(p: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return Hochberg's step-up adjusted p-values, in the order given: never above Holm's, for independent tests.

    Parameters
    ----------
    p : array-like of float, shape (tests,)
        Each from 0 to 1.

    References
    ----------
    Y. Hochberg, Biometrika 75 (1988) 800-802.

    Examples
    --------
    >>> [round(float(q), 2) for q in hochberg([0.01, 0.04, 0.03, 0.005])]
    [0.03, 0.04, 0.04, 0.02]
    """
    return _step_up(p, lambda ranks: len(ranks) - ranks + 1)


def benjamini_hochberg(p: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return Benjamini and Hochberg's adjusted p-values, in the order given: they bound the false discovery rate.

    Parameters
    ----------
    p : array-like of float, shape (tests,)
        Each from 0 to 1, of tests that are independent or positively dependent.

    References
    ----------
    Y. Benjamini and Y. Hochberg, J. R. Stat. Soc. B 57 (1995) 289-300.

    Examples
    --------
    >>> [round(float(q), 2) for q in benjamini_hochberg([0.01, 0.04, 0.03, 0.005])]
    [0.02, 0.04, 0.04, 0.02]
    """
    return _step_up(p, lambda ranks: len(ranks) / ranks)


def benjamini_yekutieli(p: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return Benjamini and Yekutieli's adjusted p-values, in the order given: whatever the tests' dependence.

    Parameters
    ----------
    p : array-like of float, shape (tests,)
        Each from 0 to 1.

    References
    ----------
    Y. Benjamini and D. Yekutieli, Ann. Stat. 29 (2001) 1165-1188.

    Examples
    --------
    >>> [round(float(q), 2) for q in benjamini_yekutieli([0.01, 0.04, 0.03, 0.005])]
    [0.04, 0.08, 0.08, 0.04]
    """
    return _step_up(p, lambda ranks: len(ranks) * (1 / ranks).sum() / ranks)


def _step_up(p: npt.ArrayLike, factors: Callable[[Floats], Floats]) -> Floats:
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    scaled = values[order] * factors(np.arange(1.0, len(values) + 1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted
