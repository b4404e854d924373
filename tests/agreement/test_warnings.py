"""Every warning of a report has a case that triggers it, and a large honest sample triggers none of them by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ecg_bench.agreement import Agreement, agreement
from ecg_bench.agreement._warnings import of_models
from ecg_bench.ratings import Rating
from tests.agreement.making import JUDGE, marks, noisy

Case = Callable[[], Agreement]


def report(humans: list[Rating], judges: list[Rating], **options: object) -> Agreement:
    return agreement(humans, judges, **options)  # type: ignore[arg-type]


def half_rated(n: int = 200, **how: object) -> tuple[list[Rating], list[Rating]]:
    humans, judges = noisy(n, seed=1, **how)  # type: ignore[arg-type]
    return [one for one in humans if int(one.sample[1:]) % 2], judges


def one_class() -> Agreement:
    return report(marks([3] * 40), marks([3, 2] * 20, judge=True))


def prevalence() -> Agreement:
    return report(marks([3] * 95 + [0] * 5), marks([3] * 90 + [0] * 5 + [3] * 5, judge=True))


def few() -> Agreement:
    return report(marks([3, 0, 2]), marks([3, 0, 1], judge=True))


def no_overlap() -> Agreement:
    return report(marks([3, 0, 2]), marks([3, 0, 1], system="System-A", judge=True))


def low_overlap() -> Agreement:
    return report(marks([3, 0, 2, 1] * 10), marks([3, 0, 2, 1] * 3, judge=True))


def unknown_sampling() -> Agreement:
    return report(*half_rated())


def skewed() -> Agreement:
    humans, judges = noisy(200, seed=1, systems=("system A",))
    passed = {one.sample for one in judges if one.level == "correct"}
    kept = [one for one in humans if one.sample in passed][:40] + [one for one in humans if one.sample not in passed][
        :6
    ]
    return report(kept, judges)


def weak() -> Agreement:
    return report(marks([3, 0] * 60), marks([3, 3, 0, 0] * 30, judge=True))


def borrowed() -> Agreement:
    humans, judges = noisy(200, seed=1, systems=("system A", "system B", "system C"))
    return report([one for one in humans if one.system != "system C"], judges, borrow=True)


def delta() -> Agreement:
    humans = [*marks([3, 0] * 60), *marks([3, 0] * 60, system="system B")]
    judges = [*marks([3, 0] * 60, judge=True), *marks([3, 3, 0, 0] * 30, system="system B", judge=True)]
    return report(humans, judges)


def misaligned() -> Agreement:
    return report([replace(one, answer="another") for one in marks([3, 0] * 20)], marks([3, 0] * 20, judge=True))


def duplicates() -> Agreement:
    return report(
        [replace(one, answer="the same") for one in [*marks([3, 0] * 20), *marks([3, 0] * 20, system="B")]], []
    )


def double_marks() -> Agreement:
    return report([*marks([3, 0] * 20), replace(marks([0], first=40)[0], levels=("incorrect", "correct"))], [])


def unused() -> Agreement:
    return report(marks([3, 0] * 20), marks([3, 0] * 20, judge=True))


def tuned() -> Agreement:
    return report(*half_rated(), tuned_on=["pack/open/q1", "pack/open/q77"])


def same_family() -> Agreement:
    humans, judges = half_rated(systems=("Llama 3.1 8B", "other"))
    return report(humans, [replace(one, rater="ecg-correctness@llama-3.3-70b") for one in judges])


def unparsed() -> Agreement:
    return report(marks([3, 0, 1, 2] * 20), marks([3, 0, 1, None] * 20, judge=True))


def unresolved() -> Agreement:
    return report(*noisy(60, seed=3, systems=("system A", "system B")))


TRIGGERS: dict[str, Case] = {
    "ONE_CLASS": one_class,
    "PREVALENCE": prevalence,
    "FEW_ITEMS": few,
    "FEW_CLUSTERS": few,
    "NO_OVERLAP": no_overlap,
    "LOW_OVERLAP": low_overlap,
    "SINGLE_RATER": few,
    "NO_REPEATS": few,
    "UNKNOWN_SAMPLING": unknown_sampling,
    "SKEWED_SAMPLE": skewed,
    "WEAK_JUDGE": weak,
    "BORROWED_CALIBRATION": borrowed,
    "DELTA_J": delta,
    "MISALIGNED_IDS": misaligned,
    "DUP_ITEMS": duplicates,
    "DOUBLE_MARKS": double_marks,
    "UNUSED_LEVEL": unused,
    "TUNED_ON_TEST": tuned,
    "SAME_FAMILY": same_family,
    "JUDGE_PARSE_FAIL": unparsed,
    "MC_RESOLUTION": delta,
    "RANK_UNRESOLVED": unresolved,
}


@pytest.mark.parametrize("code", TRIGGERS)
def test_a_warning_is_given_where_its_finding_is(code: str) -> None:
    found = {one.code: one for one in TRIGGERS[code]().warnings}
    assert code in found
    assert len(found[code].message) > 30


def test_a_large_random_sample_of_several_raters_with_repeats_gives_no_serious_warning() -> None:
    humans, judges = noisy(400, seed=5, raters=3)
    again = [replace(one, repeat=1) for one in humans[:40]]
    found = report([*humans, *again], judges)
    assert not [one for one in found.warnings if one.severity == "serious"]
    codes = {one.code for one in found.warnings}
    assert not codes & {"FEW_ITEMS", "FEW_CLUSTERS", "SINGLE_RATER", "NO_REPEATS", "UNKNOWN_SAMPLING", "SKEWED_SAMPLE"}


def test_verdicts_that_could_not_be_read_are_in_no_statistic_and_have_bounds() -> None:
    found = unparsed()
    (judge,) = found.judges
    assert (judge.judged, judge.rated, judge.unread) == (60, 60, 20)
    (one,) = [warning for warning in found.warnings if warning.code == "JUDGE_PARSE_FAIL"]
    assert one.data["worst"] < one.data["best"]
    assert one.data["judge"] == JUDGE


def test_a_judge_that_saw_all_answers_in_one_call_is_named() -> None:
    found = list(of_models(["ecg-listwise@m", "ecg-correctness@m"], ["a"], {}, {"ecg-listwise@m"}))
    assert [(one.code, one.data["judge"]) for one in found] == [("LISTWISE_JUDGE", "ecg-listwise@m")]
