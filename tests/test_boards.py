"""Leaderboards: paired on common samples, ties shown as ties, nothing compared that differs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ecg_bench import Run, UserError, evaluate, leaderboard
from ecg_bench.boards import as_csv, as_markdown
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


def test_order_ranks_and_ties(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=200)
    # Groups are 21 passages over which samples rotate, so that no passage decides alone.
    strong = answering(folder, tmp_path, "strong", set(range(160)))
    nearly = answering(folder, tmp_path, "nearly", set(range(158)) | {199})
    weak = answering(folder, tmp_path, "weak", set(range(60)))
    (board,) = leaderboard([weak, nearly, strong.path]).tasks
    assert [entry.system for entry in board.entries] == ["strong", "nearly", "weak"]
    first, second, third = board.entries
    assert (first.rank_low, first.rank_high) == (second.rank_low, second.rank_high) == (1, 2)
    assert (third.rank_low, third.rank_high) == (3, 3)
    assert second.tied_with_best
    assert not third.tied_with_best
    assert first.to_best is None
    assert second.to_best is not None
    assert second.to_best.value == pytest.approx(-1 / 200)
    assert second.to_best.low <= second.to_best.value <= second.to_best.high
    assert third.to_best is not None
    assert third.to_best.p_holm < 0.001
    assert board.common_samples == 200
    assert board.clusters == 21
    assert board.pairs == 3


def test_systems_are_compared_on_the_samples_they_share(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=200)
    a = answering(folder, tmp_path, "a", set(range(100)))
    b = answering(folder, tmp_path, "b", set(range(100)), limit=80)
    (board,) = leaderboard([a, b]).tasks
    assert board.common_samples == 80
    assert "tests use the 80 samples that all systems were asked (asked: a 200, b 80)" in " ".join(board.notes) or (
        "(asked: b 80, a 200)" in " ".join(board.notes)
    )
    assert {entry.rank_low for entry in board.entries} == {1}
    worse = next(entry for entry in board.entries if entry.to_best)
    assert worse.to_best is not None
    assert worse.to_best.value == 0  # the same answers, whatever the values over different samples are


def test_permuted_runs_count_each_sample_once(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=50)
    one = evaluate("baseline/random", "toy/choice", include=[folder], out=tmp_path / "1", quiet=True)
    four = evaluate("baseline/longest", "toy/choice", include=[folder], out=tmp_path / "4", permutations=4, quiet=True)
    (board,) = leaderboard([one, four]).tasks
    assert board.common_samples == 50


def test_runs_of_the_same_system_are_told_apart_by_their_directory(pack: Pack, tmp_path: Path) -> None:
    folder = pack()
    runs = [
        evaluate("baseline/random", "toy/choice", include=[folder], out=tmp_path / f"seed{s}", seed=s, quiet=True)
        for s in (0, 1)
    ]
    names = {entry.system for entry in leaderboard(runs).tasks[0].entries}
    assert names == {"baseline/random (seed0)", "baseline/random (seed1)"}


def test_different_prompts_modes_and_errors_are_noted(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=200)
    a = answering(folder, tmp_path, "a", {1})
    b = evaluate("baseline/random", "toy/choice", include=[folder], out=tmp_path / "b", num_fewshot=2, quiet=True)
    c = answering(folder, tmp_path, "c", {1}, n=190)
    (board,) = leaderboard([a, b, c]).tasks
    notes = "\n".join(board.notes)
    assert "asked with different prompt" in notes
    assert "c: 10 requests ended in errors, so its value lies between" in notes


def test_different_data_is_refused(pack: Pack, tmp_path: Path) -> None:
    one = evaluate("baseline/random", "toy/choice", include=[pack(name="a/toy")], out=tmp_path / "1", quiet=True)
    two = evaluate("baseline/random", "toy/choice", include=[pack(name="b/toy", n=30)], out=tmp_path / "2", quiet=True)
    with pytest.raises(UserError, match="answered different data of toy/choice"):
        leaderboard([one, two])


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
    assert leaderboard([run.path]).tasks[0].entries[0].system == "baseline/random"


def test_all_forms_say_the_same(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=200)
    board = leaderboard([answering(folder, tmp_path, name, set(range(k))) for name, k in (("a|b", 90), ("c", 150))])
    board.write(tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"leaderboard.json", "leaderboard.md", "leaderboard.csv"}
    data = json.loads((tmp_path / "out" / "leaderboard.json").read_text())
    table = list(csv.DictReader(io.StringIO(as_csv(board))))
    markdown = as_markdown(board)
    assert [row["system"] for row in table] == [e["system"] for e in data["tasks"][0]["entries"]] == ["c", "a|b"]
    assert float(table[0]["value"]) == data["tasks"][0]["entries"][0]["main"]["value"] == 0.75
    assert "| 1 | c | 0.750 |" in markdown
    assert "a\\|b" in markdown
