"""Leaderboards: paired on common samples, ties shown as ties, nothing ranked together that differs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ecg_bench import Run, UserError, evaluate, leaderboard
from ecg_bench.boards import LayerRecord, Leaderboard, as_csv, as_markdown
from tests.packs import rows, write_jsonl

Pack = Callable[..., Path]


def answering(folder: Path, tmp_path: Path, name: str, right: set[int], n: int = 200, **settings: int) -> Run:
    """Return a run of a system that gets exactly these samples right."""
    answers = [
        {"id": row["id"], "answer": row["key"] if i in right else "ABCD"[("ABCD".index(row["key"]) + 1) % 4]}
        for i, row in enumerate(rows(n))
    ]
    path = write_jsonl(tmp_path / f"{name}.jsonl", answers)
    out = tmp_path / "runs" / name
    return evaluate(f"replay/{path}", "toy/choice", include=[folder], system=name, out=out, quiet=True, **settings)


def codes(board: Leaderboard) -> list[str]:
    return [mark.code for mark in board.marks]


def only(board: Leaderboard) -> LayerRecord:
    (layer,) = [one for one in board.layers if one.main]
    return layer


def test_order_ranks_letters_and_ties(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=200)
    # Groups are 21 passages over which samples rotate, so that no passage decides alone.
    strong = answering(folder, tmp_path, "strong", set(range(160)))
    nearly = answering(folder, tmp_path, "nearly", set(range(158)) | {199})
    weak = answering(folder, tmp_path, "weak", set(range(60)))
    layer = only(leaderboard([weak, nearly, strong.path]))
    assert [cell.system for cell in layer.cells] == ["strong", "nearly", "weak"]
    first, second, third = layer.cells
    assert (first.rank_low, first.rank_high) == (second.rank_low, second.rank_high) == (1, 2)
    assert (third.rank_low, third.rank_high) == (3, 3)
    assert (first.letters, second.letters, third.letters) == (["a"], ["a"], ["b"])
    assert [(d.first, d.second) for d in layer.differences] == [
        ("strong", "nearly"),
        ("strong", "weak"),
        ("nearly", "weak"),
    ]
    near, far, _ = layer.differences
    assert near.value == pytest.approx(1 / 200)
    assert near.low is not None
    assert near.high is not None
    assert near.low <= near.value <= near.high
    assert far.p_holm is not None
    assert far.p_holm < 0.001
    assert (layer.common_samples, layer.clusters) == (200, 21)
    assert "sign-flip" in layer.test  # passages with several samples: no McNemar test
    assert layer.power is not None
    assert layer.power.samples == 200
    assert "To separate strong and nearly" in layer.power.verdict


def test_a_layer_that_separates_nothing_says_so(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=200)
    runs = [answering(folder, tmp_path, name, right) for name, right in (("a", {1, 2, 3}), ("b", {4, 5, 6, 7}))]
    layer = only(leaderboard(runs))
    assert layer.power is not None
    assert "No two systems can be told apart" in layer.power.verdict
    assert {(cell.rank_low, cell.rank_high) for cell in layer.cells} == {(1, 2)}


def test_systems_with_other_samples_stand_beside_and_are_ranked_if_asked(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=200)
    a = answering(folder, tmp_path, "a", set(range(100)))
    c = answering(folder, tmp_path, "c", set(range(20)))
    b = answering(folder, tmp_path, "b", set(range(100)), limit=80)
    board = leaderboard([b, a, c])
    layer = only(board)
    assert "OTHER_SAMPLES" in codes(board)
    aside = next(cell for cell in layer.cells if cell.system == "b")
    assert aside.rank_low is None
    assert aside.marks == ["OTHER_SAMPLES", "FEW_CLUSTERS"]
    assert layer.cells[-1] == aside
    assert layer.common_samples == 200
    together = only(leaderboard([a, b], rank_all=True))
    assert together.common_samples == 80
    (difference,) = together.differences
    assert difference.value == 0  # the same answers, whatever the values over different samples are


def test_permuted_runs_count_each_sample_once(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=50)
    one = evaluate("baseline/random", "toy/choice", include=[folder], out=tmp_path / "1", quiet=True)
    four = evaluate("baseline/longest", "toy/choice", include=[folder], out=tmp_path / "4", permutations=4, quiet=True)
    board = leaderboard([one, four])
    layer = only(board)
    assert layer.common_samples == 50
    assert {cell.samples for cell in layer.cells} == {50}
    assert {cell.n for cell in layer.cells} == {50, 200}
    assert "OTHER_REPEATS" in codes(board)


def test_seeds_of_one_system_make_one_row_and_enter_as_variance(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=60)
    runs = [
        evaluate("baseline/random", "toy/choice", include=[folder], out=tmp_path / f"seed{s}", seed=s, quiet=True)
        for s in range(3)
    ]
    board = leaderboard([*runs, runs[0]])  # named twice, counted once
    (system,) = board.systems
    (cell,) = only(board).cells
    assert system.seeds == [0, 1, 2]
    assert cell.samples == 60
    assert cell.replicates is not None
    assert cell.replicates.runs == 3
    values = [run.results.tasks["toy/choice"].metrics["acc"].value for run in runs]
    assert cell.replicates.values == values
    assert cell.value == pytest.approx(np.mean(values))
    assert cell.replicates.spread == pytest.approx(np.std(values, ddof=1))
    assert cell.low is not None
    assert cell.high is not None
    one = runs[0].results.tasks["toy/choice"].metrics["acc"]
    width, single = cell.high - cell.low, one.high - one.low
    assert single / np.sqrt(3) * 0.6 < width < single  # three answers to each sample, not three times the samples


def test_other_settings_of_one_system_make_another_row(pack: Pack, tmp_path: Path) -> None:
    folder = pack()
    runs = [
        evaluate("baseline/random", "toy/choice", include=[folder], out=tmp_path / f"k{k}", permutations=k, quiet=True)
        for k in (1, 2)
    ]
    assert [one.name for one in leaderboard(runs).systems] == ["baseline/random (k1)", "baseline/random (k2)"]


def test_other_prompts_are_not_ranked_together(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=200)
    a = answering(folder, tmp_path, "a", {1})
    b = evaluate("baseline/random", "toy/choice", include=[folder], out=tmp_path / "b", num_fewshot=2, quiet=True)
    board = leaderboard([a, b])
    assert "OTHER_PROMPT" in codes(board)
    assert only(board).differences == []
    assert "not tested" in only(board).test
    assert len(only(leaderboard([a, b], rank_all=True)).differences) == 1


def test_many_errors_are_not_ranked_and_have_bounds(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=200)
    a, b = (answering(folder, tmp_path, name, set(range(k))) for name, k in (("a", 5), ("b", 50)))
    c = answering(folder, tmp_path, "c", {1}, n=190)
    board = leaderboard([a, b, c])
    cell = next(one for one in only(board).cells if one.system == "c")
    assert {"MANY_ERRORS", "ERRORS"} <= set(cell.marks)
    assert cell.rank_low is None
    assert cell.outcomes["error"] == 10
    assert cell.bounds is not None
    assert any("c: 10 requests ended in errors" in mark.message for mark in board.marks)


def test_unreadable_answers_are_marked_and_not_ranked(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=200)
    a, b = (answering(folder, tmp_path, name, set(range(k))) for name, k in (("a", 5), ("b", 50)))
    path = write_jsonl(
        tmp_path / "mute.jsonl",
        [{"id": row["id"], "answer": "well" if i % 5 == 0 else row["key"]} for i, row in enumerate(rows(200))],
    )
    mute = evaluate(f"replay/{path}", "toy/choice", include=[folder], system="mute", out=tmp_path / "m", quiet=True)
    board = leaderboard([a, b, mute])
    cell = next(one for one in only(board).cells if one.system == "mute")
    assert "MANY_UNREAD" in cell.marks
    assert cell.rank_low is None
    assert cell.parsed is not None
    assert cell.parsed.value == 1.0


def test_other_data_is_marked_and_matched_by_id_if_asked(pack: Pack, tmp_path: Path) -> None:
    one = evaluate("baseline/longest", "toy/choice", include=[pack(name="a/toy")], out=tmp_path / "1", quiet=True)
    two = evaluate("baseline/random", "toy/choice", include=[pack(name="b/toy", n=30)], out=tmp_path / "2", quiet=True)
    board = leaderboard([one, two])
    mark = next(mark for mark in board.marks if mark.code == "OTHER_DATA")
    assert mark.severity == "serious"
    assert mark.unranked
    assert only(board).differences == []
    together = only(leaderboard([one, two], rank_all=True))
    assert together.common_samples == min(one.results.tasks["toy/choice"].samples, 30)
    assert len(together.differences) == 1


def test_unfinished_runs_and_other_folders_are_refused(pack: Pack, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no run directory"):
        leaderboard([tmp_path])
    with pytest.raises(UserError, match="at least one run"):
        leaderboard([])
    run = evaluate("baseline/random", "toy/choice", include=[pack()], out=tmp_path / "run", quiet=True)
    header = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps(header | {"status": "interrupted"}))
    with pytest.raises(UserError, match=r"not complete \(interrupted\): finish it with ecg-bench eval --resume --out"):
        leaderboard([run.path])


def test_a_leaderboard_never_opens_the_samples(pack: Pack, tmp_path: Path) -> None:
    run = evaluate("baseline/random", "toy/choice", include=[pack()], out=tmp_path / "run", quiet=True)
    (run.path / "samples.jsonl").unlink()
    assert leaderboard([run.path]).systems[0].name == "baseline/random"


def test_slices_add_up_to_the_difference(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=200)
    runs = [answering(folder, tmp_path, name, set(range(k))) for name, k in (("a", 150), ("b", 90))]
    board = leaderboard(runs)
    (difference,) = only(board).differences
    facets = {one.facet for one in board.slices if one.differences}
    assert "topic" in facets
    for facet in facets:
        parts = [one for one in board.slices if one.facet == facet]
        assert sum(d.share for part in parts for d in part.differences) == pytest.approx(-difference.value)
        assert sum(cell.n for part in parts for cell in part.cells if cell.system == "a") == 200
        assert all(d.p_adjusted is not None for part in parts for d in part.differences if d.p is not None)


def test_all_forms_say_the_same(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=200)
    board = leaderboard([answering(folder, tmp_path, name, set(range(k))) for name, k in (("a|b", 90), ("c", 150))])
    out = tmp_path / "out"
    board.write(out)
    assert {path.name for path in out.iterdir()} == {
        "index.html",
        "leaderboard.json",
        "leaderboard.md",
        "leaderboard.csv",
        "leaderboard.tex",
        "differences.csv",
        "figures",
    }
    assert {path.suffix for path in (out / "figures").iterdir()} == {".svg", ".png"}
    data = json.loads((out / "leaderboard.json").read_text())
    (layer,) = [one for one in data["layers"] if one["main"]]
    table = [row for row in csv.DictReader(io.StringIO(as_csv(board))) if row["layer"] == layer["id"]]
    markdown = as_markdown(board)
    assert [row["system"] for row in table] == [cell["system"] for cell in layer["cells"]] == ["c", "a|b"]
    assert float(table[0]["value"]) == layer["cells"][0]["value"] == 0.75
    assert "a\\|b" in markdown
