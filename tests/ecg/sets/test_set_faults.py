"""What is wrong with a set is found, and a sound set has no faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ecg_bench.ecg import Ecg
from ecg_bench.ecg.reading import write_wfdb
from ecg_bench.ecg.sets import EcgQa, MimicEcg, PtbXl, SetFault, faults_of, text_faults
from tests.ecg.folders import ecgqa_folder, heart, ptbxl_folder, question
from tests.ecg.sets.test_mimic import mimic_folder


def only(found: tuple[SetFault, ...], kind: str) -> SetFault:
    (one,) = (fault for fault in found if fault.kind == kind)
    return one


def ptbxl(folder: Path, *rows: dict[str, Any]) -> PtbXl:
    return PtbXl(ptbxl_folder(folder / "ptbxl", rows))


REPLIES = (
    "Sure, please provide the ECG report that you would like me to translate.",
    "Of course! Please provide the text you'd like translated.",
    "The translation of the report is: sinus rhythm.",
    "I'm sorry, but there is no text to translate.",
    "As an AI language model, I cannot interpret ECGs.",
    "No text was provided.",
    "Here is the translated report: normal ECG.",
    "Bitte geben Sie den Text ein.",
    "I cannot assist with that.",
)
REPORTS = (
    "Sinus rhythm. Normal ECG.",
    "cannot rule out anterior infarct - age undetermined",
    "please correlate clinically",
    "sinusrhythmus bitte verlauf",
    "the text of the previous report is not available",
    "poor r wave progression - probable normal variant, sorry for the artefact",
)


@pytest.mark.parametrize("text", REPLIES)
def test_a_translators_words_to_its_user_are_no_report(text: str) -> None:
    assert only(text_faults({"a": text, "b": "sinus rhythm"}), "refusal").examples == ("a",)


def test_reports_are_not_taken_for_refusals() -> None:
    assert text_faults({str(n): text for n, text in enumerate(REPORTS)}) == ()


def test_empty_and_repeated_texts_are_counted() -> None:
    found = text_faults({"a": " ", "b": "Normal  ECG", "c": "normal ecg", "d": "normal ecg", "e": "{x} AF"})
    empty, repeated = only(found, "empty"), only(found, "duplicate")
    assert (empty.count, empty.of, empty.share) == (1, 5, 0.2)
    assert (repeated.count, repeated.examples) == (2, ("c", "d"))
    assert repeated.text == "2 of 5 reports repeat an earlier one; the commonest is 60%: 'normal ecg'"
    assert text_faults({}) == ()


def test_braces_in_a_repeated_text_do_no_harm() -> None:
    assert "'{0} {x} ecg'" in only(text_faults({"a": "{0} {x} ecg", "b": "{0} {x} ecg"}), "duplicate").text


def test_a_sound_folder_has_no_faults(tmp_path: Path) -> None:
    folder = ptbxl_folder(tmp_path, [{}, {}, {}])
    for number in (1, 2, 3):
        write_wfdb(heart(rate=500.0, seed=number), folder / "records500/00000", f"{number:05}_hr")
    assert faults_of(PtbXl(folder)) == ()


def test_patients_in_several_folds_are_told(tmp_path: Path) -> None:
    rows = [{"patient_id": patient, "strat_fold": fold} for patient, fold in ((7, 1), (7, 1), (8, 2), (8, 10))]
    found = only(faults_of(ptbxl(tmp_path, *rows), signals=False), "patients")
    assert (found.count, found.of, found.examples) == (1, 2, ("8",))


def test_missing_damaged_and_impossible_records_are_told_apart(tmp_path: Path) -> None:
    data = ptbxl(tmp_path, *[{} for _ in range(5)])
    home = data.root / "records100/00000"
    (home / "00001_lr.dat").unlink()
    (home / "00002_lr.hea").unlink()
    damaged = bytearray((home / "00003_lr.dat").read_bytes())
    damaged[0] ^= 1
    (home / "00003_lr.dat").write_bytes(bytes(damaged))
    flat = heart()
    write_wfdb(Ecg(flat.signal * 0, flat.leads, 100), home, "00004_lr")
    found = [one for one in faults_of(data) if "100 Hz" in one.text]
    assert [(one.kind, one.count, one.of) for one in found] == [("missing", 2, 5), ("damaged", 1, 3), ("samples", 1, 3)]
    assert "the checksum of the signal I" in found[1].examples[0]
    assert found[2].examples == ("00004_lr",)
    assert only(tuple(one for one in faults_of(data) if "500 Hz" in one.text), "missing").count == 5


def test_mimic_is_looked_at_too(tmp_path: Path) -> None:
    found = faults_of(MimicEcg(mimic_folder(tmp_path)))
    assert {one.kind: one.count for one in found} == {"empty": 1, "missing": 1}


def ecg_qa(folder: Path, *questions: dict[str, Any], **splits: list[int]) -> EcgQa:
    lists = {"train": [1], "valid": [4], "test": [10, 11, 12, 13], **splits}
    return EcgQa(ecgqa_folder(folder / "ecg-qa", questions, lists))


def test_sound_questions_have_no_faults(tmp_path: Path) -> None:
    none = question(3, template_id=2, question_type="single-query", answer=["none"])
    assert faults_of(ecg_qa(tmp_path, question(0), question(1), none)) == ()


def test_answers_that_are_not_legal_are_told(tmp_path: Path) -> None:
    data = ecg_qa(tmp_path, question(0, answer=["maybe"]), question(1, answer=["block (left, or right)"]))
    foreign, illegal = faults_of(data)
    assert (foreign.kind, foreign.examples) == ("answers", ("sample_id 0",))
    assert "official vocabulary" in foreign.text
    assert (illegal.kind, illegal.examples) == ("answers", ("sample_id 1",))
    assert "legal for their template" in illegal.text


def test_contradictions_and_repetitions_are_told(tmp_path: Path) -> None:
    again = question(0, sample_id=1)
    found = faults_of(ecg_qa(tmp_path, question(0), again, question(2), question(2, sample_id=3, answer=["no"])))
    assert {one.kind: (one.count, one.of) for one in found} == {"contradiction": (1, 2), "duplicate": (2, 2)}


def test_questions_without_text_or_answer_are_told(tmp_path: Path) -> None:
    found = faults_of(ecg_qa(tmp_path, question(0, answer=[]), question(1, question=" ")))
    assert only(found, "empty").count == 2


def test_ecgs_outside_their_split_or_in_two_are_told(tmp_path: Path) -> None:
    first, second = faults_of(ecg_qa(tmp_path, question(0), question(9), train=[1, 10, 11]))
    assert (first.kind, first.examples) == ("split", ("sample_id 9",))
    assert (second.kind, second.count, second.of) == ("split", 2, 6)


def test_patients_in_several_splits_are_told_where_the_records_are_known(tmp_path: Path) -> None:
    rows = [{"ecg_id": 1, "patient_id": 7}, {"ecg_id": 10, "patient_id": 7}, {"ecg_id": 11, "patient_id": 8}]
    data = ecg_qa(tmp_path, question(0))
    assert faults_of(data) == ()
    found = only(faults_of(data, records=ptbxl(tmp_path, *rows)), "patients")
    assert (found.count, found.of, found.examples) == (1, 2, ("7",))


def test_the_real_slice_has_only_what_it_is_known_for(test_data: Path) -> None:
    data = PtbXl(test_data / "ptbxl")
    found = {one.kind: one.count for one in faults_of(data)}
    assert found == {"duplicate": 207, "missing": 390}  # 500 Hz records are there for ten
    questions = EcgQa(test_data / "ecg-qa", variant="paraphrased", split="valid")
    assert faults_of(questions, records=data) == ()
