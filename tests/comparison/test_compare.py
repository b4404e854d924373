"""Comparing real runs: what changed, on which samples, and what is left out."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ecg_bench import UserError, compare, evaluate, load_run
from ecg_bench.comparison import as_csv, as_markdown
from ecg_bench.comparison._pairs import match
from ecg_bench.comparison._reading import Side
from ecg_bench.judgements import judge_with
from ecg_bench.schemas import load_schemas
from ecg_bench.scoring import open_metrics, score_run
from tests.comparison.making import Pack, alone, answering, explaining
from tests.packs import open_rows, rows

N = 120


def test_what_was_fixed_and_what_broke(pack: Pack) -> None:
    data = alone(N)
    folder = pack(data=data)
    before = answering(folder, set(range(60)), "before", data=data)
    after = answering(folder, {*range(50), *range(60, 90)}, "after", data=data)
    (task,) = compare(before, after.path).tasks
    (one,) = task.metrics
    changes = one.changes
    assert (changes.fixed, changes.broken, changes.same_right, changes.same_wrong) == (30, 10, 50, 30)
    assert (one.common_before, one.common_after) == (0.5, pytest.approx(80 / 120))
    assert one.difference.value == pytest.approx(20 / 120)
    assert one.difference.test == "exact McNemar test"
    assert one.before == before.results.tasks["toy/choice"].metrics["acc"]
    assert one.verdict == "better"
    assert [sample.change for sample in one.samples] == ["broken"] * 10 + ["fixed"] * 30
    first = one.samples[0]
    assert first.id == data[50]["id"]
    assert first.before.target == first.before.parsed == [data[50]["key"]]
    assert first.after.parsed != first.after.target
    assert first.topic == data[50]["topic"]
    assert first.before.outcome == ["ok"]
    assert first.question == ""


def test_equal_runs_have_changed_nowhere(pack: Pack) -> None:
    data = rows(N)
    folder = pack(data=data)
    run = answering(folder, set(range(60)), data=data)
    found = compare(run, run)
    (one,) = found.tasks[0].metrics
    assert one.difference.p == one.difference.p_holm == 1
    assert one.verdict == "nothing changed"
    assert (one.changes.fixed, one.changes.broken, one.changes.equal) == (0, 0, N)
    assert one.samples == []
    assert found.differences == []


def test_a_difference_too_small_to_tell_says_what_could_have_been_told(pack: Pack) -> None:
    data = alone(N)
    folder = pack(data=data)
    before = answering(folder, set(range(60)), "before", data=data)
    after = answering(folder, {*range(5, 60), *range(60, 69)}, "after", data=data)
    (one,) = compare(before, after).tasks[0].metrics
    assert one.verdict == "not separable"
    assert one.difference.detectable is not None
    assert f"with 80 % power is {one.difference.detectable:.3f}" in one.sentence
    two = answering(folder, {*range(2, 60)}, "two", data=data)
    (one,) = compare(before, two).tasks[0].metrics
    assert "so few samples changed that no test could tell" in one.sentence


def test_p_values_are_adjusted_over_tasks_and_metrics(pack: Pack) -> None:
    folder = pack()
    runs = [
        evaluate("baseline/bm25", "toy/*", include=[folder], out=folder.parent / name, seed=seed, quiet=True)
        for seed, name in enumerate(("one", "two"))
    ]
    found = compare(*runs, metric=["acc", "answered"])
    assert [[one.metric for one in task.metrics] for task in found.tasks] == [["acc", "answered"], ["answered"]]
    assert found.tests == 3
    tested = [one.difference for task in found.tasks for one in task.metrics]
    assert all((one.p_holm or 0) >= (one.p or 0) for one in tested)


def test_only_samples_that_both_runs_were_asked_are_compared(pack: Pack) -> None:
    data = alone(N)
    folder = pack(data=data)
    before = answering(folder, set(range(60)), "before", data=data)
    after = answering(folder, set(range(60)), "after", data=data, limit=50)
    (task,) = compare(before, after).tasks
    assert (task.common, task.only_before, task.only_after) == (50, 70, 0)
    assert task.metrics[0].difference.value == 0
    assert "left out are 70 of the first run and 0 of the second" in " ".join(task.notes)


def test_of_other_data_the_samples_of_equal_content_are_compared(pack: Pack) -> None:
    """A question, an option or a key that was mended makes a sample another one; the order of options doesn't."""
    old = alone(N)
    new: list[dict[str, Any]] = [dict(row) for row in old]
    new[0]["question"] += " Be careful."
    new[1]["options"] = ["Another colour", *new[1]["options"][1:]]
    new[2]["key"] = "ABCD"[("ABCD".index(new[2]["key"]) + 1) % 4]
    new[3]["options"] = new[3]["options"][::-1]
    new[3]["key"] = "ABCD"[3 - "ABCD".index(new[3]["key"])]
    new[4]["id"] = "quite-another"
    new[5]["media"] = [{"kind": "image", "path": "strip.png"}]
    new[6]["rationale"] = "It is written elsewhere."
    new.insert(0, {**rows(1, seed=5)[0], "id": "added"})
    before = answering(pack(name="old/toy", data=old), set(range(N)), "before", data=old)
    after = answering(pack(name="new/toy", data=new), set(range(N + 1)), "after", data=new)
    (task,) = compare(before, after).tasks
    assert task.altered == 4
    assert (task.only_before, task.only_after) == (1, 2)
    assert task.common == N - 5
    assert task.metrics[0].changes.same_right == N - 5
    assert "the data differ" in task.notes[1]
    assert any(one.name == "data_sha256" and one.task == "toy/choice" for one in compare(before, after).differences)


