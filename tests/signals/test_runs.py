"""Whole runs of the tasks about ECGs, and what boards and comparisons make of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ecg_bench import Run, evaluate
from ecg_bench.boards import leaderboard
from ecg_bench.comparison import compare
from ecg_bench.contamination._questions import questions_of
from ecg_bench.domains import find_domains, find_tasks
from ecg_bench.ecg.media import record_of
from ecg_bench.ecg.sets import PtbXl
from ecg_bench.errors import UserError
from ecg_bench.judgements._answers import StoredAnswers
from ecg_bench.scoring import open_metrics, score_run
from ecg_bench.validation import validate_pack
from tests.ecg.folders import ecgqa_folder, question
from tests.signals.making import DETECTION, SUPERDIAG, Recorder, small_ptbxl

SMALL = {"n": 60}


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run of the rule reader on synthetic ECGs."""
    out = tmp_path_factory.mktemp("runs") / "rules"
    return evaluate("baseline/rule-reader", DETECTION, task_args=SMALL, out=out, quiet=True)


def test_the_rule_reader_reads_synthetic_ecgs_far_better_than_a_constant(rules: Run, tmp_path: Path) -> None:
    constant = evaluate("baseline/constant", DETECTION, task_args=SMALL, out=tmp_path / "c", quiet=True)
    bound = evaluate("baseline/majority", DETECTION, task_args=SMALL, out=tmp_path / "m", quiet=True)
    scores = [run.results.tasks[DETECTION].metrics for run in (rules, constant, bound)]
    assert scores[0]["f1_samples"].low > max(scores[1]["f1_samples"].high, scores[2]["f1_samples"].high)
    assert scores[0]["f1_macro"].low > scores[1]["f1_macro"].high
    assert scores[0]["hamming_loss"].value < scores[1]["hamming_loss"].value


def test_results_hold_every_label_with_its_positives(rules: Run) -> None:
    result = rules.results.tasks[DETECTION]
    (task,) = find_tasks([DETECTION], arguments=SMALL)
    true = [label for sample in task.dataset for label in sample.fields["labels"]]
    assert {label: one.positives for label, one in result.labels.items()} == {
        label: true.count(label) for label in task.card.labels or ()
    }
    assert all(one.few == (one.positives < 10) for one in result.labels.values())
    normal = result.labels["NORM"].metrics["f1"]
    assert normal.low <= normal.value <= normal.high
    assert "auc_macro" not in result.metrics  # hard answers have none


def test_a_run_and_its_control_are_compared_and_stand_on_one_board(rules: Run, tmp_path: Path) -> None:
    control = evaluate(
        "baseline/rule-reader", DETECTION, task_args=SMALL, no_signal=True, out=tmp_path / "none", quiet=True
    )
    found = compare(control.path, rules.path)
    assert found.tasks[0].metrics[0].verdict == "better"
    assert any(one.name == "settings.no_signal" for one in found.differences)
    board = leaderboard([rules.path, control.path])
    layer = next(one for one in board.layers if one.main)
    assert (layer.kind, layer.metric) == ("ECG", "f1_samples")
    assert [cell.system for cell in layer.cells] == ["baseline/rule-reader", "baseline/rule-reader (no signal)"]
    assert layer.cells[0].letters != layer.cells[1].letters
    assert any(one.code == "OTHER_PRESENTATION" and "no ECG (a control)" in one.message for one in board.marks)


def test_disturbed_and_undisturbed_ecgs_are_not_ranked_together(rules: Run, tmp_path: Path) -> None:
    worse = evaluate(
        "baseline/rule-reader", DETECTION, task_args=SMALL, perturb="snr=0,noise=muscle", out=tmp_path / "p", quiet=True
    )
    board = leaderboard([rules.path, worse.path])
    assert any(one.code == "OTHER_DISTURBANCE" and one.unranked for one in board.marks)


