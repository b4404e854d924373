"""The tasks of sets of options and of reports, from their source to the results."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import UserError, evaluate, load_run
from ecg_bench.cards import TaskCard
from ecg_bench.domains import find_tasks
from ecg_bench.samples import Media, Outcome, Request, Response, Sample
from ecg_bench.scoring import open_metrics, score_run
from ecg_bench.settings import Settings
from ecg_bench.sources._ecg_qa import ecg_qa_ptbxl
from ecg_bench.sources._reports import mimic_report, ptbxl_report, split_of
from ecg_bench.task_types import TASK_TYPES
from tests.packs import write_jsonl

DATA = Path(os.environ.get("ECG_BENCH_TEST_DATA", ""))
PTBXL, ECGQA = DATA / "ptbxl", DATA / "ecg-qa"
needs_data = pytest.mark.skipif(
    not os.environ.get("ECG_BENCH_TEST_DATA") or not ECGQA.is_dir(), reason="ECG_BENCH_TEST_DATA holds no ecg-qa"
)
CARD = TaskCard(task="t", title="T", version=1, type="ecg_qa", description="T", source="ecg-qa-ptbxl")


def request_of(kind: str, row: dict[str, Any]) -> tuple[Any, Sample, Request]:
    card = CARD.model_copy(update={"type": kind})
    task = TASK_TYPES.get(kind)(card, "card.yaml")
    sample = task.read_row(row, 0)
    plan = task.plan("ecg/t", Settings(), set(row), ())
    (request,) = plan.requests(sample)
    return plan, sample, request


LEADS = {"id": "1", "question": "Which leads show it?", "options": ["lead I", "lead V1", "none"], "answer": ["lead I"]}
TRUTH = {"id": "2", "question": "Is it there?", "options": ["no", "not sure", "yes"], "answer": ["not sure"]}


def test_the_prompt_shows_the_options_and_not_the_answer() -> None:
    _, _, request = request_of("ecg_qa", {**LEADS, "answer": ["none"]})
    text = request.messages[-1].content
    assert "Options: lead I; lead V1; none" in text
    assert "every option that applies" in text
    _, _, truth = request_of("ecg_qa", TRUTH)
    assert "one of the options" in truth.messages[-1].content


@pytest.mark.parametrize(
    ("row", "reply", "outcome", "acc", "official"),
    [
        (LEADS, "Lead I", Outcome.OK, 1, 0),
        (LEADS, "lead I; lead V1", Outcome.OK, 0, 0),
        (LEADS, "none", Outcome.OK, 0, 0),
        (TRUTH, "Not sure", Outcome.OK, 1, 0),
        (TRUTH, "I can't say.", Outcome.UNPARSED, 0, 0),
        ({**TRUTH, "answer": ["no"]}, "There is no evidence", Outcome.UNPARSED, 0, 1),
        ({**TRUTH, "answer": ["no"]}, "Answer: no", Outcome.OK, 1, 1),
        (TRUTH, "", Outcome.EMPTY, 0, 0),
    ],
)
def test_both_accuracies_stand_side_by_side(
    row: dict[str, Any], reply: str, outcome: Outcome, acc: float, official: float
) -> None:
    plan, sample, request = request_of("ecg_qa", row)
    scored = plan.score(sample, request, Response(reply, finish_reason="stop"))
    assert (scored.outcome, scored.scores["acc"], scored.scores["acc_ecgqa_official"]) == (outcome, acc, official)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer": ["lead II"]}, "the answer 'lead II' is not among the options"),
        ({"answer": []}, "the field 'answer' must be a list of texts"),
        ({"options": ["lead I", "LEAD I"]}, "the field 'options' holds a text twice"),
    ],
)
def test_a_wrong_row_is_refused_in_a_sentence(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        request_of("ecg_qa", LEADS | change)


REPORT = {"id": "1", "question": "Report.", "reference": "Atrial fibrillation. Left axis deviation."}


def test_a_report_is_scored_by_what_it_says_and_not_by_its_words() -> None:
    plan, sample, request = request_of("ecg_report", {**REPORT, "reference": "Atrial fibrillation. LBBB."})

    def f(text: str) -> float:
        return float(plan.score(sample, request, Response(text, finish_reason="stop")).scores["statement_f"])

    assert f("The rhythm is atrial fibrillation, with a complete left bundle branch block.") == 1
    assert f("No atrial fibrillation. No left bundle branch block.") == 0
    assert 0 < f("Atrial fibrillation.") < 1
    assert f("Atrial fibrillation, LBBB, atrial flutter, first degree AV block, LVH.") < f("Atrial fibrillation, LBBB.")


def test_codes_of_the_data_count_more_than_the_reference_in_another_language() -> None:
    plan, sample, request = request_of("ecg_report", {**REPORT, "statements": ["AFIB"], "reference": "vorhofflimmern"})
    scored = plan.score(sample, request, Response("Atrial fibrillation.", finish_reason="stop"))
    assert scored.scores["statement_f"] == 1
    assert scored.target == "vorhofflimmern"


def answers(path: Path, tasks: list[str]) -> Iterator[dict[str, Any]]:
    for task in find_tasks(tasks):
        for sample in task.dataset:
            yield {"task": task.name, "id": sample.id, "answer": sample.reference}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a baseline on both tasks of synthetic ECGs."""
    out = tmp_path_factory.mktemp("run") / "rules"
    evaluate("baseline/rule-reader", ["ecg/signal-qa", "ecg/signal-report"], out=out, limit=64, quiet=True)
    return out


