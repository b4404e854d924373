"""Statistics of agreement equal published values; the source of each is its id."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from statsmodels.stats.tests.test_inter_rater import diagnoses

from ecg_bench.statistics import (
    alternative_annotator_test,
    association,
    bland_altman,
    brennan_prediger,
    cohen_kappa,
    estimate,
    fleiss_kappa,
    gwet_ac,
    gwet_error,
    intraclass_correlations,
    kappa_errors,
    krippendorff,
    krippendorff_alpha,
    npv,
    pairwise_f1,
    ppv,
    sensitivity,
    specificity,
    tau_b,
)
from ecg_bench.statistics._jackknife import jackknife_interval
from tests.statistics.tables import KRIPPENDORFF, Floats, pairs, ratings, value

GATHERED = "Wikipedia, Krippendorff's alpha"
THREE = ratings("*****341211 33*3", "1*213343*******", "**21344*211 33*4")
FLEISS_2003 = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]
SAS_SMALL = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]
SAS_SKIN = [[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]]
GWET_ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
FLEISS_WIKIPEDIA = np.array(
    [
        *([0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1]),
        *([7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]),
    ]
)
PEFR = [
    [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427],
    [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451],
]
IQ = [[106, 100, 86, 101, 99, 103, 97, 113, 112, 110], [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]]
TAU_SCIPY = [[12, 2, 1, 12, 2], [1, 4, 7, 1, 0]]
LIVER = pairs([[54, 32], [27, 231]])  # (normal, abnormal) by pathology, by scan
AUDIT = [[13, 0], [3, 4]]


def letters(*raters: str) -> Floats:
    return np.array([[float("abcde".index(cell)) for cell in line] for line in raters]).T


def unit_counts(counts: Floats) -> Floats:
    """Return ratings of units of which it is known how many raters gave each level."""
    return np.array([np.repeat(np.arange(counts.shape[1]), row) for row in counts], dtype=float)


def kappa(table: list[list[int]], weights: str = "nominal") -> float:
    return value(cohen_kappa(len(table), weights), pairs(table))  # type: ignore[arg-type]


def errors(table: list[list[int]], weights: str = "nominal") -> tuple[float, float]:
    return kappa_errors(np.array(table), weights)  # type: ignore[arg-type]


def ends(table: list[list[int]], weights: str = "nominal") -> tuple[float, float]:
    """Return the interval by the plain jackknife on Fisher's z scale."""
    coefficient = cohen_kappa(len(table), weights)  # type: ignore[arg-type]
    cells = coefficient.statistics(pairs(table))
    without = coefficient.value(cells.sum(axis=0) - cells)
    return jackknife_interval(kappa(table, weights), without, by_chance=0)


def icc() -> list[float]:
    scores = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
    )
    found = intraclass_correlations(scores)
    assert found is not None
    return [found.icc11, found.icc21, found.icc31, found.icc1k, found.icc2k, found.icc3k]


def limits() -> list[float]:
    found = bland_altman(*np.array(PEFR, dtype=float), multiple=2)
    assert found is not None
    return [found.bias, found.sd, found.low, found.high]


def ordered(data: list[list[int]], kind: str) -> float | None:
    first, second = np.array(data, dtype=float)
    return association(first, second, np.arange(len(first)), kind).value  # type: ignore[arg-type]


def rates() -> list[float | None]:
    units = np.arange(len(LIVER))
    return [estimate(one(), LIVER, units).value for one in (sensitivity, specificity, ppv, npv)]


def health_bench() -> list[float | None]:
    humans = np.array([[1, 1, 0], [1, 0, np.nan], [0, np.nan, np.nan]])
    found = pairwise_f1(humans, np.array([1.0, 0.0, 1.0]), np.arange(3))
    return [found.positive.value, found.negative.value, found.macro.value]


