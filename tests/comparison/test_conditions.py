"""The conditions of --fail-if: each form, and what is no condition."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecg_bench import Run, UserError, compare
from ecg_bench.comparison._conditions import parse
from tests.comparison.making import alone, answering
from tests.packs import make_pack

N = 200


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    """Before, 140 of 200 right; after, 100: 30 of these 40 for what can't be read. The difference is -0.2."""
    data = alone(N)
    folder = make_pack(tmp_path_factory.mktemp("conditions") / "toy", data=data)
    before = answering(folder, set(range(140)), "before", data=data)
    unread = dict.fromkeys(range(100, 130), "I know not.")
    return before, answering(folder, set(range(100)), "after", data=data, said=unread)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("worse", True),
        ("Worse", True),
        ("worse on toy/choice", True),
        ("accuracy drops by more than the interval", True),
        ("acc drops by more than the interval on toy/choice", True),
        ("acc drops by more than 0.2", False),
        ("acc drops by more than 0.19", True),
        ("acc drops  by more than 19%", True),
        ("acc drops by more than 19 points", True),
        ("acc drops by more than 19.5 percentage points", True),
        ("accuracy drops by more than 20 %", False),
        ("accuracy drops by more than .1", True),
        ("acc rises by more than 0", False),
        ("acc rises by more than the interval", False),
        ("acc_parsed drops by more than 0.1", False),
        ("unparsed rate rises by more than 0.14", True),
        ("unparsed rate rises by more than 15 %", False),
        ("rate_unparsed rises by more than the interval", True),
        ("refused rate rises by more than 0", False),
        ("broken > 39", True),
        ("broken>40", False),
        ("broken > 39 on toy/choice", True),
    ],
)
def test_every_form(runs: tuple[Run, Run], condition: str, *, holds: bool) -> None:
    found = compare(*runs, fail_if=[condition])
    (one,) = found.conditions
    assert (one.condition, one.holds) == (condition, holds)
    assert bool(one.why) == holds


def test_the_better_run_fulfils_no_condition(runs: tuple[Run, Run]) -> None:
    conditions = [
        "worse",
        "accuracy drops by more than the interval",
        "broken > 0",
        "unparsed rate rises by more than 0",
    ]
    assert not any(one.holds for one in compare(*runs[::-1], fail_if=conditions).conditions)


def test_why_a_condition_holds(runs: tuple[Run, Run]) -> None:
    conditions = ["worse", "acc drops by more than 2 %", "acc drops by more than the interval", "broken > 3"]
    why = [one.why[0] for one in compare(*runs, fail_if=conditions).conditions]
    assert why[0].startswith("toy/choice: acc from 0.700 to 0.500: worse (-0.200, 95 % interval -0.2")
    assert why[1].startswith("toy/choice: acc fell by 0.200")
    assert why[1].endswith("more than 0.02")
    assert why[2].endswith("the whole interval is below 0")
    assert why[3] == "40 samples are broken"


def test_a_metric_that_only_a_condition_names_is_compared_but_not_tested(runs: tuple[Run, Run]) -> None:
    found = compare(*runs, fail_if=["unparsed rate rises by more than 0"])
    assert found.tests == 1
    one = next(one for one in found.tasks[0].metrics if one.metric == "rate_unparsed")
    assert (one.verdict, one.difference.p, one.difference.p_holm, one.slices) == ("not tested", None, None, [])
    assert one.difference.low is not None
    plain = compare(*runs).tasks[0].metrics[0]
    assert plain == next(one for one in found.tasks[0].metrics if one.metric == "acc")


def test_worse_is_told_by_the_main_metric_whatever_else_is_shown(runs: tuple[Run, Run]) -> None:
    found = compare(*runs, metric="answered", fail_if=["worse"])
    assert [(one.metric, one.main) for one in found.tasks[0].metrics] == [("answered", False), ("acc", True)]
    assert found.tests == 2
    assert found.conditions[0].holds


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("", "is no condition: give"),
        ("better", 'is no condition: give "worse"'),
        ("acc drops", "is no condition"),
        ("acc drops by more than", "is no condition"),
        ("acc drops by more than a lot", "'a lot' is neither a number"),
        ("acc drops by more than -1", "'-1' is neither a number"),
        ("broken > many", "is no condition"),
        ("broken > 1.5", "is no condition"),
        ("worse on toy/choise", r"'toy/choise' is not compared \(did you mean 'toy/choice'\?\)"),
        ("acccc drops by more than 2 %", "there is no metric 'acccc' in both runs"),
        ("rougeL_f drops by more than 2 %", "there is no metric 'rougeL_f' in both runs"),
        ("consistency drops by more than 2 %", "there is no metric 'consistency' in both runs"),
    ],
)
def test_what_is_no_condition_is_refused(runs: tuple[Run, Run], condition: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        compare(*runs, fail_if=[condition])
    assert str(caught.value).startswith(f"--fail-if {condition!r}")


def test_a_gate_that_cannot_be_told_never_passes(tmp_path: Path) -> None:
    """All samples stem from one passage: there is no interval, and so no answer."""
    data = [{**row, "group": "one"} for row in alone(20)]
    folder = make_pack(tmp_path / "toy", data=data)
    runs = [answering(folder, set(range(k)), str(k), data=data) for k in (15, 12)]
    with pytest.raises(
        UserError, match=r"can't be told: the difference of acc on toy/choice has no interval \(20 samp"
    ):
        compare(*runs, fail_if=["acc drops by more than the interval"])
    assert compare(*runs, fail_if=["acc drops by more than 0.1"]).conditions[0].holds


@pytest.mark.parametrize("text", ["accuracy", "Accuracy", "acc"])
def test_accuracy_is_another_name_of_acc(text: str) -> None:
    assert parse(f"{text} drops by more than 1 %").metric == "acc"
