"""All layers side by side: text metrics, a judge, its corrected scores, and human ratings, of real runs."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import pytest

from ecg_bench import Run, evaluate, leaderboard
from ecg_bench.agreement import agreement
from ecg_bench.boards import Leaderboard
from ecg_bench.judgements import judge_with
from ecg_bench.ratings import Rating, Scale
from ecg_bench.scoring import DEFAULT_METRICS, open_metrics, score_run
from tests.packs import write_jsonl

TASK = "ecg/open-factual"
JUDGE = "ecg-correctness@baseline-lexical-judge"
SCALE = Scale.parse("incorrect=0 | partially incorrect=0.25 | correct but incomplete=0.75 | correct=1")
SYSTEMS = {"whole": (1.0, 0.05), "half": (0.5, 0.1), "mixed": (1.0, 0.5)}  # share of the words, answers to others


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Run], list[Rating]]:
    """Three systems with text metrics and a judge's verdicts, and a rating of each of their first sixty answers."""
    folder = tmp_path_factory.mktemp("layers")
    with (files("ecg_bench.tasks.ecg") / "data" / "open-factual.jsonl").open(encoding="utf-8") as file:
        samples = [json.loads(line) for line in file]
    runs, ratings = [], []
    for name, (share, swapped) in SYSTEMS.items():
        rng = random.Random(name)
        answers = []
        for place, sample in enumerate(samples):
            other = rng.random() < swapped
            words = (rng.choice(samples) if other else sample)["reference"].split()
            text = " ".join(words[: max(3, int(len(words) * share))])
            answers.append({"task": TASK, "id": sample["id"], "answer": text})
            if place < 60:
                level = "incorrect" if other else "correct" if share == 1 else "correct but incomplete"
                ratings.append(
                    Rating(
                        task=TASK,
                        sample=sample["id"],
                        system=name,
                        rater="rater-1",
                        scale=SCALE,
                        levels=(level,),
                        group=sample["group"],
                        inclusion=60 / len(samples),
                    )
                )
        path = write_jsonl(folder / f"{name}.jsonl", answers)
        runs.append(evaluate(f"replay/{path}", TASK, system=name, out=folder / name, quiet=True))
    metrics = open_metrics(DEFAULT_METRICS)
    for run in runs:
        score_run(run.path, metrics)
    judge_with([run.path for run in runs], "ecg-correctness", ["baseline/lexical-judge"], quiet=True)
    return runs, ratings


@pytest.fixture(scope="module")
def board(made: tuple[list[Run], list[Rating]]) -> Leaderboard:
    runs, ratings = made
    return leaderboard(runs, ratings=ratings, median_ranks=True)


def main(board: Leaderboard) -> list[str]:
    return [layer.id for layer in board.layers if layer.main]


def values(board: Leaderboard, layer: str) -> dict[str, float]:
    found = next(one for one in board.layers if one.id == layer)
    return {cell.system: cell.value for cell in found.cells if cell.value is not None}


def marks(board: Leaderboard, code: str) -> Sequence[str]:
    return [mark.message for mark in board.marks if mark.code == code]


def test_every_layer_is_a_column(board: Leaderboard) -> None:
    assert main(board) == [
        f"{TASK}:bleu",
        f"{TASK}:{JUDGE}",
        f"{TASK}:rougeL_f",
        f"corrected:{JUDGE}:mean score",
        "human:correctness",
    ]
    others = {layer.metric for layer in board.layers if not layer.main}
    assert {"answered", "corpus_bleu", "chrf", "meteor", "rouge1_f", "rouge2_f", f"{JUDGE}:correct"} <= others
    assert not {"length_ratio", "critical_recall", "rouge1_p"} & others


def test_cells_are_those_of_the_runs(board: Leaderboard, made: tuple[list[Run], list[Rating]]) -> None:
    for run in made[0]:
        metrics = run.results.tasks[TASK].metrics
        for metric in ("bleu", "rougeL_f", JUDGE):
            layer = next(one for one in board.layers if one.id == f"{TASK}:{metric}")
            cell = next(one for one in layer.cells if one.system == run.system)
            assert (cell.value, cell.low, cell.high) == (
                metrics[metric].value,
                metrics[metric].low,
                metrics[metric].high,
            )
            assert cell.signature == metrics[metric].signature
            assert cell.how
    judged = next(one for one in board.layers if one.id == f"{TASK}:{JUDGE}")
    assert all(sum(cell.levels.values()) == cell.n for cell in judged.cells)


