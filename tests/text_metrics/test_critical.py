"""Critical tokens are found, brought to one form, and compared by what they are said of."""

from __future__ import annotations

import json
import re
import time
from importlib import resources
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg_bench.errors import UserError
from ecg_bench.text_metrics import TEXT_METRICS, Pair
from ecg_bench.text_metrics.critical import Critical, Kind, compare, critical_tokens, load_words

DATA = resources.files("ecg_bench.tasks") / "ecg" / "data"
ITEMS = [json.loads(line) for name in ("open-complex", "open-factual") for line in (DATA / f"{name}.jsonl").open("rb")]
REFERENCES = [item["reference"] for item in ITEMS]
KEY_POINTS = [point for item in ITEMS for point in item["key_points"]]


def values(text: str, kind: Kind) -> list[str]:
    return [token.value for token in critical_tokens(text) if token.kind is kind]


# --- what is found ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no ST elevation in V1", ["no st elevation"]),
        ("There is no evidence of significant ST-segment elevation", ["no st elevation"]),
        ("tachycardia without visible P waves", ["no p"]),
        ("P waves are absent", ["no p"]),
        ("absence of P waves", ["no p"]),
        ("absent P waves", ["no p"]),
        ("Q waves are not seen in the inferior leads", ["no q"]),
        ("The patient denies chest pain.", ["no chest pain"]),
        ("Troponin was negative for myocardial necrosis", ["no myocardi necrosi"]),
        ("no Q waves, ST elevation or T inversion, but a long QT", ["no q", "no st elevation", "no t inverted"]),
        ("no Q waves however ST elevation", ["no q"]),
        ("Neither syncope nor dyspnoea", ["no syncop", "no dyspnoea"]),
        ("Atropine does not help", ["no atropin help"]),
        ("It never conducts retrogradely", ["no conduct retrograde"]),
        ("Ventricular tachycardia is excluded", ["no ventricular tachycardia"]),
        ("The long PR rules out pre-excitation", ["no pre excit"]),
        ("It isn't sinus rhythm", ["no sinu rhythm"]),
        ("no fever and chills", ["no fever"]),
    ],
)
def test_a_negation_is_found_with_what_it_negates(text: str, expected: list[str]) -> None:
    assert values(text, Kind.NEGATION) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Hyperkalaemia cannot be excluded",
        "A normal tracing does not exclude infarction",
        "Atrial fibrillation should be excluded by monitoring",
        "Monitoring is needed to rule out atrial fibrillation",
        "not only the QRS but the QT",
        "whether or not pacing is needed",
        "There is no doubt",
        "The notch and the note on the monitor",
    ],
)
def test_what_denies_nothing_is_no_negation(text: str) -> None:
    assert values(text, Kind.NEGATION) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This is not uncommon", ["common"]),
        ("The rhythm is not regular", ["irregular"]),
        ("non-sustained runs", ["unsustained"]),
        ("nonspecific changes", ["unspecific"]),
        ("The PR is prolonged", ["long"]),
        ("a broad QRS", ["wide"]),
        ("left axis deviation", ["left"]),
        ("ischaemic heart disease with hyperkalaemia", ["hyperkalemia"]),
    ],
)
def test_directions_have_one_name_and_can_be_turned_round(text: str, expected: list[str]) -> None:
    assert values(text, Kind.DIRECTION) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.12 s", "120 ms"),
        ("0,12 s", "120 ms"),
        ("120ms", "120 ms"),
        ("120-ms", "120 ms"),
        ("0.12 seconds", "120 ms"),
        ("120-200 ms", "120–200 ms"),
        ("120 to 200 ms", "120–200 ms"),
        ("0.12–0.20 s", "120–200 ms"),
        ("between 120 and 200 ms", "120–200 ms"),
        ("120 ms to 0.2 s", "120–200 ms"),
        ("150/min", "150 /min"),
        ("150 bpm", "150 /min"),
        ("150 beats per minute", "150 /min"),
        ("5 %", "5 %"),
        ("5 per cent", "5 %"),
        ("three", "3"),
        ("twenty-four hours", "24 h"),
        ("one day", "24 h"),
        ("1,000 beats", "1000"),
        ("2:1", "2:1"),
        ("85/60 mmHg", "85/60"),
        ("-60 degrees", "-60 °"),
        ("−30°", "-30 °"),
        ("1 mV", "1 mV"),
        ("1000 µV", "1 mV"),
        ("10 mm", "10 mm"),
        ("1 cm", "10 mm"),
        ("30 °C", "30 °C"),
        ("40 mm·ms", "40 mm·ms"),
        ("first-degree", "1"),
        ("3rd degree", "3"),
        ("Mobitz II", "2"),
        ("class Ic", "1c"),
    ],
)
def test_numbers_are_brought_to_one_form(text: str, expected: str) -> None:
    assert values(text, Kind.NUMBER) == [expected]


