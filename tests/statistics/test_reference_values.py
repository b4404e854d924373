"""Every published value of these statistics is reproduced; each line names the source of its value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ecg_bench.statistics import (
    agresti_min,
    benjamini_hochberg,
    bradley_terry,
    clopper_pearson,
    hochberg,
    holm,
    lee_interval,
    mcnemar,
    newcombe_paired,
    prediction_powered,
    rogan_gladen,
    sign_flip,
    wilson,
    wilson_corrected,
)

FIFTEEN = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
]
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
BASEBALL = [  # wins of the row over the column: Milwaukee, Detroit, Toronto, New York, Boston, Cleveland, Baltimore
    [0, 7, 9, 7, 7, 9, 11],
    [6, 0, 7, 5, 11, 9, 9],
    [4, 6, 0, 7, 7, 8, 12],
    [6, 8, 6, 0, 6, 7, 10],
    [6, 2, 6, 7, 0, 7, 12],
    [4, 4, 5, 6, 6, 0, 6],
    [2, 4, 1, 3, 1, 7, 0],
]
JOURNALS = [[0, 730, 498, 221], [33, 0, 68, 17], [320, 813, 0, 142], [284, 276, 325, 0]]

_i, _j = np.arange(60), np.arange(400)
RATED = (7 * _i % 10 < 7) * 1.0
SEEN = np.where(_i % 5, RATED, 1 - RATED)
REST = (13 * _j % 20 < 11) * 1.0


def _against(strengths: np.ndarray, place: int) -> list[float]:
    return [float(one - strengths[place]) for one in strengths]


REFERENCES: list[tuple[str, Callable[[], object], object, float]] = [
    *(
        (f"Newcombe 1998a, {method.__name__} {k}/{n}", lambda m=method, k=k, n=n: m(k, n), ends, 6e-5)
        for method, k, n, ends in (
            (wilson, 81, 263, (0.2553, 0.3662)),
            (wilson, 15, 148, (0.0624, 0.1605)),
            (wilson, 0, 20, (0.0, 0.1611)),
            (wilson, 1, 29, (0.0061, 0.1718)),
            (wilson_corrected, 81, 263, (0.2535, 0.3682)),
            (wilson_corrected, 15, 148, (0.0598, 0.1645)),
            (wilson_corrected, 0, 20, (0.0, 0.2005)),
            (wilson_corrected, 1, 29, (0.0018, 0.1963)),
            (clopper_pearson, 81, 263, (0.2527, 0.3676)),
            (clopper_pearson, 15, 148, (0.0578, 0.1617)),
            (clopper_pearson, 0, 20, (0.0, 0.1684)),
            (clopper_pearson, 1, 29, (0.0009, 0.1776)),
        )
    ),
    ("McNemar, Wikipedia, 121 and 59: chi2", lambda: mcnemar(121, 59).chi2, 21.3556, 1e-4),
    ("McNemar, Wikipedia, 121 and 59: corrected", lambda: mcnemar(121, 59).chi2_corrected, 20.67, 0.005),
    (
        "McNemar, Wikipedia, 6 and 16",
        lambda: (
            *(mcnemar(6, 16).chi2, mcnemar(6, 16).p, mcnemar(6, 16).exact, mcnemar(6, 16).mid_p),
            *(mcnemar(6, 16).chi2_corrected, mcnemar(6, 16).p_corrected),
        ),
        (4.5455, 0.0330, 0.05248, 0.03469, 3.6818, 0.0550),
        5e-5,
    ),
    ("Newcombe 1998b, method 10, 36 12 2 0", lambda: newcombe_paired(36, 12, 2, 0), (0.0569, 0.3404), 5e-5),
    ("Newcombe 1998b, method 10, 20 12 2 16", lambda: newcombe_paired(20, 12, 2, 16), (0.0562, 0.3292), 5e-5),
    ("Agresti and Min 2005, R PropCIs' example", lambda: agresti_min(40, 20, 160), (0.03090, 0.21602), 5e-6),
    ("Holm, Wikipedia", lambda: holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02], 1e-9),
    (
        "Benjamini and Hochberg 1995: BH rejects 4, Bonferroni, Holm and Hochberg 3",
        lambda: [
            *(int((method(FIFTEEN) < 0.05).sum()) for method in (benjamini_hochberg, holm, hochberg)),
            int((15 * np.array(FIFTEEN) < 0.05).sum()),
        ],
        [4, 3, 3, 3],
        0,
    ),
    ("Fisher 1935, Darwin's maize: 2 * 863 of 32,768", lambda: sign_flip(MAIZE, seed=1).p, 2 * 863 / 2**15, 1e-12),
    ("Rogan and Gladen, epiR epi.prev", lambda: rogan_gladen(23 / 150, 0.96, 0.89), 0.05098, 5e-6),
    ("Lee et al. 2025, README: estimate", lambda: rogan_gladen(0.4, 0.9, 0.7), 1 / 6, 1e-9),
    (
        "Lee et al. 2025, README: interval",
        lambda: lee_interval(0.4, 1000, 0.7, 200, 0.9, 200),
        (0.05635, 0.26273),
        5e-6,
    ),
    (
        "Bradley-Terry, Agresti, baseball 1987",
        lambda: _against(bradley_terry(BASEBALL), 6),
        [1.581, 1.436, 1.294, 1.248, 1.108, 0.684, 0],
        5e-4,
    ),
    (
        "Bradley-Terry, Stigler, citations of journals",
        lambda: _against(bradley_terry(JOURNALS), 0),
        [0, -2.9491, -0.4796, 0.2690],
        5e-5,
    ),
    ("ppi_py 0.2.3: PPI", lambda: prediction_powered(RATED, SEEN, REST, 1)[:3], (0.75, 0.63766, 0.86234), 5e-6),
    ("ppi_py 0.2.3: PPI++", lambda: prediction_powered(RATED, SEEN, REST)[:3], (0.72623, 0.63442, 0.81803), 5e-6),
    ("ppi_py 0.2.3: weight 0", lambda: prediction_powered(RATED, SEEN, REST, 0)[:3], (0.7, 0.58405, 0.81595), 5e-6),
    (
        "the same data by Rogan and Gladen",
        lambda: rogan_gladen(0.55, SEEN[RATED == 1].mean(), 1 - SEEN[RATED == 0].mean()),
        0.77,
        0.005,
    ),
    (
        "the same data by Lee",
        lambda: lee_interval(0.55, 400, 1 - SEEN[RATED == 0].mean(), 18, SEEN[RATED == 1].mean(), 42),
        (0.60939, 0.96377),
        5e-6,
    ),
]


@pytest.mark.parametrize(
    ("found", "published", "within"), [one[1:] for one in REFERENCES], ids=[one[0] for one in REFERENCES]
)
def test_published_value(found: Callable[[], object], published: object, within: float) -> None:
    assert found() == pytest.approx(published, abs=within)
