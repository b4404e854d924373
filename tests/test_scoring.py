"""Scoring what is stored: text metrics over runs and over files, without asking anybody again."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecg_bench import UserError, evaluate, load_run
from ecg_bench.schemas import load_schemas
from ecg_bench.scoring import DEFAULT_METRICS, open_metrics, score_file, score_run
from ecg_bench.scoring._metrics import apply
from ecg_bench.statistics import ALL_EQUAL, wilson
from ecg_bench.text_metrics import TEXT_METRICS, Pair
from tests.packs import make_pack, open_rows

N = 12
FAST = ("bleu", "chrf", "rouge")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    pack = make_pack(tmp_path / "toy", n_open=N)
    answers = tmp_path / "answers.jsonl"
    rows = [
        {"id": one["id"], "answer": one["reference"] if n % 2 else "Nobody knows."}
        for n, one in enumerate(open_rows(N))
    ]
    rows[0]["answer"] = ""
    rows[2]["answer"] = f"assistant\n{rows[3]['answer']}"
    answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "run"
    evaluate(f"replay/{answers}", "toy/free", include=[pack], out=out, quiet=True)
    return out


def metrics(path: Path) -> dict[str, Any]:
    return load_run(path).results.tasks["toy/free"].metrics


def ecg_bench(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ecg_bench", *map(str, arguments)],
        capture_output=True, text=True, cwd=cwd, timeout=120,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )  # fmt: skip


def test_scores_go_beside_the_run_and_their_means_into_its_results(run: Path) -> None:
    before, samples = metrics(run), (run / "samples.jsonl").read_bytes()
    records = score_run(run, open_metrics(FAST))
    after = metrics(run)
    assert (run / "samples.jsonl").read_bytes() == samples
    assert {name: after[name] for name in before} == before
    assert {"bleu", "corpus_bleu", "chrf", "corpus_chrf", "rougeL_f", "length_ratio"} <= after.keys()
    assert after["rougeL_f"].n == N
    assert after["rougeL_f"].low < after["rougeL_f"].value < after["rougeL_f"].high
    assert "rouge|version:1" in after["rougeL_f"].signature
    assert "task:toy/free@1|data:" in after["rougeL_f"].signature
    assert sorted(path.name for path in (run / "scorings").iterdir()) == sorted(
        f"{name}.{end}" for name in (*FAST, "length") for end in ("csv", "json")
    )
    with (run / "scorings" / "rouge.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["rougeL_f"]) for row in rows][:2] == [0, 1]
    mean = sum(float(row["rougeL_f"]) for row in rows) / N
    assert after["rougeL_f"].value == pytest.approx(mean)
    assert records["rouge"].tasks["toy/free"].flags == {"empty": 1, "role": 1, "echo": 0}
    assert any("independent groups of answers are few" in notice for notice in records["rouge"].notices)
    assert any("1 of 12 answers are empty" in notice for notice in records["rouge"].notices)


def test_scoring_again_changes_no_byte_and_other_options_replace_the_old(run: Path) -> None:
    score_run(run, open_metrics(["bleu"]))
    results = (run / "results.json").read_bytes()
    score_run(run, open_metrics(["bleu"]))
    assert (run / "results.json").read_bytes() == results
    score_run(run, open_metrics(["bleu"], {"bleu.compat": "ecg-llm"}))
    found = metrics(run)
    assert "bleu_ecg_llm" in found
    assert not {"bleu", "corpus_bleu"} & found.keys()


def test_scores_survive_a_resume_and_are_left_out_when_answers_change(run: Path, tmp_path: Path) -> None:
    score_run(run, open_metrics(["chrf"]))
    again = {"model": f"replay/{tmp_path / 'answers.jsonl'}", "tasks": "toy/free", "include": [tmp_path / "toy"]}
    evaluate(**again, out=run, quiet=True)
    assert "chrf" in metrics(run)
    path = run / "scorings" / "chrf.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"samples_sha256": "0" * 64}))
    evaluate(**again, out=run, quiet=True)
    assert "chrf" not in metrics(run)


def test_every_scoring_fits_its_published_schema(run: Path) -> None:
    import jsonschema

    score_run(run, open_metrics(FAST))
    schemas = load_schemas()
    for path in (run / "scorings").glob("*.json"):
        jsonschema.validate(json.loads(path.read_text()), schemas["scoring"])
    jsonschema.validate(json.loads((run / "results.json").read_text()), schemas["results"])


def test_a_run_without_open_answers_is_refused(tmp_path: Path) -> None:
    pack = make_pack(tmp_path / "toy")
    evaluate("baseline/random", "toy/choice", include=[pack], out=tmp_path / "run", quiet=True)
    with pytest.raises(UserError, match="none of its tasks has open answers with references"):
        score_run(tmp_path / "run", open_metrics(FAST))
    assert not (tmp_path / "run" / "scorings").exists()


Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return make


def lines(*rows: dict[str, str]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_a_file_of_pairs_needs_no_run(write: Write) -> None:
    path = write(
        "pairs.jsonl",
        lines(
            {"id": "a", "answer": "No ST elevation.", "reference": "ST elevation."},
            {"id": "b", "answer": "Sinus rhythm.", "reference": "Sinus rhythm."},
        ),
    )
    scored = score_file(path, open_metrics(["rouge", "critical"]))
    found = scored.systems[""]
    assert found.n == 2
    assert found.metrics["rougeL_f"].value == pytest.approx((0.8 + 1) / 2)
    assert found.metrics["critical_contradicted"].value == 0.5


def test_systems_are_told_apart_and_references_may_be_another_system(write: Write, tmp_path: Path) -> None:
    rows = [
        {"Question": f"What is {n}?", "Answer": text, "Model": system}
        for n in range(3)
        for system, text in (("one", f"It is {n}."), ("two", f"Certainly something else than {n + 5}."))
    ]
    path = write("answers.csv", "Question,Answer,Model\n" + "".join(",".join(row.values()) + "\n" for row in rows))
    scored = score_file(path, open_metrics(["rouge"]), references=path, reference_system="one")
    assert scored.systems["one"].metrics["rouge1_f"].value == 1
    assert scored.systems["two"].metrics["rouge1_f"].value < 0.5
    assert "a score says how alike" in scored.notices[0]
    scored.write_scores(tmp_path / "scores.csv")
    with (tmp_path / "scores.csv").open() as file:
        assert [row["system"] for row in csv.DictReader(file)] == ["one"] * 3 + ["two"] * 3


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ('{"id": "a", "reference": "x"}\n', {}, "jsonl:1: has no 'answer'"),
        ('{"id": "a", "answer": "x"}\n', {}, "jsonl:1: has no 'reference': add the column, or name a file"),
        ("", {}, "holds no answer"),
        ('{"id": "a", "answer": "x"}\n', {"references": True}, "jsonl:1: there is no reference for 'a'"),
        ('{"answer": "x"}\n', {"references": True}, "has neither 'id' nor 'question'"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(
    write: Write, text: str, options: dict[str, Any], said: str
) -> None:
    path = write("pairs.jsonl", text)
    if options:
        options = {"references": write("references.jsonl", '{"id": "b", "reference": "y"}\n')}
    with pytest.raises(UserError, match=said):
        score_file(path, open_metrics(["chrf"]), **options)


def test_metrics_and_their_options_are_checked_by_name() -> None:
    with pytest.raises(UserError, match=r"no text metric named 'rogue' .*did you mean 'rouge'"):
        open_metrics(["rogue"])
    with pytest.raises(UserError, match=r"METRIC\.OPTION=VALUE"):
        open_metrics(["rouge"], {"stemmer": "false"})
    with pytest.raises(UserError, match="has no argument 'stemming'"):
        open_metrics(["rouge"], {"rouge.stemming": "false"})
    assert set(DEFAULT_METRICS) <= set(TEXT_METRICS)


def test_the_forms_of_the_command_line(run: Path, write: Write) -> None:
    path = write("pairs.jsonl", lines({"id": "a", "answer": "Sinus rhythm.", "reference": "Sinus rhythm, 60/min."}))
    done = ecg_bench("score", path, "--metrics", "bleu,chrf,rouge,meteor", "--json", cwd=run.parent)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["systems"][""]["metrics"]
    assert {"bleu", "chrf", "rouge1_f", "meteor", "answer_words"} <= found.keys()
    done = ecg_bench("score", run, cwd=run.parent)
    assert done.returncode == 0, done.stderr
    assert "critical contradicted" in done.stdout
    assert "begin with a word of the chat format" in done.stdout
    done = ecg_bench("score", run, "--references", path, cwd=run.parent)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    done = ecg_bench("score", run.parent / "nothing.jsonl", cwd=run.parent)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    done = ecg_bench("score", run, "--model-path", "x", cwd=run.parent)
    assert "add it to --metrics" in done.stderr


@pytest.mark.skipif("ECG_BENCH_TEST_DATA" not in os.environ, reason="ECG_BENCH_TEST_DATA is not set")
def test_the_eight_systems_of_the_study_in_one_call() -> None:
    path = Path(os.environ["ECG_BENCH_TEST_DATA"]) / "ecg-llm" / "10_questions.csv"
    scored = score_file(
        path, open_metrics(["bleu", "rouge", "critical"]), references=path, reference_system="LLama 3.1 8B + RAG"
    )
    assert len(scored.systems) == 8
    assert {one.n for one in scored.systems.values()} == {10}
    assert scored.systems["LLama 3.1 8B + RAG"].metrics["rouge1_f"].value == 1
    assert scored.systems["LLama 3.1 8B + RAG"].metrics["critical_contradicted"].value == 0


@pytest.mark.parametrize(("answer", "value"), [("sinus rhythm, rate 60", 1.0), ("nothing of that", 0.0)])
def test_answers_that_are_all_right_or_all_wrong_leave_an_interval_with_a_width(answer: str, value: float) -> None:
    metrics = open_metrics(["rouge"])
    pairs = [Pair(answer, "sinus rhythm, rate 60")] * 12
    one = apply(metrics["rouge"], pairs, np.arange(12) // 2, seed=0, of="x").estimates["rouge1_f"]
    assert (one.value, one.low, one.high, one.method) == (value, *wilson(6 * value, 6), ALL_EQUAL)
    alike = [Pair("two words", "two words")] * 12
    flat = apply(metrics["length"], alike, np.arange(12), seed=0, of="x").estimates["length_ratio"]
    assert flat.low == flat.high == 1.0  # no share of anything