def test_runs_with_nothing_in_common_are_refused(pack: Pack) -> None:
    data = alone(20)
    other = [{**row, "question": f"{row['question']} Or so?"} for row in data]
    before = answering(pack(name="old/toy", data=data), {1}, "before", data=data)
    after = answering(pack(name="new/toy", data=other), {1}, "after", data=other)
    with pytest.raises(UserError, match="have no sample in common: compare runs that were asked the same questions"):
        compare(before, after)
    free = explaining(pack(name="third/toy"), {row["id"]: "It is good." for row in open_rows(6)}, "free")
    with pytest.raises(UserError, match=r"have no task in common: .* has toy/choice, .* has toy/free"):
        compare(before, free)


def test_tasks_of_one_run_only_are_listed(pack: Pack) -> None:
    folder = pack()
    both = evaluate("baseline/bm25", "toy/*", include=[folder], out=folder.parent / "both", quiet=True)
    one = evaluate("baseline/bm25", "toy/free", include=[folder], out=folder.parent / "one", quiet=True)
    found = compare(both, one)
    assert ([task.task for task in found.tasks], found.only_before, found.only_after) == (
        ["toy/free"],
        ["toy/choice"],
        [],
    )
    assert compare(one, both, tasks=["toy/*"]).only_after == ["toy/choice"]
    with pytest.raises(UserError, match=r"no common task 'toy/choise' \(known: toy/free\)|did you mean"):
        compare(both, one, tasks=["toy/choise"])


def test_repeats_are_averaged_and_right_is_a_mean_above_one_half(pack: Pack) -> None:
    folder = pack(n=40)
    one = evaluate("baseline/longest", "toy/choice", include=[folder], out=folder.parent / "1", quiet=True)
    four = evaluate(
        "baseline/random", "toy/choice", include=[folder], out=folder.parent / "4", permutations=4, quiet=True
    )
    (task,) = compare(one, four).tasks
    (found,) = task.metrics
    assert found.difference.n == task.common == 40
    assert found.repeated
    assert found.common_after == pytest.approx(four.results.tasks["toy/choice"].metrics["acc"].value)
    changed = {sample.id: sample for sample in found.samples}
    assert all((one.before.score > 0.5) != (one.after.score > 0.5) for one in changed.values())
    assert all(len(one.after.parsed) == 4 for one in changed.values())
    assert sum(change.n for change in task.outcomes) == 40  # one request of each sample is common to both
    assert "1 answers to each sample before, 4 after" in " ".join(task.notes)
    assert not any(part.facet == "key_position" for part in found.slices)  # it stands in every place


def test_how_answers_ended_before_and_after(pack: Pack) -> None:
    data = alone(N)
    folder = pack(data=data)
    before = answering(folder, set(range(60)), "before", data=data)
    after = answering(folder, set(range(60)), "after", data=data, said={0: "Neither.", 1: "", 2: "I know not."})
    (task,) = compare(before, after, metric="unparsed rate").tasks
    assert {(one.before, one.after): one.n for one in task.outcomes} == {
        ("ok", "ok"): 117,
        ("ok", "unparsed"): 2,
        ("ok", "empty"): 1,
    }
    (rate,) = task.metrics
    assert (rate.metric, rate.direction, rate.changes.broken) == ("rate_unparsed", "lower", 2)