def test_numbers_of_a_list_are_none() -> None:
    assert values("1. Wide QRS\n2. Long PR\n3) Q waves", Kind.NUMBER) == []


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("≥ 120 ms", "≥"),
        (">= 120 ms", "≥"),
        ("> 120 ms", "≥"),
        ("at least 120 ms", "≥"),
        ("120 ms or more", "≥"),
        ("more than about 120 ms", "≥"),
        ("no less than 120 ms", "≥"),
        ("must exceed 120 ms", "≥"),
        ("<120 ms", "≤"),
        ("no more than 120 ms", "≤"),
        ("must not exceed 120 ms", "≤"),
        ("120 ms or less", "≤"),
        ("within 12 hours", "≤"),
    ],
)
def test_comparators_point_up_or_down(text: str, side: str) -> None:
    assert values(text, Kind.COMPARATOR) == [side]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("V1-V3", ["V1", "V2", "V3"]),
        ("V1 to V4", ["V1", "V2", "V3", "V4"]),
        ("V1–3", ["V1", "V2", "V3"]),
        ("leads II, III and aVF", ["II", "III", "aVF"]),
        ("in I and aVL", ["I", "aVL"]),
        ("lead I", ["I"]),
        ("leads I-III", ["I", "II", "III"]),
        ("V3R, V4R and V7 to V9", ["V3R", "V4R", "V7", "V8", "V9"]),
        ("the inferior leads", ["II", "III", "aVF"]),
        ("R in I plus S in III", ["I", "III"]),
        ("AVR and avl", ["aVR", "aVL"]),
        ("I think it is benign", []),
        ("Mobitz II block", []),
        ("type I or II", []),
        ("class III drugs", []),
        ("class II and IV drugs", []),
        ("Ia and III: torsades", []),
        ("troponin I", []),
    ],
)
def test_leads_are_told_from_what_looks_like_them(text: str, expected: list[str]) -> None:
    assert values(text, Kind.LEAD) == expected


def test_a_token_stands_where_it_says() -> None:
    for text in REFERENCES:
        for token in critical_tokens(text):
            assert text[token.start : token.end] == token.text