def test_a_yes_or_no_for_each_label_gives_the_same_counts_and_from_probabilities_an_auc(tmp_path: Path) -> None:
    pack = tmp_path / "own"
    pack.mkdir()
    (pack / "domain.yaml").write_text("domain: own\ntitle: Own\nversion: '1'\nlicence: CC0\n")
    (pack / "each.yaml").write_text(
        "task: each\ntitle: Each\nversion: 1\ntype: ecg_labels\ndescription: Each.\nsource: synthetic-labels\n"
        "arguments: {n: 12}\nlabels: [NORM, SR, AFIB]\nform: yes_no\n"
    )
    run = evaluate(Recorder(("signal",), "Answer: yes"), "own/each", include=[pack], out=tmp_path / "a", quiet=True)
    result = run.results.tasks["own/each"]
    assert (result.n, result.main_metric) == (36, "acc")
    assert result.metrics["hamming_loss"].value == pytest.approx(1 - result.metrics["acc"].value)
    assert all(one.metrics["recall"].value == 1 for one in result.labels.values() if one.positives)
    by_share = evaluate(
        Recorder(("signal",)), "own/each", include=[pack], mode="loglikelihood", out=tmp_path / "b", quiet=True
    )
    metrics = by_share.results.tasks["own/each"].metrics
    assert metrics["auc_macro"].value == pytest.approx(0.5)  # the same for all says nothing
    assert 0 < metrics["fmax"].value <= 1


def test_a_board_of_clean_records_holds_those_alone(tmp_path: Path) -> None:
    root = small_ptbxl(tmp_path / "ptbxl", 40)
    splits = ecgqa_folder(tmp_path / "qa", [question(1)], {"test": [2, 6, 10, 14], "train": [18], "valid": []})
    given = {"root": str(root), "ecgqa": str(splits), "fold": "all"}
    runs = [
        evaluate(
            Recorder(("signal",), text), SUPERDIAG, task_args=given, system=text, out=tmp_path / text[-4:], quiet=True
        )
        for text in ("Answer: MI", "Answer: NORM")
    ]
    board = leaderboard([one.path for one in runs], clean=True)
    layer = next(one for one in board.layers if one.main)
    assert {cell.system: (cell.value, cell.samples) for cell in layer.cells} == {
        "Answer: MI": (1.0, 4),
        "Answer: NORM": (0.0, 4),
    }
    assert any(one.code == "CLEAN" and "4 of 30" in one.message for one in board.marks)
    unknown = evaluate(
        Recorder(("signal",)), SUPERDIAG, task_args={"root": str(root)}, out=tmp_path / "unknown", quiet=True
    )
    assert any(one.code == "NOT_KNOWN_CLEAN" for one in leaderboard([unknown.path], clean=True).marks)


def test_the_shipped_tasks_are_valid() -> None:
    assert not [
        one for one in validate_pack(find_domains()["ecg"]).problems if "signal" in one.path or "ptbxl" in one.path
    ]


def test_real_ptbxl_runs_end_to_end_with_the_labels_of_its_own_table(test_data: Path, tmp_path: Path) -> None:
    root = test_data / "ptbxl"
    given = {"root": str(root), "fold": "all"}
    (task,) = find_tasks([SUPERDIAG], arguments=given)
    data = PtbXl(root)
    derived = {f"ptbxl-{row.ecg_id}": list(data.labels(row, "superdiag")) for row in data.rows}
    own = {sample.id: sample.fields["labels"] for sample in task.dataset}
    assert {name: set(labels) for name, labels in own.items()} == {
        name: set(labels) for name, labels in derived.items() if labels
    }
    run = evaluate("baseline/rule-reader", SUPERDIAG, task_args={"root": str(root)}, out=tmp_path / "run", quiet=True)
    result = run.results.tasks[SUPERDIAG]
    assert result.n == sum(row.fold == 10 and bool(data.labels(row, "superdiag")) for row in data.rows)
    assert result.outcomes["ok"] == result.n
    assert result.metrics["f1_samples"].value > 0.3


