"""The agreement report: what it says, where it is silent, and that nothing in it is trusted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from ecg_bench import evaluate
from ecg_bench.agreement import Agreement, agreement
from ecg_bench.errors import UserError
from ecg_bench.ratings import NO_ANSWER, Rating, Scale, write_ratings
from ecg_bench.schemas import load_schemas
from tests.agreement.making import FOUR, JUDGE, TWO, marks, noisy

THREE = Scale.even(["incorrect", "partially correct", "correct"])


def study_audit() -> tuple[list[Rating], list[Rating]]:
    """The judge audit of ECG-LLM (arXiv 2510.18339, appendix D): 417 answers judged, 211 passed, 20 rated."""
    human = [2] * 13 + [2, 2, 2, 1, 0, 0, 0]
    verdicts = [1] * 13 + [0] * 7 + [1] * 198 + [0] * 199
    return marks(human, scale=THREE), marks(verdicts, scale=TWO, judge=True)


def stats(record: Any) -> Iterator[dict[str, Any]]:
    """Every statistic of a report."""
    if isinstance(record, dict):
        if "reason" in record and "clusters" in record:
            yield record
        for value in record.values():
            yield from stats(value)
    elif isinstance(record, list):
        for value in record:
            yield from stats(value)


def test_the_audit_of_the_study_is_corrected_to_what_its_numbers_bear() -> None:
    found = agreement(*study_audit())
    (one,) = [c for c in found.corrected if c.target == "share 'correct'"]
    (system,) = one.systems
    assert system.judge.value == pytest.approx(211 / 417)
    assert system.corrected.value == pytest.approx(0.72, abs=0.005)
    assert system.corrected.low == pytest.approx(0.54, abs=0.01)
    assert system.corrected.high == pytest.approx(0.87, abs=0.01)
    assert system.corrected.method == "poststrat_jeffreys"
    assert system.human.value == pytest.approx(0.8)
    top = {s.name: s for s in found.judges[0].with_gold.thresholds[-1].stats}
    assert top["ppv"].value == 1
    assert top["false_omission"].value == pytest.approx(3 / 7)
    assert (round(top["false_omission"].low or 0, 2), round(top["false_omission"].high or 0, 2)) == (0.16, 0.75)
    assert top["kappa"].value == pytest.approx(0.63415, abs=1e-5)
    codes = {w.code for w in found.warnings}
    assert codes >= {"FEW_ITEMS", "FEW_CLUSTERS", "SINGLE_RATER", "NO_REPEATS", "UNKNOWN_SAMPLING"}
    assert "SKEWED_SAMPLE" not in codes  # 13 of 20 is no unlikely draw from 50.6 %


def test_a_report_fits_its_schema_and_is_the_same_each_time(tmp_path: Path) -> None:
    humans, judges = noisy(80, seed=2, raters=2)
    first, second = agreement(humans, judges), agreement(humans, judges)
    assert first == second
    jsonschema.validate(first.model_dump(mode="json"), load_schemas()["agreement"])
    first.write(tmp_path)
    assert json.loads((tmp_path / "agreement.json").read_text())["criterion"] == "correctness"
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"agreement.json", "agreement.html", "statistics.csv", "corrected.csv", "plots"}
    plots = {path.name.split("-")[0].removesuffix(".svg") for path in (tmp_path / "plots").iterdir()}
    assert plots >= {"coverage", "table", "coefficients", "errors", "corrected"}


def test_every_statistic_has_n_and_either_an_interval_or_a_reason() -> None:
    humans, judges = noisy(60, seed=4, raters=3)
    cases = [
        agreement(humans, judges),
        agreement(*study_audit()),
        agreement(marks([3] * 30), marks([3] * 30, judge=True)),
        agreement(marks([3, 0]), marks([2, 1], judge=True)),
        agreement(marks([3, 0]), marks([1, 0], system="another", judge=True)),
        agreement(marks([3, 0, None]), []),
    ]
    for one in cases:
        for stat in stats(one.model_dump(mode="json")):
            assert stat["n"] >= 0
            if stat["value"] is None:
                assert stat["low"] is stat["high"] is None
                assert stat["reason"]
            elif stat["low"] is None:
                assert stat["reason"]
            else:
                assert stat["low"] <= stat["value"] + 1e-9
                assert stat["value"] <= stat["high"] + 1e-9
                assert stat["method"]


def test_where_all_agree_on_one_level_no_coefficient_is_one() -> None:
    found = agreement(marks([3] * 30), marks([3] * 30, judge=True))
    values = {s.name: s.value for s in found.judges[0].with_gold.stats}
    assert values.pop("exact_agreement") == 1
    assert values.pop("adjacent_agreement") == 1
    kappas = {name: v for name, v in values.items() if name.startswith(("kappa", "alpha", "tau", "spearman"))}
    assert kappas
    assert set(kappas.values()) == {None}


def test_perfect_agreement_is_not_printed_with_an_interval_of_no_width() -> None:
    found = agreement(marks([3, 0, 2, 1] * 10), marks([3, 0, 2, 1] * 10, judge=True))
    for stat in stats(found.model_dump(mode="json")):
        if stat["value"] is not None and stat["low"] is not None:
            assert stat["high"] - stat["low"] > 1e-6


def test_what_a_stratified_sample_says_is_weighted_back_to_all_answers() -> None:
    rng = np.random.default_rng(0)
    truth = rng.choice(4, 3000, p=[0.3, 0.1, 0.1, 0.5])
    verdict = np.where(rng.random(3000) < 0.4, np.maximum(truth - 1, 0), truth)
    passed = verdict == 3
    inclusion = np.where(passed, 0.05, 0.4)
    drawn = rng.random(3000) < inclusion
    humans = [
        replace(one, inclusion=float(inclusion[n]), stratum=str(bool(passed[n])))
        for n, one in enumerate(marks(truth.tolist()))
        if drawn[n]
    ]
    found = agreement(humans, marks(verdict.tolist(), judge=True))
    assert found.design.sampling == "stratified"
    sensitivity = {s.name: s for s in found.judges[0].with_gold.thresholds[-1].stats}["sensitivity"]
    true = float((passed & (truth == 3)).sum() / (truth == 3).sum())
    raw = float((passed & (truth == 3) & drawn).sum() / ((truth == 3) & drawn).sum())
    assert sensitivity.value == pytest.approx(true, abs=0.06)
    assert abs(raw - true) > 0.2
    (share,) = [c for c in found.corrected if c.target == "share 'correct'"]
    score = share.systems[0].corrected
    assert score.value == pytest.approx(0.5, abs=0.05)
    assert score.low is not None
    assert score.high is not None
    assert score.low < 0.5 < score.high
    assert share.systems[0].human.value == pytest.approx(0.5, abs=0.07)


def test_a_census_needs_no_correction() -> None:
    humans, judges = noisy(100, seed=7)
    found = agreement(humans, judges)
    assert found.design.sampling == "census"
    for one in found.corrected:
        for system in one.systems:
            assert system.corrected.value == pytest.approx(system.human.value)


def test_systems_without_ratings_are_corrected_only_if_borrowing_is_declared() -> None:
    humans, judges = noisy(300, seed=1, systems=("system A", "system B", "system C"))
    humans = [one for one in humans if one.system != "system C" and int(one.sample[1:]) % 2]

    def of_c(report: Agreement) -> Any:
        (share,) = [one for one in report.corrected if one.target == "share 'correct'"]
        return next(one for one in share.systems if one.system == "system C")

    alone = of_c(agreement(humans, judges))
    assert alone.corrected.value is None
    assert alone.corrected.reason
    assert alone.rank_low is None
    borrowed = of_c(agreement(humans, judges, borrow=True))
    assert borrowed.corrected.method == "rogan_gladen_lee"
    assert borrowed.corrected.value is not None


def test_systems_share_a_letter_exactly_where_they_are_not_told_apart() -> None:
    humans, judges = noisy(150, seed=9, systems=("a", "b", "c", "d"))
    found = agreement([one for one in humans if int(one.sample[1:]) % 2], judges)
    for one in found.corrected:
        shared = {s.system: set(s.letters) for s in one.systems}
        for pair in one.comparisons:
            assert bool(shared[pair.first] & shared[pair.second]) == (pair.p_holm >= 0.05)


def test_an_error_that_grows_with_length_is_seen() -> None:
    humans = [replace(one, answer="word " * (2 + n)) for n, one in enumerate(marks([3] * 60))]
    judges = [replace(one, answer="word " * (2 + n)) for n, one in enumerate(marks([3] * 30 + [1] * 30, judge=True))]
    length = agreement(humans, judges).judges[0].length
    assert length is not None
    assert length.slope.high is not None
    assert length.slope.high < 0
    assert [one["words"] for one in length.bins] == sorted(one["words"] for one in length.bins)


def test_declared_sampling_must_not_contradict_the_ratings() -> None:
    humans, judges = noisy(60, seed=4)
    some = [replace(one, inclusion=0.5) for one in humans if int(one.sample[1:]) % 2]
    assert agreement(some, judges).design.sampling == "random"
    with pytest.raises(UserError, match="random sample"):
        agreement(some, judges, sampling="stratified")


PLANTED = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


def test_nothing_that_was_read_becomes_markup(tmp_path: Path) -> None:
    humans, judges = noisy(40, seed=3, systems=(f"A{PLANTED}", "B"), raters=2)
    humans = [
        replace(one, rater=one.rater + PLANTED, topic=PLANTED, question=PLANTED, comment=PLANTED) for one in humans
    ]
    judges = [replace(one, rater=f"judge{PLANTED}", topic=PLANTED) for one in judges]
    agreement(humans, judges).write(tmp_path)
    pages = [tmp_path / "agreement.html", *(tmp_path / "plots").iterdir()]
    for page in pages:
        text = page.read_text()
        assert "<script" not in text
        assert "<img" not in text
        assert "&lt;script&gt;" in text or page.suffix == ".svg"
        assert page.resolve().is_relative_to(tmp_path.resolve())
    assert not re.search(r"(src|href)=[\"']?https?:", pages[0].read_text())


def test_ratings_and_verdicts_in_one_table_are_told_apart(tmp_path: Path) -> None:
    humans, judges = study_audit()
    write_ratings(tmp_path / "both.csv", [*humans, *judges])
    path = tmp_path / "both.csv"
    assert agreement([path], [path]).counts == agreement(humans, judges).counts
    assert agreement([path]).counts["judges"] == 1


def test_a_table_without_verdicts_is_no_judgement(tmp_path: Path) -> None:
    write_ratings(tmp_path / "humans.csv", marks([3, 0]))
    write_ratings(tmp_path / "ratings.csv", marks([3, 0]))
    with pytest.raises(UserError, match="holds no verdict"):
        agreement([tmp_path / "ratings.csv"], [tmp_path / "humans.csv"])


def test_the_judge_is_compared_by_its_own_scale_where_it_is_another() -> None:
    found = agreement(marks([3, 2, 0, 3] * 10), marks([1, 0, 0, 1] * 10, scale=TWO, judge=True))
    pair = found.judges[0].with_gold
    assert pair.table is None
    assert [one.level for one in pair.thresholds] == list(FOUR.levels[1:])
    assert {s.name for s in pair.stats} == {"tau_b", "spearman"}
    assert found.judges[0].name == JUDGE


def test_answers_that_were_not_there_are_wrong_for_sure_and_not_corrected_upwards() -> None:
    """Half of the answers are missing; of those that are there and fail, the human accepts half."""
    verdicts = [*marks([3] * 30 + [0] * 30, judge=True), *marks([0] * 60, judge=True, first=60, comment=NO_ANSWER)]
    humans = [*marks([3] * 10), *marks([3, 0] * 5, first=30)]
    (share,) = [one for one in agreement(humans, verdicts).corrected if one.target == "share 'correct'"]
    (system,) = share.systems
    assert system.corrected.value == pytest.approx(45 / 120, abs=0.02)
    assert (system.judged, system.rated) == (120, 20)
    nobody = [*verdicts, *marks([3, 0], system="system B", judge=True)]
    (share,) = [one for one in agreement(humans, nobody).corrected if one.target == "share 'correct'"]
    assert {one.system: one.corrected.value is None for one in share.systems} == {"system A": False, "system B": True}


def test_a_run_that_nobody_judged_or_scored_is_no_judgement(tmp_path: Path) -> None:
    run = evaluate("baseline/bm25", "ecg/open-factual", out=tmp_path / "run", limit=3, quiet=True)
    with pytest.raises(UserError, match="no verdict and no score"):
        agreement(marks([3, 0]), [run])