def test_requests_that_ended_in_errors_leave_bounds(pack: Pack) -> None:
    data = alone(N)
    folder = pack(data=data)
    before = answering(folder, set(range(60)), "before", data=data)
    after = answering(folder, set(range(60)), "after", data=data[: N - 12])
    (task,) = compare(before, after).tasks
    (one,) = task.metrics
    assert one.bounds is not None
    assert (one.bounds.worst, one.bounds.best) == (pytest.approx(0), pytest.approx(12 / N))
    assert "12 of 120 requests ended in errors after" in " ".join(task.notes)
    assert compare(before, before).tasks[0].metrics[0].bounds is None


def test_the_slice_that_drives_a_change_is_named(pack: Pack) -> None:
    data = alone(200)
    folder = pack(data=data)
    shapes = [i for i, row in enumerate(data) if row["topic"] == "shapes"]
    before = answering(folder, set(range(200)), "before", data=data)
    after = answering(folder, set(range(200)) - set(shapes[::2]), "after", data=data)
    (one,) = compare(before, after).tasks[0].metrics
    parts = {(part.facet, part.name): part for part in one.slices}
    assert {facet for facet, _ in parts} == {"topic", "difficulty", "key_position"}
    worst = parts["topic", "shapes"]
    assert (worst.n, worst.value, worst.contrast) == (100, pytest.approx(-0.5), pytest.approx(-0.5))
    assert worst.share == pytest.approx(one.difference.value)
    assert worst.p_adjusted is not None
    assert worst.p is not None
    assert worst.p <= worst.p_adjusted < 0.001
    assert one.drivers.startswith("driven by ")
    assert "topic shapes (-0.500 on 100 samples, 100% of the whole change" in one.drivers
    topics = [part for part in one.slices if part.facet == "topic"]
    assert sum(part.share for part in topics) == pytest.approx(one.difference.value)