def test_every_family_of_real_ptbxl_has_its_tables_labels(test_data: Path) -> None:
    root = test_data / "ptbxl"
    data = PtbXl(root)
    for task in find_tasks(["ecg/ptbxl-*"], arguments={"root": str(root), "fold": "all"}):
        if task.card.type != "ecg_labels" or task.card.form != "set":
            continue
        family = task.name.removeprefix("ecg/ptbxl-")
        own = {sample.fields["ecg_id"]: set(sample.fields["labels"]) for sample in task.dataset}
        assert own == {row.ecg_id: set(found) for row in data.rows if (found := data.labels(row, family))}, family  # type: ignore[arg-type]


def test_the_command_takes_arguments_of_tasks_and_lists_what_they_need(tmp_path: Path) -> None:
    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ecg_bench", *arguments], capture_output=True, text=True, env=os.environ, timeout=120
        )

    listed = json.loads(command("tasks", "list", "--domain", "ecg", "--json").stdout)["tasks"]
    assert next(one for one in listed if one["name"] == SUPERDIAG)["needs"].keys() == {"root"}
    run = command("eval", "--model", "baseline/rule-reader", "--tasks", DETECTION, "--task-arg", "n=5", "--no-signal",
                  "--out", str(tmp_path / "run"), "--json")  # fmt: skip
    assert run.returncode == 0, run.stderr
    wrong = command("eval", "--model", "baseline/constant", "--tasks", SUPERDIAG, "--out", str(tmp_path / "no"))
    assert wrong.returncode == 2
    assert "give --task-arg root=VALUE" in wrong.stderr
    nowhere = command("eval", "--model", "baseline/constant", "--tasks", SUPERDIAG, "--task-arg", f"root={tmp_path}")
    assert nowhere.returncode == 2
    assert len(nowhere.stderr.splitlines()) == 1


def test_a_baseline_for_ecgs_refuses_other_tasks(tmp_path: Path) -> None:
    for name in ("rule-reader", "constant"):
        with pytest.raises(UserError, match="ecg/mcq-checked asks for something else"):
            evaluate(f"baseline/{name}", "ecg/mcq-checked", out=tmp_path / name, quiet=True)


def test_a_system_that_was_trained_on_what_it_is_asked_about_is_marked(tmp_path: Path) -> None:
    root = small_ptbxl(tmp_path / "ptbxl", 40)
    model = Recorder(("signal",))
    model.trained_on = frozenset({record_of("records500/00000/00002_hr"), record_of("records100/00000/00001_lr.hea")})
    run = evaluate(model, SUPERDIAG, task_args={"root": str(root)}, out=tmp_path / "run", quiet=True)
    assert run.header.tasks[0].trained_on == 1  # the other one is in fold 1
    assert "trained on the ECGs of 1 of the 10 samples" in run.header.notices[0]
    assert any(one.code == "TRAINED_ON" for one in leaderboard([run.path]).marks)


def test_labels_are_no_text_for_metrics_or_judges(rules: Run) -> None:
    with pytest.raises(UserError, match="none of its tasks has open answers"):
        score_run(rules.path, open_metrics(["bleu"]))
    with pytest.raises(UserError, match="none of its tasks has open answers"):
        StoredAnswers(rules.path)


def test_a_data_set_that_has_moved_is_no_reason_to_fail(tmp_path: Path) -> None:
    root = small_ptbxl(tmp_path / "ptbxl")
    run = evaluate(Recorder(("signal",)), SUPERDIAG, task_args={"root": str(root)}, out=tmp_path / "run", quiet=True)
    root.rename(tmp_path / "elsewhere")
    (found,) = questions_of(run)
    assert len(found.questions) == run.results.tasks[SUPERDIAG].samples
