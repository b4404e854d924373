"""Epochs: each under its own seed, and what several answers to one question are reduced to."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench import Run, Settings, evaluate
from ecg_bench.backends import Backend, ModelCard
from ecg_bench.metrics import Tally
from ecg_bench.metrics._epochs import epoch_metrics
from ecg_bench.runs import ScoreTable
from ecg_bench.runs._table import LABELS, TableBuilder
from ecg_bench.samples import Request, Response

Pack = Callable[..., Path]


class Votes(Backend):
    """Answers each question with the next letter of a list, a letter an epoch; `*` is the right one."""

    summary = "for tests"
    batch_size = 16

    def __init__(self, letters: Callable[[int], str], keys: dict[str, str]) -> None:
        self.letters, self.keys = letters, keys
        self.seeds: dict[int, set[int]] = {}

    def card(self) -> ModelCard:
        return ModelCard("votes", "test")

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        return [Response(self._one(request)) for request in requests]

    def _one(self, request: Request) -> str:
        self.seeds.setdefault(request.epoch, set()).add(request.params.seed)
        letter = self.letters(request.index)[request.epoch]
        right = "ABCD"[request.order.index(self.keys[request.id])]
        if letter == "*":
            return f"Answer: {right}"
        if letter == "?":
            return "I could not say."
        return f"Answer: {'ABCD'[('ABCD'.index(right) + int(letter)) % 4]}"


def run_of(pack: Pack, tmp_path: Path, letters: Callable[[int], str], epochs: int) -> tuple[Run, Votes]:
    from tests.packs import rows

    backend = Votes(letters, {row["id"]: row["key"] for row in rows(20)})
    return evaluate(backend, "toy/choice", include=[pack()], out=tmp_path / "run", epochs=epochs, quiet=True), backend


def test_each_epoch_has_a_seed_of_its_own(pack: Pack, tmp_path: Path) -> None:
    run, backend = run_of(pack, tmp_path, lambda index: "***", 3)
    seeds = [backend.seeds[epoch] for epoch in range(3)]
    assert all(len(one) == 1 for one in seeds)
    assert len(set.union(*seeds)) == 3
    assert seeds[0] == {0}
    samples = list(run.samples())
    assert [(one["index"], one["epoch"]) for one in samples] == [(i, e) for i in range(20) for e in range(3)]
    assert {one["request"]["seed"] for one in samples if one["epoch"] == 1} == seeds[1]
    assert len({tuple(one["request"]["options"]) for one in samples if one["index"] == 0}) == 1


def test_seeds_of_epochs_do_not_meet_those_of_other_runs() -> None:
    seeds = [Settings(seed=seed).epoch_seed(epoch) for seed in range(20) for epoch in range(20)]
    assert len(set(seeds)) == 400


def test_reducers_by_hand(pack: Pack, tmp_path: Path) -> None:
    # 5 epochs: a clear majority for the key, a tie (no majority), unread answers that have no vote, never right
    patterns = ["***12", "**113", "*????", "12312"]
    run, _ = run_of(pack, tmp_path, lambda index: patterns[index % 4], 5)
    metrics = run.results.tasks["toy/choice"].metrics
    assert run.results.tasks["toy/choice"].n == 100
    assert metrics["acc"].value == pytest.approx((3 + 2 + 1 + 0) / 20)
    assert metrics["acc"].method == "cluster bootstrap"
    assert metrics["acc_majority"].value == pytest.approx((1 + 0 + 1 + 0) / 4)
    assert metrics["acc_pass@2"].value == pytest.approx(((1 - 1 / 10) + (1 - 3 / 10) + (1 - 6 / 10) + 0) / 4)
    assert metrics["acc_pass@5"].value == pytest.approx(3 / 4)
    assert {name for name in metrics if "@" in name} == {"acc_pass@2", "acc_pass@4", "acc_pass@5"}
    assert metrics["acc_majority"].n == metrics["acc_pass@2"].n == 20


def table_of(outcomes: list[list[str]]) -> ScoreTable:
    builder = TableBuilder(["acc"])
    for index, letters in enumerate(outcomes):
        for epoch, letter in enumerate(letters):
            labels = dict.fromkeys(LABELS, "") | {"choice": "" if letter == "?" else letter, "outcome": "ok"}
            builder.add(index, epoch, 0, labels.values(), [float(letter == "0")])
    return builder.table()


answers = st.integers(2, 6).flatmap(
    lambda epochs: st.lists(
        st.lists(st.sampled_from("0123?"), min_size=epochs, max_size=epochs), min_size=1, max_size=8
    )
)


@given(answers)
def test_pass_at_k_is_the_share_of_all_choices_of_k_with_one_right(outcomes: list[list[str]]) -> None:
    table, epochs = table_of(outcomes), len(outcomes[0])
    for metric in epoch_metrics(epochs)[1:]:
        k = int(metric.name.split("@")[1])
        expected = np.mean([np.mean(["0" in drawn for drawn in combinations(letters, k)]) for letters in outcomes])
        stats = metric.statistics(table)
        assert stats.numerator.sum() / stats.denominator.sum() == pytest.approx(expected)


@given(answers)
def test_the_majority_is_the_one_answer_with_most_votes(outcomes: list[list[str]]) -> None:
    def right(letters: list[str]) -> bool:
        votes = {letter: letters.count(letter) for letter in set(letters) - {"?"}}
        best = [letter for letter, n in votes.items() if n == max(votes.values())]
        return best == ["0"]

    stats = epoch_metrics(len(outcomes[0]))[0].statistics(table_of(outcomes))
    assert stats.numerator.sum() == sum(map(right, outcomes))
    assert stats.denominator.sum() == len(outcomes)


@given(answers, st.integers(0, 2**16))
def test_a_tally_over_parts_is_one_over_the_whole(outcomes: list[list[str]], seed: int) -> None:
    table, epochs = table_of(outcomes), len(outcomes[0])
    cut = random.Random(seed).randrange(len(outcomes) + 1)
    for metric in epoch_metrics(epochs):
        whole, parts = Tally(metric, epochs), Tally(metric, epochs)
        whole.add(table)
        for part in (table.where(table.index < cut), table.where(table.index >= cut)):
            if len(part):
                parts.add(part)
        one, other = parts.estimate(seed), whole.estimate(seed)
        assert one is not None
        assert other is not None
        found = (one.value, one.low, one.high, one.n)
        assert found == pytest.approx((other.value, other.low, other.high, other.n), abs=1e-12)


def test_more_epochs_are_no_more_evidence_on_the_questions(pack: Pack, tmp_path: Path) -> None:
    """Twenty answers to each of twenty questions leave the interval as wide as the questions make it."""
    steady = run_of(pack, tmp_path / "a", lambda index: ("*" if index % 2 else "1") * 8, 8)[0]
    once = run_of(pack, tmp_path / "b", lambda index: "*" if index % 2 else "1", 1)[0]
    widths = [run.results.tasks["toy/choice"].metrics["acc"] for run in (steady, once)]
    assert widths[0].high - widths[0].low > 0.7 * (widths[1].high - widths[1].low)