def test_a_change_that_is_everywhere_has_no_driver(pack: Pack) -> None:
    data = alone(240)
    folder = pack(data=data)
    before = answering(folder, set(range(240)), "before", data=data)
    after = answering(folder, {i for i in range(240) if (i // 12) % 4}, "after", data=data)
    (one,) = compare(before, after).tasks[0].metrics
    assert one.drivers == "no slice is known to change otherwise than the rest (exploratory)"


def test_every_label_of_samples_is_a_facet_and_no_label_of_answers_is(pack: Pack) -> None:
    data = rows(60)
    folder = pack(data=data)
    run = answering(folder, set(range(30)), data=data)
    table = run.scores["toy/choice"]
    labels = {**table.labels, "question_type": table.labels["difficulty"], "answer_length": table.labels["topic"]}
    other = replace(table, labels=labels)
    one, two = (Side(load_run(run.path)) for _ in range(2))
    for side in (one, two):
        side.run.scores["toy/choice"] = other
    assert set(match("toy/choice", one, two, None).facets) == {
        *("topic", "difficulty", "question_type", "key_position", "clean")
    }


def test_what_the_headers_say_differently_comes_first(pack: Pack) -> None:
    data = rows(30)
    folder = pack(data=data)
    before = evaluate("baseline/random", "toy/choice", include=[folder], out=folder.parent / "a", quiet=True)
    after = evaluate(
        "baseline/random", "toy/choice", include=[folder], out=folder.parent / "b", quiet=True, seed=4, num_fewshot=2
    )
    found = {(one.task, one.name): (one.before, one.after) for one in compare(before, after).differences}
    assert found["", "settings.seed"] == (0, 4)
    assert found["", "settings.num_fewshot"] == (0, 2)
    assert ("toy/choice", "prompt_sha256") in found
    assert "- settings.seed: 0 before, 4 after" in as_markdown(compare(before, after)).replace("\\_", "_")


@pytest.fixture
def scored(pack: Pack) -> tuple[Path, Path]:
    """Two runs of open questions, scored and judged."""
    folder = pack(n_open=30)
    good = {row["id"]: row["reference"] for row in open_rows(30)}
    poor = {row["id"]: row["reference"] if n % 2 else "Nothing at all." for n, row in enumerate(open_rows(30))}
    runs = explaining(folder, poor, "poor").path, explaining(folder, good, "good").path
    for run in runs:
        score_run(run, open_metrics(["rouge", "critical"]))
        judge_with([run], "ecg-correctness", ["baseline/lexical-judge"], include=[folder], quiet=True)
    return runs


JUDGED = "ecg-correctness@baseline-lexical-judge"


def test_scores_that_were_added_later_are_compared_by_name(scored: tuple[Path, Path]) -> None:
    (task,) = compare(*scored, metric=["rougeL_f", JUDGED]).tasks
    overlap, judged = task.metrics
    assert (overlap.metric, overlap.direction, overlap.changes.fixed) == ("rougeL_f", "higher", None)
    assert (overlap.changes.rose, overlap.changes.fell, overlap.changes.equal) == (15, 0, 15)
    assert [one.change for one in overlap.samples] == ["better"] * 15
    assert judged.difference.value > 0.3
    assert judged.verdict == overlap.verdict == "better"
    assert not [one for one in compare(*scored, metric=JUDGED).differences if one.name.startswith("scorings")]


def test_all_stands_for_the_main_metric_and_every_score_of_single_answers(scored: tuple[Path, Path]) -> None:
    (task,) = compare(*scored, metric="all").tasks
    found = {one.metric: one for one in task.metrics}
    assert {"answered", "rougeL_f", "critical_missing", "answer_words", JUDGED} <= set(found)
    assert found["answered"].main
    assert found["critical_missing"].direction == found["answer_words"].direction == "none"
    assert found["answer_words"].verdict == "higher"
    assert not any(name.startswith("rate_") for name in found)


def test_the_samples_are_not_opened_for_metrics_of_the_run_itself(scored: tuple[Path, Path]) -> None:
    for run in scored:
        (run / "samples.jsonl").unlink()
    found = compare(*scored, fail_if=["worse", "unparsed rate rises by more than 1 %"])
    assert [one.metric for one in found.tasks[0].metrics] == ["answered", "rate_unparsed"]


def test_a_score_of_other_answers_is_not_used(scored: tuple[Path, Path]) -> None:
    path = scored[1] / "scorings" / "rouge.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"samples_sha256": "0" * 64}))
    with pytest.raises(UserError, match="don't both have rougeL_f for single samples"):
        compare(*scored, metric="rougeL_f")


def test_answers_without_a_verdict_are_counted_and_left_out(scored: tuple[Path, Path]) -> None:
    path = scored[0] / "scorings" / f"{JUDGED}.csv"
    lines = path.read_text().splitlines()
    lines[1:4] = [",".join([*line.split(",")[:5], "judge_unparsed", "", ""]) for line in lines[1:4]]
    path.write_text("\n".join(lines) + "\n")
    (one,) = compare(*scored, metric=JUDGED).tasks[0].metrics
    assert (one.unscored, one.difference.n) == (3, 27)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("rougeL", r"there is no metric 'rougeL' in both runs \(did you mean"),
        ("acc", "there is no metric 'acc' in both runs"),
        (f"{JUDGED}:correct", "for single samples"),
    ],
)
def test_unknown_metrics_are_refused(scored: tuple[Path, Path], metric: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        compare(*scored, metric=metric)


def test_all_forms_say_the_same_and_fit_the_schema(pack: Pack, tmp_path: Path) -> None:
    data = alone(N)
    folder = pack(data=data)
    before = answering(folder, set(range(60)), "a|b", data=data)
    after = answering(folder, set(range(40)), "=c", data=data, said={3: "*Neither* <b>", 4: "| x |"})
    found = compare(before, after, fail_if=["worse"], full=True)
    found.write(tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"comparison.json", "comparison.md", "comparison.csv"}
    stored = json.loads((tmp_path / "out" / "comparison.json").read_text())
    jsonschema.validate(stored, load_schemas()["comparison"])
    (row,) = csv.DictReader(io.StringIO(as_csv(found)))
    assert float(row["difference"]) == stored["tasks"][0]["metrics"][0]["difference"]["value"]
    assert (row["broken"], row["verdict"]) == ("22", "worse")
    markdown = as_markdown(found)
    assert markdown.startswith("# a\\|b and =c\n")
    assert "| toy/choice | acc | 0.500 (0.412 to 0.588) |" in markdown
    assert found.tasks[0].metrics[0].samples[0].after.output == ["*Neither* <b>"]
    assert data[3]["question"] in found.tasks[0].metrics[0].samples[0].question
