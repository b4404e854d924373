"""Tasks whose samples are made or lie in a folder of the user's."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecg_bench import evaluate, find_tasks
from ecg_bench.cards import TaskCard
from ecg_bench.domains import MadeDataset, known_tasks
from ecg_bench.errors import UserError
from ecg_bench.evaluation import resume
from ecg_bench.samples import Sample
from ecg_bench.sources import needs, takes
from ecg_bench.sources._ptbxl import folds_of
from tests.ecg.folders import ecgqa_folder, question
from tests.signals.making import SUPERDIAG, Recorder, small_ptbxl


def test_a_wildcard_passes_over_tasks_that_need_what_is_not_given(tmp_path: Path) -> None:
    without = [task.name for task in find_tasks(["ecg/*"])]
    assert "ecg/signal-detection" in without
    assert SUPERDIAG not in without
    given = {"root": str(small_ptbxl(tmp_path / "ptbxl"))}
    assert SUPERDIAG in [task.name for task in find_tasks(["ecg/ptbxl-*"], arguments=given)]


def test_a_task_that_is_named_says_what_it_needs() -> None:
    with pytest.raises(
        UserError, match=r"ecg/ptbxl-superdiag needs the folder of PTB-XL.*: give --task-arg root=VALUE"
    ):
        find_tasks([SUPERDIAG])
    with pytest.raises(UserError, match=r"and so do 7 others"):
        find_tasks(["ecg/ptbxl-*"])


def test_the_list_of_tasks_holds_those_with_needs_too() -> None:
    needing = {one.name: one.needs() for one in known_tasks(["ecg/*"])}
    assert "PTB-XL" in needing[SUPERDIAG]["root"]
    assert needing["ecg/signal-detection"] == {}


def test_an_argument_that_no_chosen_task_takes_is_a_mistake() -> None:
    with pytest.raises(UserError, match=r"no task that was chosen takes --task-arg sed \(did you mean 'seed'\?\)"):
        find_tasks(["ecg/signal-detection"], arguments={"sed": "3"})
    with pytest.raises(UserError, match="no task that was chosen takes"):
        find_tasks(["ecg/mcq-general"], arguments={"root": "x"})


def test_what_a_card_sets_is_not_the_users_to_change(tmp_path: Path) -> None:
    pack = tmp_path / "own"
    pack.mkdir()
    (pack / "domain.yaml").write_text("domain: own\ntitle: Own\nversion: '1'\nlicence: CC0\n")
    (pack / "few.yaml").write_text(
        "task: few\ntitle: Few\nversion: 1\ntype: ecg_labels\ndescription: Few.\nsource: synthetic-labels\n"
        "arguments: {n: 5}\nlabels: rhythm\n"
    )
    assert find_tasks(["own/few"], [pack])[0].scan.n == 5
    with pytest.raises(UserError, match="own/few sets n itself, to 5"):
        find_tasks(["own/few"], [pack], {"n": "6"})


def test_a_card_has_data_or_a_source_and_not_both() -> None:
    card = {"task": "t", "title": "T", "version": 1, "type": "open", "description": "d"}
    for wrong in ({}, {"data": "a.jsonl", "source": "synthetic-labels"}, {"data": "a.jsonl", "arguments": {"n": 1}}):
        with pytest.raises(ValueError, match="source"):
            TaskCard.model_validate({**card, **wrong})
    made = TaskCard.model_validate({**card, "source": "synthetic-labels", "arguments": {"n": 1}})
    assert set(takes(made)) == {"seed", "hertz"}
    assert needs(made) == {}
    with pytest.raises(UserError, match="no source of samples named 'synthetic-label'"):
        takes(TaskCard.model_validate({**card, "source": "synthetic-label"}))


def test_the_same_seed_makes_the_same_data_and_another_seed_others() -> None:
    one, same, other = (
        find_tasks(["ecg/signal-detection"], arguments={"n": "9", "seed": seed})[0] for seed in ("1", "1", "2")
    )
    assert one.scan.sha256 == same.scan.sha256 != other.scan.sha256
    assert one.scan.media == {"ecg"}


def test_a_made_data_set_is_checked(tmp_path: Path) -> None:
    for samples, wrong in (
        ((), "no sample"),
        ((Sample("a", 0, "q"), Sample("a", 1, "q")), "stands twice"),
        ((Sample("a", 1, "q"),), "the place 1, not 0"),
    ):
        with pytest.raises(UserError, match=wrong):
            MadeDataset(lambda samples=samples: samples, "made").scan()


def test_ptbxl_samples_are_the_folds_records_with_labels_each_with_its_patient(tmp_path: Path) -> None:
    root = small_ptbxl(tmp_path / "ptbxl")
    (task,) = find_tasks([SUPERDIAG], arguments={"root": str(root)})
    samples = list(task.dataset)
    assert {one.fields["fold"] for one in samples} == {10}
    assert {one.id: one.fields["labels"] for one in samples if one.fields["labels"] != ["MI"]} == {}
    assert [one.group for one in samples][:2] == ["patient 0", "patient 2"]
    every = list(find_tasks([SUPERDIAG], arguments={"root": str(root), "fold": "all"})[0].dataset)
    assert len(every) == 15  # of twenty, five have a rhythm and no diagnosis
    assert [one.index for one in every] == list(range(15))


def test_a_record_that_is_not_in_the_folder_is_refused_or_passed_over(tmp_path: Path) -> None:
    root = small_ptbxl(tmp_path / "ptbxl")
    given = {"root": str(root), "fold": "all"}
    whole = list(find_tasks([SUPERDIAG], arguments=given)[0].dataset)
    (root / whole[3].media[0].path).unlink()
    with pytest.raises(UserError, match=f"100 Hz record of ECG {whole[3].fields['ecg_id']} is not there"):
        list(find_tasks([SUPERDIAG], arguments=given)[0].dataset)
    rest = list(find_tasks([SUPERDIAG], arguments=given | {"missing": "skip"})[0].dataset)
    assert [one.id for one in rest] == [one.id for one in whole if one is not whole[3]]
    with pytest.raises(UserError, match="no ECG with a label of this task in fold all"):
        list(find_tasks([SUPERDIAG], arguments=given | {"missing": "skip", "hertz": "500"})[0].dataset)


def test_clean_records_are_for_testing_in_both_sets(tmp_path: Path) -> None:
    root = small_ptbxl(tmp_path / "ptbxl")
    splits = ecgqa_folder(tmp_path / "qa", [question(1)], {"test": [2, 5], "train": [6], "valid": []})
    given = {"root": str(root), "ecgqa": str(splits), "fold": "all"}
    (task,) = find_tasks([SUPERDIAG], arguments=given)
    clean = {one.fields["ecg_id"]: one.fields["clean"] for one in task.dataset}
    assert clean[2] is True  # fold 10, and ECG-QA's test split
    assert clean[5] is clean[6] is False
    (task,) = find_tasks([SUPERDIAG], arguments=given | {"clean": "yes"})
    assert [one.fields["ecg_id"] for one in task.dataset] == [2]
    with pytest.raises(UserError, match="ecgqa=FOLDER"):
        find_tasks([SUPERDIAG], arguments={"root": str(root), "clean": "yes"})


@pytest.mark.parametrize(
    ("text", "folds"), [("10", {10}), ("1-3", {1, 2, 3}), ("1, 9", {1, 9}), ("all", set(range(1, 11)))]
)
def test_folds_are_named_in_words(text: str, folds: set[int]) -> None:
    assert folds_of(text) == folds


def test_a_run_is_resumed_with_its_own_arguments(tmp_path: Path) -> None:
    root = small_ptbxl(tmp_path / "ptbxl")
    out = tmp_path / "run"
    run = evaluate(Recorder(("signal",)), SUPERDIAG, task_args={"root": str(root)}, out=out, quiet=True)
    assert run.header.tasks[0].arguments == {"root": str(root)}
    assert run.header.tasks[0].source == "ptbxl-labels"
    again = resume(out, model=Recorder(("signal",)), quiet=True)
    assert again.header.sessions[-1].asked == 0