def test_a_baseline_answers_both_tasks_and_every_mean_has_an_interval(run: Path) -> None:
    results = load_run(run).results.tasks
    questions, reports = results["ecg/signal-qa"], results["ecg/signal-report"]
    assert (questions.main_metric, reports.main_metric) == ("acc", "statement_f")
    for name in ("acc", "set_f1", "acc_ecgqa_official", "acc_macro_types", "acc_macro_templates"):
        one = questions.metrics[name]
        assert one.method == "cluster bootstrap"
        assert 0.5 < one.low < one.value < one.high
    assert reports.metrics["statement_f"].value > 0.6
    assert len(questions.slices["question_type"]) == 7
    assert "key_position" not in questions.slices


def test_the_macro_mean_is_the_mean_of_its_classes(run: Path) -> None:
    result = load_run(run).results.tasks["ecg/signal-qa"]
    for metric, facet in (("acc_macro_types", "question_type"), ("acc_macro_templates", "topic")):
        values = [one["acc"].value for one in result.slices[facet].values()]
        assert result.metrics[metric].value == pytest.approx(sum(values) / len(values))


def test_who_sees_no_ecg_answers_worse(run: Path, tmp_path: Path) -> None:
    blind = evaluate(
        "baseline/rule-reader", ["ecg/signal-qa"], out=tmp_path / "blind", limit=64, no_signal=True, quiet=True
    )
    seeing = load_run(run).results.tasks["ecg/signal-qa"].metrics["acc"]
    assert blind.results.tasks["ecg/signal-qa"].metrics["acc"].high < seeing.low


def test_the_right_answers_score_1_throughout(tmp_path: Path) -> None:
    tasks = ["ecg/signal-qa", "ecg/signal-report"]
    file = write_jsonl(tmp_path / "answers.jsonl", answers(tmp_path, tasks))
    found = evaluate(f"replay/{file}", tasks, out=tmp_path / "run", quiet=True).results.tasks
    assert found["ecg/signal-qa"].metrics["acc"].value == 1
    assert found["ecg/signal-qa"].metrics["acc_ecgqa_official"].value == 1
    assert found["ecg/signal-report"].metrics["statement_f"].value == 1


def test_stored_reports_are_scored_by_text_metrics_and_questions_are_not(run: Path) -> None:
    before = load_run(run).results.tasks["ecg/signal-report"].metrics["statement_f"]
    records = score_run(run, open_metrics(["rouge", "meit", "statements"]))
    assert set(records["rouge"].tasks) == {"ecg/signal-report"}
    later = load_run(run).results.tasks["ecg/signal-report"].metrics
    assert {"rougeL_f", "meit_bleu4", "meit_cider", "statement_micro_f", "statement_mean_f"} <= later.keys()
    assert later["statement_f"] == before
    assert later["ref_statement_f"].value == pytest.approx(before.value)


def test_the_shipped_tasks_say_what_they_need() -> None:
    with pytest.raises(UserError, match=r"ecg/ecg-qa needs the folder of ECG-QA: give --task-arg root=VALUE"):
        find_tasks(["ecg/ecg-qa"])


@needs_data
def test_the_official_questions_load_with_their_ecgs_folds_and_splits() -> None:
    for split, n in (("valid", 4663), ("train", 10_000)):
        every = ecg_qa_ptbxl(CARD, root=ECGQA, ptbxl=PTBXL, split=split, hertz=100, missing="skip")
        assert every.scan().n < n
        for sample in every:
            assert set(sample.fields["answer"]) <= set(sample.options)
            assert sample.fields["ecgqa_split"] == split
            assert sample.fields["clean"] is False
            assert all(media.file.is_file() for media in sample.media)
            assert sample.type.startswith("comparison") == (len(sample.media) == 2)