# --- what is compared -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "reference", "kind"),
    [
        ("no ST elevation", "ST elevation", Kind.NEGATION),
        ("There is no ST elevation in V1.", "The tracing shows ST elevation in V1.", Kind.NEGATION),
        ("Q waves are present.", "No Q waves.", Kind.NEGATION),
        ("P waves are present.", "P waves are absent.", Kind.NEGATION),
        ("Atropine helps.", "Atropine does not help.", Kind.NEGATION),
        ("VT cannot be excluded.", "VT is excluded.", Kind.NEGATION),
        ("The rhythm is not regular.", "The rhythm is regular.", Kind.DIRECTION),
        ("ST depression in V5", "ST elevation in V5", Kind.DIRECTION),
        ("right bundle branch block", "left bundle branch block", Kind.DIRECTION),
        ("shortened PR", "The PR is prolonged.", Kind.DIRECTION),
        ("a narrow QRS complex", "The QRS is broad.", Kind.DIRECTION),
        ("inverted T waves", "T waves are upright.", Kind.DIRECTION),
        ("Hypokalaemia", "hyperkalaemia", Kind.DIRECTION),
        ("supraventricular tachycardia", "ventricular tachycardia", Kind.DIRECTION),
        ("≤ 120 ms", "≥ 120 ms", Kind.COMPARATOR),
        ("The QRS must not exceed 120 ms.", "The QRS is at least 120 ms.", Kind.COMPARATOR),
        ("QRS 180 ms", "QRS 80 ms", Kind.NUMBER),
        ("a QRS duration of 0.08 s", "QRS 180 ms", Kind.NUMBER),
        ("third-degree block", "first-degree block", Kind.NUMBER),
        ("Mobitz type I block", "Mobitz II block", Kind.NUMBER),
        ("flutter with 3:1 conduction", "flutter with 2:1 conduction", Kind.NUMBER),
        ("ST elevation in V4-V6", "ST elevation in V1-V3", Kind.LEAD),
        ("V4-V6", "V1-V3", Kind.LEAD),
    ],
)
def test_a_contradiction_is_seen_from_both_sides(answer: str, reference: str, kind: Kind) -> None:
    assert kind in {pair.kind for pair in compare(answer, reference).contradicted}
    assert kind in {pair.kind for pair in compare(reference, answer).contradicted}


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("QRS of 120 ms", "The QRS is 0.12 s"),
        ("changes in the inferior leads", "changes in II, III and aVF"),
        ("a rate of 150 bpm", "a rate of 150/min"),
        ("No Q waves are seen.", "Q waves are absent."),
        ("The rhythm is irregular.", "The rhythm is not regular."),
        ("No ST elevation in V5, but ST elevation in V1.", "ST elevation in V1, but no ST elevation in V5."),
        ("ischemia with hyperkalemia", "ischaemia with hyperkalaemia"),
    ],
)
def test_the_same_in_other_words_is_the_same(answer: str, reference: str) -> None:
    assert not compare(answer, reference)


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("QRS of 140 ms", "QRS above 120 ms"),
        ("a rate of 50/min", "a rate of 40 to 60/min"),
        ("ST depression in aVL", "no reciprocal depression"),
        ("ST depression", "no ST elevation"),
        ("PR 180 ms", "QRS 80 ms"),
        ("S of 10 mm", "S of 1 mV"),
        ("left ventricular hypertrophy", "right coronary artery"),
    ],
)
def test_what_may_both_be_true_is_no_contradiction(answer: str, reference: str) -> None:
    assert compare(answer, reference).contradicted == ()


def test_exchanged_numbers_are_seen_though_both_texts_hold_the_same() -> None:
    assert compare("QRS 180 ms, PR 80 ms", "QRS 80 ms, PR 180 ms").by_kind() == {Kind.NUMBER: (2, 0, 0)}


def test_what_is_missing_and_added_is_told_apart() -> None:
    difference = compare("ST elevation in V1 to V4", "ST elevation in V1 to V3 with no Q waves")
    assert [token.value for token in difference.missing] == ["no q"]
    assert [token.value for token in difference.added] == ["V4"]
    assert difference.recall == 4 / 5
    assert difference.describe() == "missing, negation: “no Q”\nadded, lead: “V1 to V4”"


def test_a_contradiction_says_what_stands_against_what() -> None:
    (pair,) = compare("QRS 180 ms", "QRS 80 ms").contradicted
    assert str(pair) == "number: “180 ms” where the reference has “80 ms”"


def spread(text: str) -> str:
    return re.sub(r" (?!\d|-)", " \n\t", text)


@pytest.mark.parametrize("change", [str, str.upper, str.lower, spread])
def test_no_shipped_text_differs_from_itself_whatever_its_case_and_blanks(change) -> None:  # type: ignore[no-untyped-def]
    for text in (*REFERENCES, *KEY_POINTS):
        assert not compare(change(text) + " ", text), text


def test_the_order_of_sentences_does_not_matter() -> None:
    for text in REFERENCES:
        parts = [part.rstrip(".;") + "." for part in re.split(r"(?<=[.;]) ", text)]
        Random(0).shuffle(parts)
        assert not compare(" ".join(parts), text), text


CLAUSES = st.sampled_from(
    [
        "ST elevation in V1",
        "no Q waves",
        "QRS 120 ms",
        "PR of at least 0.2 s",
        "left axis deviation",
        "P waves are absent",
    ]
)


@given(st.lists(CLAUSES, min_size=1, max_size=6, unique=True), st.randoms())
def test_the_order_of_clauses_does_not_matter(clauses: list[str], random: Random) -> None:
    shuffled = list(clauses)
    random.shuffle(shuffled)
    assert not compare("; ".join(shuffled), "; ".join(clauses))


