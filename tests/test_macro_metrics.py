"""Means over classes and their intervals."""

from __future__ import annotations

import numpy as np
import pytest

from ecg_bench.metrics import METRICS, Metric, Tally, metrics_for
from ecg_bench.runs import LABELS, ScoreTable, TableBuilder
from ecg_bench.statistics import wilson

OVER = METRICS["acc_macro_types"]


def table(rows: list[tuple[str, str, float]], first: int = 0) -> ScoreTable:
    """Return rows of group, question type and score."""
    builder = TableBuilder(["acc"])
    for n, (group, kind, score) in enumerate(rows, first):
        labels = dict.fromkeys(LABELS, "") | {"group": group, "question_type": kind, "outcome": "ok"}
        builder.add(n, 0, 0, [labels[name] for name in LABELS], [score])
    return builder.table()


def value(metric: Metric, *parts: ScoreTable) -> tuple[float, float, float]:
    tally = Tally(metric, 1)
    for part in parts:
        tally.add(part)
    one = tally.estimate(0)
    assert one is not None
    return one.value, one.low, one.high


ROWS = [(f"g{n % 40}", "common", float(n % 10 < 8)) for n in range(200)]
ROWS += [(f"g{n}", "rare", float(n < 4)) for n in range(20)]


def test_every_class_counts_the_same_however_many_rows_it_has() -> None:
    assert value(OVER, table(ROWS))[0] == pytest.approx((0.8 + 0.2) / 2)
    assert value(METRICS["acc"], table(ROWS))[0] == pytest.approx(164 / 220)


def test_parts_give_what_the_whole_gives() -> None:
    assert value(OVER, table(ROWS[:90]), table(ROWS[90:], 90)) == value(OVER, table(ROWS))


def test_the_interval_is_that_of_resampled_groups() -> None:
    rng = np.random.default_rng(1)
    groups = sorted({group for group, _, _ in ROWS})
    by_group = {group: [(kind, score) for other, kind, score in ROWS if other == group] for group in groups}
    means = []
    for _ in range(2000):
        drawn = [row for group in rng.choice(groups, len(groups)) for row in by_group[group]]
        kinds = [[score for kind, score in drawn if kind == wanted] for wanted in ("common", "rare")]
        means.append(np.mean([np.mean(kind) for kind in kinds if kind]))
    low, high = np.quantile(means, [0.025, 0.975])
    _, found_low, found_high = value(OVER, table(ROWS))
    assert found_low == pytest.approx(low, abs=0.015)
    assert found_high == pytest.approx(high, abs=0.015)


def test_questions_on_one_ecg_are_no_independent_evidence() -> None:
    rows = [(f"g{n // 20}", "x", float(n // 20 % 2)) for n in range(800)]  # 40 ECGs, all right or all wrong
    (plain, *_), (clustered, *_) = (metrics_for(["acc"], permutations=1, epochs=1, clustered=c) for c in (False, True))
    _, low, high = value(plain, table(rows))
    _, wider_low, wider_high = value(clustered, table(rows))
    assert wider_high - wider_low > 3 * (high - low)


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_groups_that_are_all_equal_leave_an_interval_with_a_width(score: float) -> None:
    """A bootstrap sees no spread among them, which doesn't mean that there is none."""
    rows = table([(f"g{n % 6}", "common", score) for n in range(12)])
    (metric,) = metrics_for(["acc"], permutations=1, epochs=1, clustered=True)[:1]
    for one in (metric, OVER):
        assert value(one, rows) == (score, *wilson(score * 6, 6))