def alternative(eps: float) -> list[float | None]:
    i = np.arange(60)
    humans = np.stack([(i * i + ((7 * i + 11 * j) % 10 < 3)) % 4 for j in range(3)], axis=1).astype(float)
    found = alternative_annotator_test(humans, ((i * i + ((3 * i + 5) % 10 < 2)) % 4).astype(float), eps)
    return [found.omega, found.rho, *(row.p for row in found.raters if eps == 0.1)]


PUBLISHED: dict[str, tuple[Callable[[], object], object, float]] = {
    # 1-4: Krippendorff's alpha
    "Krippendorff 2011, nominal": (lambda: krippendorff_alpha(KRIPPENDORFF, "nominal"), 0.74342, 1e-5),
    "Krippendorff 2011, ordinal": (lambda: krippendorff_alpha(KRIPPENDORFF, "ordinal"), 0.81539, 1e-5),
    "Krippendorff 2011, interval": (lambda: krippendorff_alpha(KRIPPENDORFF, "interval"), 0.84911, 1e-5),
    "Krippendorff 2011, ratio": (lambda: krippendorff_alpha(KRIPPENDORFF, "ratio"), 0.79740, 1e-5),
    "Krippendorff 2011, binary": (
        lambda: value(krippendorff(2, "nominal"), ratings("0100000010", "1110010000")),
        0.09524,
        1e-5,
    ),
    "Krippendorff 2011, five letters": (
        lambda: value(krippendorff(5, "nominal"), letters("aabbdcccedda", "babbbccceddd")),
        0.69196,
        1e-5,
    ),
    f"{GATHERED}, nominal": (lambda: krippendorff_alpha(THREE, "nominal"), 0.69136, 1e-5),
    f"{GATHERED}, interval": (lambda: krippendorff_alpha(THREE, "interval"), 0.81084, 1e-5),
    # 5-10: Cohen's kappa
    "Wikipedia, Cohen's kappa, 1": (lambda: (kappa(t := [[20, 5], [10, 15]]), errors(t)[0]), (0.4, 0.1270), 5e-5),
    "Wikipedia, Cohen's kappa, 2": (lambda: (kappa(t := [[45, 15], [25, 15]]), errors(t)[0]), (0.13043, 0.09866), 1e-5),
    "Wikipedia, Cohen's kappa, 3": (lambda: (kappa(t := [[25, 35], [5, 35]]), errors(t)[0]), (0.25926, 0.07716), 1e-5),
    "Feinstein and Cicchetti 1990, 1": (lambda: kappa([[40, 9], [6, 45]]), 0.69952, 1e-5),
    "Feinstein and Cicchetti 1990, 2": (lambda: kappa([[80, 10], [5, 5]]), 0.31818, 1e-5),
    "Fleiss, Levin and Paik 2003, table 18.1": (
        lambda: (kappa(FLEISS_2003), *errors(FLEISS_2003)),
        (0.67647, 0.0877, 0.0762),
        5e-5,
    ),
    "SAS in statsmodels": (lambda: (kappa(SAS_SMALL), *errors(SAS_SMALL)), (0.4842, 0.1380, 0.1484), 5e-5),
    "SAS in statsmodels, linear": (
        lambda: (kappa(SAS_SMALL, "linear"), *errors(SAS_SMALL, "linear")),
        (0.4701, 0.1457, 0.1426),
        5e-5,
    ),
    "SAS PROC FREQ, skin condition": (lambda: (kappa(SAS_SKIN), errors(SAS_SKIN)[0]), (0.3449, 0.0724), 5e-5),
    "SAS PROC FREQ, skin condition, linear": (
        lambda: (kappa(SAS_SKIN, "linear"), errors(SAS_SKIN, "linear")[0]),
        (0.5082, 0.0655),
        5e-5,
    ),
    "SAS PROC FREQ, skin condition, quadratic": (lambda: kappa(SAS_SKIN, "quadratic"), 0.66072, 1e-5),
    **{
        f"irrCAC, table of abstractors, {weights}": (lambda w=weights: kappa(GWET_ABSTRACTORS, w), known, 1e-5)
        for weights, known in (("nominal", 0.79641), ("linear", 0.84290), ("quadratic", 0.89216), ("ordinal", 0.87211))
    },
    # 11-12: Fleiss' kappa
    "Wikipedia, Fleiss' kappa": (lambda: value(fleiss_kappa(5), unit_counts(FLEISS_WIKIPEDIA)), 0.20993, 1e-5),
    "Fleiss 1971": (lambda: value(fleiss_kappa(5), np.asarray(diagnoses, dtype=float) - 1), 0.43024, 1e-5),
    # 13-14: Gwet's AC1 and AC2
    **{
        f"irrCAC, data of Krippendorff 2011, {weights}": (
            lambda w=weights: (value(gwet_ac(5, w), KRIPPENDORFF - 1), gwet_error(KRIPPENDORFF - 1, 5, w)),
            known,
            1e-5,
        )
        for weights, known in (
            ("nominal", (0.77544, 0.14295)),
            ("linear", (0.85874, 0.11733)),
            ("ordinal", (0.89894, 0.10690)),
            ("quadratic", (0.91400, 0.10396)),
        )
    },
    "Gwet 2008, kappa": (lambda: kappa([[118, 5], [2, 0]]), -0.02339, 1e-5),
    "Gwet 2008, AC1": (
        lambda: (value(gwet_ac(2), t := pairs([[118, 5], [2, 0]])), gwet_error(t, 2)),
        (0.94078, 0.0231),
        5e-5,
    ),
    # 15: intraclass correlations
    "Shrout and Fleiss 1979": (icc, [0.16574, 0.28976, 0.71484, 0.44280, 0.62005, 0.90932], 1e-5),
    # 24-27: correlations, limits of agreement, error rates
    "Wikipedia, Spearman": (lambda: ordered(IQ, "spearman"), -29 / 165, 1e-12),
    "scipy, tau-b": (lambda: ordered(TAU_SCIPY, "tau_b"), -0.47140, 1e-5),
    "Agresti, job satisfaction, tau-b": (
        lambda: value(tau_b(4), pairs([[1, 3, 10, 6], [2, 3, 10, 7], [1, 6, 14, 12], [0, 1, 9, 11]])),
        0.15235,
        1e-5,
    ),
    "Bland and Altman 1986": (limits, [-2.118, 38.765, -79.65, 75.41], 5e-3),
    "Altman and Bland 1994": (rates, [0.895, 0.628, 0.878, 0.667], 5e-4),
    # 32-34, 36; the data of 33 (nitaytech/AltTest) come without a licence, so that 34 stands for it
    "HealthBench, unit test of the repository": (health_bench, [0.57143, 0.4, 0.48571], 1e-5),
    "AltTest, reference code, eps .2": (lambda: alternative(0.2), [0, 0.70], 5e-3),
    "AltTest, reference code, eps .1": (lambda: alternative(0.1), [0, 0.70, 0.89726, 0.99930, 0.89726], 5e-3),
    "ECG-LLM, appendix D, plain jackknife": (lambda: (kappa(AUDIT), *ends(AUDIT)), (0.63415, 0.0470, 0.8956), 5e-5),
    "SAS PROC FREQ, skin condition, plain jackknife": (
        lambda: (kappa(SAS_SKIN, "linear"), *ends(SAS_SKIN, "linear")),
        (0.50816, 0.36455, 0.62816),
        5e-5,
    ),
}


@pytest.mark.parametrize("source", PUBLISHED)
def test_published_values_come_out(source: str) -> None:
    compute, published, precision = PUBLISHED[source]
    assert compute() == pytest.approx(published, abs=precision)


def test_the_alternative_annotator_test_gives_the_p_values_of_its_reference_code() -> None:
    assert alternative(0.1)[2:] == pytest.approx([0.89726, 0.99930, 0.89726], abs=1e-5)


def test_brennan_and_prediger_correct_for_equally_likely_levels() -> None:
    assert value(brennan_prediger(4), pairs(SAS_SKIN)) == pytest.approx((45 / 88 - 1 / 4) / (3 / 4))
