"""What ``agreement.json`` holds."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ecg_bench.runs import Record

AGREEMENT_VERSION: Literal["1.0"] = "1.0"

Sampling = Literal["census", "random", "stratified", "unknown"]


class StatRecord(Record):
    """A statistic with its interval; never a number where it is undefined."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    method: str = Field(description="of the interval")
    n: int = Field(description="answers that it rests on")
    clusters: int = Field(description="independent groups among them")
    raters: int
    reason: str | None = Field(description="why the value, or its interval, is null")


class TableRecord(Record):
    """How often one rater gave each level where another gave each level."""

    rows: str
    columns: str
    row_levels: list[str]
    column_levels: list[str]
    counts: list[list[int]]
    weighted: list[list[float]] | None = Field(
        description="shares of all answers, by inverse probability of being rated; null without known probabilities"
    )


class ThresholdRecord(Record):
    """Both raters' levels as yes or no: at least a level, or not."""

    level: str = Field(description="answers of this level or above pass")
    table: list[list[int]] = Field(description="judge fails, passes; in each, human fails, passes")
    stats: list[StatRecord]


class SliceRecord(Record):
    """A part of the answers."""

    by: Literal["system", "topic", "length"]
    name: str
    rated: int
    judged: int = Field(description="answers with a verdict, rated or not")
    stats: list[StatRecord]
    thresholds: list[ThresholdRecord]


class PairRecord(Record):
    """Two raters, or a judge and what humans said."""

    first: str
    second: str
    table: TableRecord | None = Field(description="null where they rate on different scales")
    stats: list[StatRecord]
    thresholds: list[ThresholdRecord]


class LengthRecord(Record):
    """How a judge's error goes with the length of the answer."""

    slope: StatRecord = Field(description="rise of judge's less human's score where the answer is twice as long")
    bins: list[dict[str, float]] = Field(description="mean length in words and mean error of fifths of the answers")


class JudgeRecord(Record):
    """A judge beside the humans."""

    name: str
    scale: str
    judged: int
    rated: int = Field(description="answers that both the judge and a human gave a level")
    unread: int = Field(description="verdicts that could not be read, in no statistic")
    with_gold: PairRecord
    with_raters: list[PairRecord]
    slices: list[SliceRecord]
    length: LengthRecord | None
    homogeneity: dict[str, Any] | None = Field(description="whether its error rates differ between systems")


class MetricRecord(Record):
    """An automatic metric beside the humans: how far it ranks answers as they do."""

    name: str
    stats: list[StatRecord]


class CeilingRecord(Record):
    """One human, and each judge, against the other humans, on the answers that this human rated."""

    left_out: str
    human: list[StatRecord]
    judges: dict[str, list[StatRecord]]


class HumansRecord(Record):
    """Humans among themselves."""

    raters: list[str]
    stats: list[StatRecord] = Field(description="all raters together")
    pairs: list[PairRecord]
    ceiling: list[CeilingRecord] = Field(description="how near each human, and each judge, comes to the other humans")
    repeats: list[StatRecord] = Field(description="agreement of a rater with themselves, from answers rated twice")


class AltTestRecord(Record):
    """The alternative-annotator test of one judge."""

    judge: str
    epsilon: float
    omega: float | None = Field(description="share of humans that the judge can stand in for; 0.5 or more passes")
    rho: float | None = Field(description="advantage probability: how often the judge is at least as near to the rest")
    passed: bool | None
    raters: list[dict[str, Any]]
    reason: str | None


class CorrectedRecord(Record):
    """One system's score: by the judge, by humans, and corrected."""

    system: str
    judge: StatRecord
    human: StatRecord
    corrected: StatRecord
    judged: int
    rated: int
    rank_low: int | None
    rank_high: int | None
    letters: str = Field(description="systems that share a letter can't be told apart")
    assumptions: list[str]


class DifferenceRecord(Record):
    """Two systems' corrected scores: the first less the second."""

    first: str
    second: str
    value: float
    low: float
    high: float
    p: float
    p_holm: float
    method: str


class CorrectionRecord(Record):
    """The corrected leaderboard of one judge."""

    judge: str
    target: str = Field(description="score, or the share of answers of at least a level")
    sampling: Sampling
    why: str = Field(description="which method, why, and what it assumes")
    systems: list[CorrectedRecord] = Field(description="best corrected score first; those without one last")
    comparisons: list[DifferenceRecord]


class DesignRecord(Record):
    """How the rated answers were chosen, and what of them is there."""

    sampling: Sampling
    declared: bool
    inclusion_known: bool
    rated: list[dict[str, Any]] = Field(description="answers, answers rated, and mean number of raters by system")


class WarningRecord(Record):
    """Something that a reader must know before using the numbers."""

    code: str
    severity: Literal["note", "caution", "serious"]
    message: str
    data: dict[str, Any]


class AgreementRecord(Record):
    """``agreement.json``."""

    schema_version: Literal["1.0"] = AGREEMENT_VERSION
    ecg_bench: str
    inputs: list[dict[str, Any]] = Field(description="each file or run, what it was read as, and its hash")
    criterion: str
    scale: str
    gold: str = Field(description="what the judge is compared with")
    counts: dict[str, int]
    design: DesignRecord
    humans: HumansRecord
    judges: list[JudgeRecord]
    judge_pairs: list[PairRecord]
    metrics: list[MetricRecord]
    alt_tests: list[AltTestRecord]
    corrected: list[CorrectionRecord]
    warnings: list[WarningRecord]
    settings: dict[str, Any]
    versions: dict[str, str]
