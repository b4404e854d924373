"""What ``comparison.json`` holds."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ecg_bench.runs import BoundsRecord, EstimateRecord, Record

COMPARISON_VERSION: Literal["1.0"] = "1.0"

Verdict = Literal["better", "worse", "higher", "lower", "not separable", "nothing changed", "not tested"]
Change = Literal["fixed", "broken", "better", "worse", "higher", "lower"]
Direction = Literal["higher", "lower", "none"]


class SideRecord(Record):
    """One of the two runs."""

    run: str = Field(description="the run directory")
    system: str
    fingerprint: str


class HeaderDifferenceRecord(Record):
    """Something that the two runs' headers say differently."""

    name: str = Field(description="such as settings.seed, or prompt_sha256 of a task")
    task: str = Field(description="empty where it is of the whole run")
    before: Any
    after: Any


class DifferenceRecord(Record):
    """A paired difference on the common samples: after less before."""

    value: float
    low: float | None = Field(description="null with a single cluster, or where no spread is seen")
    high: float | None
    interval: str = Field(description="how the interval was computed; empty where there is none")
    p: float | None = Field(description="two-sided, not adjusted; null where it was not tested")
    p_holm: float | None = Field(description="adjusted over all tasks and metrics that were tested")
    test: str = Field(description="how p was computed; empty where it was not tested")
    floor: float | None = Field(description="the smallest p that this many differing samples could have given")
    detectable: float | None = Field(description="least true difference found with 80 % power at alpha .05")
    n: int = Field(description="samples compared")
    clusters: int = Field(description="independent groups among them")


class ChangesRecord(Record):
    """How many samples changed."""

    fixed: int | None = Field(description="wrong before, right after; null where no score is yes or no")
    broken: int | None = Field(description="right before, wrong after")
    same_right: int | None
    same_wrong: int | None
    rose: int = Field(description="samples whose score, or mean over repeats, is higher after")
    fell: int
    equal: int


class SliceRecord(Record):
    """A part of the samples: how far the difference there is another one."""

    facet: str = Field(description="topic, difficulty, key_position or another label of the samples")
    name: str
    n: int
    clusters: int
    before: float
    after: float
    value: float = Field(description="difference on this part")
    low: float | None
    high: float | None
    share: float = Field(description="what the part adds to the whole difference: its difference times its share")
    contrast: float | None = Field(description="difference on this part less that on all other samples")
    p: float | None = Field(description="of the contrast being 0; null where either side is too small to tell")
    p_adjusted: float | None = Field(
        description="by Benjamini and Hochberg over all slices of the metric and task: exploratory"
    )


class AnswerRecord(Record):
    """What one run has on a sample; where it was asked repeatedly, an entry for each answer."""

    score: float = Field(description="the mean over repeats")
    target: list[str] = Field(description="the right letter as shown; empty texts for open questions")
    parsed: list[str] = Field(description="the letter that was read; empty texts where none was")
    outcome: list[str]
    output: list[str] = Field(description="raw answers or, without one, errors; empty unless they were asked for")


class SampleRecord(Record):
    """A sample that changed."""

    metric: str
    change: Change
    id: str
    topic: str
    question: str = Field(description="as sent after; empty unless it was asked for")
    before: AnswerRecord
    after: AnswerRecord


class MetricRecord(Record):
    """One metric on one task."""

    metric: str
    main: bool = Field(description="whether it is the task's main metric")
    direction: Direction = Field(description="which way is better; none where it describes and doesn't rate")
    before: EstimateRecord = Field(description="as in results.json: of all samples that the run was asked")
    after: EstimateRecord
    common_before: float = Field(description="mean over the samples compared")
    common_after: float
    difference: DifferenceRecord
    bounds: BoundsRecord | None = Field(
        description="where the difference would lie had requests that ended in errors been wrong or right; else null"
    )
    changes: ChangesRecord
    repeated: bool = Field(description="scores are means over repeats; right is a mean above one half")
    unscored: int = Field(description="common samples that either run has no score for; left out")
    verdict: Verdict
    sentence: str
    slices: list[SliceRecord]
    drivers: str = Field(description="the slices that drive the change, in a sentence")
    samples: list[SampleRecord] = Field(
        description="broken, then fixed; of graded scores the 100 that fell most and the 100 that rose most"
    )


class OutcomeChangeRecord(Record):
    """How many requests that both runs made ended in one outcome before and in one after."""

    before: str
    after: str
    n: int


class TaskRecord(Record):
    """One task that both runs have."""

    task: str
    title: str
    asked_before: int = Field(description="samples")
    asked_after: int
    common: int = Field(description="samples that both were asked, with the same content: what is compared")
    only_before: int = Field(description="samples that only the first run was asked; left out")
    only_after: int
    altered: int = Field(description="samples of the same id whose question, options or right answer differ; left out")
    outcomes: list[OutcomeChangeRecord]
    metrics: list[MetricRecord]
    notes: list[str]


class ConditionRecord(Record):
    """A condition of ``--fail-if``."""

    condition: str
    holds: bool
    why: list[str] = Field(description="a sentence for each task and metric that it holds for")


class ComparisonRecord(Record):
    """``comparison.json``."""

    schema_version: Literal["1.0"] = COMPARISON_VERSION
    ecg_bench: str
    before: SideRecord
    after: SideRecord
    differences: list[HeaderDifferenceRecord]
    tasks: list[TaskRecord]
    only_before: list[str] = Field(description="tasks that only the first run has")
    only_after: list[str]
    tests: int = Field(description="tests that p-values are adjusted over")
    conditions: list[ConditionRecord]
    settings: dict[str, Any]