@given(st.text(max_size=200), st.text(max_size=200))
@settings(max_examples=300)
def test_any_text_can_be_compared_and_the_counts_add_up(answer: str, reference: str) -> None:
    difference = compare(answer, reference)
    assert 0 <= difference.matched <= difference.expected == len(critical_tokens(reference))
    assert difference.recall is None or 0 <= difference.recall <= 1
    assert not compare(reference, reference)


def test_few_key_points_seem_to_contradict_the_reference_they_were_taken_from() -> None:
    """A rule on words can't know that "worse" and "better" are said of different things; it must stay rare."""
    false = sum(bool(compare(item["reference"], point).contradicted) for item in ITEMS for point in item["key_points"])
    assert false / len(KEY_POINTS) < 0.07


# --- speed ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unit",
    [
        "no ST elevation in V1 and 120 ms. ",
        *(pytest.param(unit, marks=pytest.mark.slow) for unit in ("no ", "V1-", "1-", "I, II, ", "no a, ", "(", "\n ")),
    ],
)
def test_time_grows_no_faster_than_the_text(unit: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        started = time.process_time()
        compare(text, text.replace("elevation", "depression").replace("120", "80").replace("V1", "V2") + "x")
        return time.process_time() - started

    seconds(10_000)
    assert seconds(100_000) < 30 * max(seconds(10_000), 0.1)  # ten times the text; quadratic would be 100 times


# --- the metric -------------------------------------------------------------------------------------------------------


def test_the_metric_counts_and_names_its_tables() -> None:
    metric = TEXT_METRICS.get("critical")()
    assert isinstance(metric, Critical)
    assert metric.diagnostic
    assert metric.signature == f"critical|version:1|words:{load_words().digest}"
    found = metric.compare(
        [
            Pair("no ST elevation", "ST elevation"),
            Pair("QRS 180 ms", "QRS 80 ms"),
            Pair("Sinus rhythm", "Sinus rhythm"),
            Pair("", "QRS 80 ms"),
        ]
    )
    assert found.scores["critical_contradicted"].tolist() == [1, 1, 0, 0]
    assert found.scores["critical_missing"].tolist() == [0, 0, 0, 0]
    assert found.scores["critical_added"].tolist() == [0, 0, 0, 0]
    assert found.scores["critical_recall"].tolist() == [1, 0, 1, 0]
    assert found.flags["critical_none"].tolist() == [False, False, True, False]
    pooled = metric.aggregates["critical_recall_pooled"]
    assert pooled(found.statistics["critical_recall_pooled"].sum(axis=0)) == pytest.approx(1 / 3)
    assert pooled(np.zeros((2, 2))).tolist() == [1, 1]


def test_other_tables_give_another_signature_and_other_tokens(tmp_path: Path) -> None:
    own = tmp_path / "words.yaml"
    shipped = (resources.files("ecg_bench.text_metrics.critical") / "words.yaml").read_text()
    own.write_text(shipped.replace("opposites:\n", "opposites:\n  - rows:\n      - [mitral, tricuspid]\n", 1))
    assert Critical(words=own).signature != Critical().signature
    assert compare("mitral regurgitation", "tricuspid regurgitation", words=own).contradicted
    assert not compare("mitral regurgitation", "tricuspid regurgitation").contradicted


@pytest.mark.parametrize("content", ["opposites: []", "- 1", "a: [", "units: 3"])
def test_a_wrong_file_of_words_is_refused_in_one_sentence(tmp_path: Path, content: str) -> None:
    own = tmp_path / "words.yaml"
    own.write_text(content)
    with pytest.raises(UserError, match=r"words\.yaml"):
        Critical(words=own)


def test_a_missing_file_of_words_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't be read"):
        Critical(words=tmp_path / "none.yaml")


def test_no_form_stands_in_two_groups_of_opposites() -> None:
    """The first would win silently."""
    import yaml

    tables = yaml.safe_load((resources.files("ecg_bench.text_metrics.critical") / "words.yaml").read_text())
    forms = [form for group in tables["opposites"] for row in group["rows"] for form in row if form]
    assert sorted(forms) == sorted(set(forms))