@needs_data
def test_a_question_whose_ecg_is_missing_is_refused_unless_it_may_be_left_out() -> None:
    with pytest.raises(UserError, match=r"holds no record of ECG \d+, which question \d+ is about: give the whole set"):
        ecg_qa_ptbxl(CARD, root=ECGQA, ptbxl=PTBXL, split="valid", hertz=100).scan()


@needs_data
def test_official_questions_are_answered_and_scored_end_to_end(tmp_path: Path) -> None:
    arguments = {"root": str(ECGQA), "ptbxl": str(PTBXL), "split": "train", "hertz": "100", "missing": "skip"}
    run = evaluate(
        "baseline/rule-reader", ["ecg/ecg-qa"], out=tmp_path / "run", limit=40, task_args=arguments, quiet=True
    )
    result = run.results.tasks["ecg/ecg-qa"]
    assert result.n == 40
    assert result.outcomes["ok"] == 40
    lines = [json.loads(line) for line in (tmp_path / "run" / "samples.jsonl").read_text().splitlines()]
    assert all("/" not in line["request"]["media"][0]["path"][:1] for line in lines)


@needs_data
def test_reports_of_the_test_fold_carry_their_statements() -> None:
    card = CARD.model_copy(update={"type": "ecg_report", "source": "ptbxl-report"})
    found = ptbxl_report(card, root=PTBXL, hertz="100", missing="skip")
    samples = list(found)
    assert len(samples) == 54
    assert all(sample.fields["fold"] == 10 and sample.fields["statements"] for sample in samples)
    assert "clean" not in samples[0].fields
    known = list(ptbxl_report(card, root=PTBXL, hertz="100", missing="skip", ecgqa=ECGQA))
    assert any(sample.fields["clean"] for sample in known)


@needs_data
def test_translated_reports_take_the_place_of_the_german_ones(tmp_path: Path) -> None:
    card = CARD.model_copy(update={"type": "ecg_report", "source": "ptbxl-report"})
    ids = [sample.id for sample in ptbxl_report(card, root=PTBXL, hertz="100", missing="skip")]
    file = tmp_path / "english.csv"
    file.write_text("ecg_id,report\n" + "".join(f"{one},sinus rhythm\n" for one in ids))
    found = ptbxl_report(card, root=PTBXL, hertz="100", missing="skip", reports=file)
    assert {sample.reference for sample in found} == {"sinus rhythm"}
    file.write_text("ecg_id,report\n")
    with pytest.raises(UserError, match=r"english\.csv: has no report of ECG"):
        ptbxl_report(card, root=PTBXL, hertz="100", missing="skip", reports=file).scan()


def test_reports_of_mimic_are_split_by_patient(tmp_path: Path) -> None:
    columns = ["subject_id", "study_id", *(f"report_{n}" for n in range(18))]
    rows, records = [",".join(columns)], ["subject_id,study_id,file_name,ecg_time,path"]
    for number in range(60):
        patient = 100 + number // 2
        rows.append(",".join([str(patient), str(number), "Sinus rhythm", "Normal EKG", *[""] * 16]))
        records.append(f"{patient},{number},{number},2180-01-01,files/p{patient}/{number}")
        (tmp_path / f"files/p{patient}").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"files/p{patient}/{number}.hea").write_text("")
    (tmp_path / "machine_measurements.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "record_list.csv").write_text("\n".join(records) + "\n")
    card = CARD.model_copy(update={"type": "ecg_report", "source": "mimic-report"})
    test, train = (list(mimic_report(card, root=tmp_path, split=split)) for split in ("test", "train"))
    assert len(test) + len(train) == 60
    assert test
    assert not {sample.group for sample in test} & {sample.group for sample in train}
    assert {sample.reference for sample in test} == {"Sinus rhythm. Normal ECG."}
    assert all(split_of(sample.group.removeprefix("patient ")) == "test" for sample in test)
    (tmp_path / test[0].media[0].path).unlink()
    with pytest.raises(UserError, match="is not there: give the whole set, or --task-arg missing=skip"):
        mimic_report(card, root=tmp_path).scan()


def test_media_of_synthetic_questions_are_specs_and_no_files() -> None:
    (task,) = find_tasks(["ecg/signal-qa"])
    assert all(isinstance(one, Media) and one.path.startswith("synthetic:{") for one in next(iter(task.dataset)).media)
