"""A leaderboard from human ratings alone."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import permutation_test

from ecg_bench.boards import CellRecord, LayerRecord, Leaderboard, as_csv, as_markdown, leaderboard
from ecg_bench.cli import cli
from ecg_bench.errors import UserError
from ecg_bench.ratings import Rating, write_ratings
from ecg_bench.statistics import wilson
from tests.agreement.making import TWO, marks


def board(ratings: list[Rating]) -> LayerRecord:
    """Return the layer of mean scores."""
    return leaderboard([], ratings=ratings).layers[0]


def notes(ratings: list[Rating]) -> str:
    return "\n".join(mark.message for mark in leaderboard([], ratings=ratings).marks)


def only(found: Leaderboard, layer: int) -> CellRecord:
    (cell,) = found.layers[layer].cells
    return cell


def test_shares_have_wilsons_interval_and_counts_of_all_levels() -> None:
    found = leaderboard([], ratings=marks([3, 3, 3, 2, 1, 0, 0, None]))
    mean, share = only(found, 0), only(found, 1)
    assert [layer.id for layer in found.layers] == ["human:correctness", "human:correctness:correct"]
    assert [layer.main for layer in found.layers] == [True, False]
    assert mean.levels == {"incorrect": 2, "partially incorrect": 1, "correct but incomplete": 1, "correct": 3}
    assert any("1 answers were shown to a rater and have no single level" in mark.message for mark in found.marks)
    assert share.value == pytest.approx(3 / 7)
    assert (share.low, share.high) == pytest.approx(wilson(3, 7))
    assert mean.value == pytest.approx((3 + 0.75 + 0.25) / 7)
    assert mean.n == share.n == 7


def test_a_mean_of_equal_ratings_has_an_interval_all_the_same() -> None:
    cell = only(leaderboard([], ratings=marks([3] * 10)), 0)
    assert cell.value == 1
    assert cell.low == pytest.approx(wilson(10, 10).low)


def test_two_systems_are_compared_by_the_exact_sign_flip_test_over_questions() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 4, 15), rng.integers(0, 4, 15)
    found = board([*marks(a.tolist()), *marks(b.tolist(), system="system B")])
    (difference,) = found.differences
    values = np.array([0, 0.25, 0.75, 1.0])
    paired = values[a] - values[b]
    expected = permutation_test((paired,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    assert difference.p == pytest.approx(expected)
    assert found.test == "exact sign-flip test"
    assert abs(difference.value) == pytest.approx(abs(paired.mean()))
    assert difference.common == 15


def test_clearly_different_systems_get_ranks_of_their_own_and_equal_ones_share() -> None:
    rng = np.random.default_rng(3)
    good = rng.choice([2, 3], 60).tolist()
    found = board([*marks(good), *marks(good[::-1], system="system B"), *marks([0] * 50 + [1] * 10, system="system C")])
    ranks = {one.system: (one.rank_low, one.rank_high) for one in found.cells}
    assert ranks == {"system A": (1, 2), "system B": (1, 2), "system C": (3, 3)}
    letters = {one.system: one.letters for one in found.cells}
    assert letters == {"system A": ["a"], "system B": ["a"], "system C": ["b"]}


def test_too_few_questions_for_so_many_pairs_is_said() -> None:
    ratings = [one for n in range(8) for one in marks([3 - n % 4] * 10, system=f"system {n}")]
    assert "no two systems can be told apart" in notes(ratings)


def test_systems_with_few_questions_in_common_are_compared_by_their_means() -> None:
    ratings = [*marks([3, 2] * 20), *marks([0, 1] * 20, system="system B", first=30)]
    found = board(ratings)
    (difference,) = found.differences
    assert difference.common == 10
    assert found.test == "difference of means, t over groups"
    assert difference.p is not None
    assert difference.p < 0.001
    assert "different questions" in notes(ratings)


def test_ratings_drawn_with_different_probabilities_are_weighted() -> None:
    drawn = [replace(one, inclusion=0.5 if n % 2 else 0.1) for n, one in enumerate(marks([0, 3] * 20))]
    # An incorrect answer stands for ten, a correct one for two.
    assert board(drawn).cells[0].value == pytest.approx(2 / 12)
    assert "weighted" in notes(drawn)


def test_the_majority_of_raters_counts_and_undecided_answers_are_noted() -> None:
    ratings = [one for name, level in (("a", 3), ("b", 3), ("c", 0)) for one in marks([level] * 5, rater=name)]
    (cell,) = board(ratings).cells
    assert cell.levels["correct"] == 5
    assert "Rated by a, b, c" in cell.how
    tied = [one for name, level in (("a", 3), ("b", 0)) for one in marks([level] * 5, rater=name)]
    assert "5 answers have no majority" in notes(tied)


def test_the_forms_hold_the_same_numbers() -> None:
    found = leaderboard([], ratings=[*marks([3, 2, 0]), *marks([1, 2, 0], system="B | C")])
    text = as_markdown(found)
    assert "B \\| C" in text
    assert "0.333" in text
    rows = as_csv(found).splitlines()
    assert len(rows) == 1 + 2 * 2
    assert {len(row) for row in csv.reader(rows)} == {len(next(csv.reader(rows)))}


def test_a_sheet_alone_makes_a_leaderboard_on_the_command_line(tmp_path: Path) -> None:
    write_ratings(tmp_path / "ratings.csv", [*marks([3, 2, 0]), *marks([1, 2, 0], system="system B")])
    done = CliRunner().invoke(cli, ["leaderboard", "--ratings", str(tmp_path / "ratings.csv"), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [one["id"] for one in found["layers"]] == ["human:correctness", "human:correctness:correct"]
    assert [one["system"] for one in found["layers"][0]["cells"]] == ["system A", "system B"]
    write_ratings(tmp_path / "more.csv", marks([3, 3, 3], system="system C"))
    both = ["leaderboard", "--ratings", str(tmp_path / "ratings.csv"), str(tmp_path / "more.csv")]
    done = CliRunner().invoke(cli, both)
    assert done.exit_code == 0
    assert "system C" in done.output


def test_a_leaderboard_of_nothing_says_what_it_needs() -> None:
    with pytest.raises(UserError, match="at least one run, or --ratings"):
        leaderboard([])
    with pytest.raises(UserError, match="no human ratings"):
        leaderboard([], ratings=marks([1], scale=TWO, judge=True))
