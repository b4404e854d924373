"""The shipped electrocardiography pack is what its card says."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import Any

import pytest

from ecg_bench.domains import Corpus, find_domains, find_tasks
from ecg_bench.samples import Sample
from ecg_bench.tasks.ecg.computed import build, recompute
from ecg_bench.validation import validate_pack

SIZES = {"mcq-general": 500, "mcq-special": 150, "mcq-checked": 120, "open-factual": 100, "open-complex": 60}
# What the issue of record asks the corpus to cover, each with documents that do.
COVERAGE = {
    "rate and rhythm": ["rate-and-rhythm"],
    "axis": ["electrical-axis"],
    "intervals and QTc": ["pr-and-qrs-intervals", "qt-interval"],
    "hypertrophy": ["left-ventricular-hypertrophy", "right-ventricular-hypertrophy", "atrial-abnormality"],
    "conduction": ["left-bundle-branch-block", "right-bundle-branch-block", "fascicular-blocks", "aberrant-conduction"],
    "ischaemic territories": [
        *("anterior-infarction", "inferior-infarction", "lateral-infarction"),
        *("posterior-infarction", "right-ventricular-infarction", "subendocardial-ischaemia"),
    ],
    "STEMI equivalents and mimics": ["stemi-equivalents", "stemi-mimics"],
    "bradyarrhythmia": ["atrioventricular-block", "sinus-node-dysfunction", "escape-and-junctional-rhythms"],
    "supraventricular tachycardia": [
        *("atrial-fibrillation", "atrial-flutter", "sinus-and-atrial-tachycardia"),
        *("av-nodal-reentrant-tachycardia", "pre-excitation-and-avrt"),
    ],
    "ventricular tachycardia": [
        *("wide-complex-tachycardia", "monomorphic-ventricular-tachycardia", "polymorphic-vt-and-fibrillation"),
    ],
    "channelopathies": ["long-qt-syndrome", "brugada-syndrome", "short-qt-cpvt-and-early-repolarisation"],
    "electrolytes": ["potassium", "calcium-and-magnesium"],
    "drugs": ["digoxin", "antiarrhythmic-drugs", "toxicology"],
    "pericardium and myocardium": ["pericarditis", "effusion-and-low-voltage", "myocarditis-and-takotsubo"],
    "pacemakers": ["pacemaker-basics", "pacemaker-malfunction"],
    "artefacts and misplacement": ["artefacts", "lead-misplacement"],
    "children, athletes, technique": ["paediatric-ecg", "athletes-ecg", "recording-technique"],
}


@cache
def samples(task: str) -> tuple[Sample, ...]:
    (found,) = find_tasks([f"ecg/{task}"])
    return tuple(found.dataset)


def corpus() -> Corpus:
    found = find_domains()["ecg"].corpus
    assert found is not None
    return found


def test_the_validator_finds_nothing_wrong() -> None:
    report = validate_pack(find_domains()["ecg"])
    assert [str(problem) for problem in report.problems] == []
    assert report.documents >= 30
    assert report.words >= 30_000
    assert report.core_documents >= 10


@pytest.mark.parametrize(("task", "least"), SIZES.items())
def test_the_sets_have_their_sizes(task: str, least: int) -> None:
    assert len(samples(task)) >= least


@pytest.mark.parametrize("subject", COVERAGE)
def test_the_corpus_covers_its_subjects(subject: str) -> None:
    assert set(COVERAGE[subject]) <= set(corpus().by_id)


def test_general_items_stem_from_every_document_and_special_ones_from_core_documents_only() -> None:
    documents = {sample.group.split("#")[0] for sample in samples("mcq-general")}
    assert documents == set(corpus().by_id)
    assert all(corpus().by_id[sample.group.split("#")[0]].card.core for sample in samples("mcq-special"))


def test_every_topic_has_items() -> None:
    asked = Counter(sample.topic for task in SIZES for sample in samples(task))
    assert set(asked) == set(find_domains()["ecg"].card.topics)


def test_no_text_is_cut_or_left_open() -> None:
    for document in corpus():
        for passage in document.passages:
            assert passage.text.rstrip().endswith((".", "!", "?", ")")), passage.id
            assert not {"TODO", "FIXME", "http"} & set(passage.text.split()), passage.id


def computed() -> list[dict[str, Any]]:
    return [dict(sample.fields) for sample in samples("mcq-checked") if "computation" in sample.fields]


def test_the_shipped_computed_items_are_what_the_code_makes() -> None:
    assert json.loads(json.dumps(build())) == computed()


def test_every_computed_key_is_recomputed_from_the_stored_inputs() -> None:
    assert len(computed()) >= 60
    for row in computed():
        answer = recompute(row["computation"])
        assert [text for text in row["options"] if text == answer] == [answer], row["id"]
        assert row["options"]["ABCD".index(row["key"])] == answer, row["id"]
        assert set(row["errors"]) == set("ABCD") - {row["key"]}, row["id"]
        assert all(row["errors"].values())


def test_the_formulas_that_were_asked_for_are_there() -> None:
    rules = {row["computation"]["rule"] for row in computed()}
    assert {f"qtc_{name}" for name in ("bazett", "fridericia", "framingham", "hodges")} <= rules
    assert {
        "rate_large_squares",
        "axis_isoelectric",
        "cornell_voltage",
        "sokolow_lyon",
        "sgarbossa",
        "smith_ratio",
    } <= rules
    assert {"pr_interval", "qrs_duration"} <= rules


def test_another_seed_makes_other_items_that_hold_as_well() -> None:
    rows = build(seed=1)
    assert rows != build()
    assert build(seed=1) == rows
    for row in rows:
        assert row["options"]["ABCD".index(row["key"])] == recompute(row["computation"])
        assert len(set(row["options"])) == 4


def test_sourced_items_name_two_publishers_with_addresses() -> None:
    sourced = [sample for sample in samples("mcq-checked") if "sources" in sample.fields]
    assert len(sourced) >= 50
    for sample in sourced:
        sources = sample.fields["sources"]
        assert len({source["publisher"] for source in sources}) >= 2, sample.id
        assert all(source["url"].startswith(("https://", "http://")) for source in sources), sample.id


def test_the_card_says_that_no_clinician_has_reviewed_the_items() -> None:
    for _, card in find_domains()["ecg"].task_cards.values():
        assert "No clinician has reviewed" in card.verified