def test_metrics_of_all_answers_together_are_shown_and_not_tested(board: Leaderboard) -> None:
    layer = next(one for one in board.layers if one.metric == "corpus_bleu")
    assert "belongs to all answers together" in layer.test
    assert all(cell.rank_low is None and cell.value is not None for cell in layer.cells)
    assert layer.differences == []


def test_a_judge_stands_with_a_statement_of_its_validity(
    board: Leaderboard, made: tuple[list[Run], list[Rating]]
) -> None:
    assert len(marks(board, "VALIDATED")) == 1
    assert "on 180 answers that both have rated" in marks(board, "VALIDATED")[0]
    alone = leaderboard(made[0])
    assert len(marks(alone, "NOT_VALIDATED")) == 1
    assert not any(layer.kind in ("corrected judge", "human") for layer in alone.layers)


def test_a_given_report_is_used_as_it_is(
    board: Leaderboard, made: tuple[list[Run], list[Rating]], tmp_path: Path
) -> None:
    runs, ratings = made
    report = agreement(ratings, runs)
    report.write(tmp_path)
    given = leaderboard(runs, ratings=ratings, agreement=[tmp_path], median_ranks=True)
    assert given.layers == board.layers
    corrected = {
        row.system: row.corrected.value for one in report.corrected for row in one.systems if one.target == "mean score"
    }
    assert values(board, f"corrected:{JUDGE}:mean score") == corrected


def test_layers_are_correlated_over_systems_with_their_number(board: Leaderboard) -> None:
    assert board.heterogeneity is not None
    found = {frozenset((one.first, one.second)): one for one in board.heterogeneity.correlations}
    assert len(found) == 10
    one = found[frozenset((f"{TASK}:bleu", "human:correctness"))]
    assert one.systems == 3
    assert one.critical is None  # no correlation of three systems is more than chance
    assert one.spearman is not None
    assert one.spearman_low is not None
    assert one.spearman_high is not None
    assert -1 <= one.spearman_low <= one.spearman <= one.spearman_high <= 1
    order = [
        sorted(v, key=lambda s: -v[s]) for v in (values(board, f"{TASK}:bleu"), values(board, "human:correctness"))
    ]
    assert (one.spearman == pytest.approx(1.0)) == (order[0] == order[1])


def test_single_answers_are_compared_with_the_human(board: Leaderboard) -> None:
    assert board.heterogeneity is not None
    found = {(one.layer, one.statistic): one for one in board.heterogeneity.items}
    assert found["rougeL_f", "auc"].n == 180
    assert (JUDGE, "kappa_linear") in found


def test_disagreements_are_those_that_a_human_rated_first_and_can_be_found(
    board: Leaderboard, made: tuple[list[Run], list[Rating]]
) -> None:
    assert board.heterogeneity is not None
    listed = board.heterogeneity.disagreements
    assert listed
    assert all(one.gap >= 0.5 for one in listed)
    with_human = ["human" in one.scores for one in listed]
    assert with_human == sorted(with_human, reverse=True)
    rated = {(one.system, one.sample): one for one in made[1]}
    for one in listed:
        if "human" in one.scores:
            rating = rated[one.system, one.sample]
            assert one.scores["human"] == SCALE.value(rating.levels[0])


def test_the_median_of_ranks_is_recomputed_and_warned_of(board: Leaderboard) -> None:
    assert board.consensus is not None
    assert set(board.consensus.groups) == {"text metric", "judge", "human"}
    # A judge's corrected score stands in the place of its own.
    assert board.consensus.groups["judge"] == [f"corrected:{JUDGE}:mean score"]
    human = values(board, "human:correctness")
    for entry in board.consensus.entries:
        assert entry.ranks["human"] == 1 + sum(value > human[entry.system] for value in human.values())
        assert entry.median == sorted(entry.ranks.values())[1]
    assert "no test stands behind them" in board.consensus.warning


def test_one_seed_one_board(made: tuple[list[Run], list[Rating]], board: Leaderboard) -> None:
    again = leaderboard(made[0], ratings=made[1], median_ranks=True)
    assert again.model_dump_json() == board.model_dump_json()
    other = leaderboard(made[0], ratings=made[1], median_ranks=True, seed=1)
    assert [one.value for one in other.layers[1].cells] == [one.value for one in board.layers[1].cells]
    assert other.layers[1].differences != board.layers[1].differences


def test_open_answers_that_nobody_scored_are_shown_with_what_is_known(tmp_path: Path) -> None:
    run = evaluate("baseline/bm25", TASK, limit=5, out=tmp_path / "run", quiet=True)
    assert main(leaderboard([run])) == [f"{TASK}:answered"]
