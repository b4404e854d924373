"""What ``leaderboard.json`` holds: systems in rows, layers of evaluation in columns, and what separates them.

Layers are never averaged. A layer's cells, differences and ranks come from the same samples, so that they can't
contradict each other.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ecg_bench.contamination import ContaminationRecord
from ecg_bench.published import PublishedRecord
from ecg_bench.runs import BoundsRecord, EstimateRecord, Record

BOARD_VERSION: Literal["2.0"] = "2.0"
ALPHA = 0.05  # of every test; p-values are adjusted over the pairs of a layer

LayerKind = Literal["multiple choice", "ECG", "open answers", "text metric", "judge", "corrected judge", "human"]


class MarkRecord(Record):
    """Something that a reader must know about a cell, a system or the whole board."""

    code: str = Field(description="in capitals, such as OTHER_PROMPT")
    severity: Literal["note", "caution", "serious"]
    message: str = Field(description="one sentence")
    systems: list[str] = Field(default_factory=list, description="whom it is about; empty: all")
    layer: str = Field("", description="id of the layer that it is about; empty: the board")
    unranked: bool = Field(False, description="whether it keeps these systems out of the layer's ranks")


class DifferenceRecord(Record):
    """Two systems on the samples that both were asked: the first one's mean score less the second one's."""

    first: str
    second: str
    value: float
    low: float | None = Field(description="null where no spread is seen")
    high: float | None
    p: float | None = Field(description="two-sided, not adjusted; null where it can't be tested")
    p_holm: float | None = Field(description="adjusted over all pairs of the layer")
    floor: float | None = Field(description="the least p that the test could have given")
    common: int = Field(description="samples that both have")


class ReplicatesRecord(Record):
    """Runs of one system that differ by their seed: averaged sample by sample, never counted as more samples."""

    runs: int
    seeds: list[int]
    values: list[float] = Field(description="the value of each run")
    spread: float | None = Field(description="standard deviation of the runs' values; null for a single run")


class CellRecord(Record):
    """One system on one layer."""

    system: str
    value: float | None
    low: float | None
    high: float | None
    method: str = Field(description="of the interval")
    n: int = Field(description="answers that it rests on: the denominator")
    samples: int = Field(description="different samples among them")
    clusters: int = Field(description="independent groups of samples")
    signature: str
    how: str = Field(description="how it was computed, in a sentence")
    outcomes: dict[str, int] = Field(
        description="how every answer ended; empty where the layer has no answers of its own"
    )
    parsed: EstimateRecord | None = Field(description="accuracy where an answer could be read")
    bounds: BoundsRecord | None = Field(description="given where requests ended in errors, or verdicts are missing")
    replicates: ReplicatesRecord | None
    levels: dict[str, int] = Field(default_factory=dict, description="how often each level of a scale was given")
    rank_low: int | None = Field(
        description="1 + the number of systems that are significantly better; null: not ranked"
    )
    rank_high: int | None = Field(description="number of ranked systems less those that are significantly worse")
    letters: list[str] = Field(description="two systems that share a letter can't be told apart")
    marks: list[str] = Field(description="codes of what must be known; their sentences stand in the board's marks")


class PowerRecord(Record):
    """What a layer of this size can tell apart."""

    samples: int
    detectable: float | None = Field(
        description="least true difference found with 80 % power, median over pairs, alpha .05"
    )
    first_two: float | None = Field(description="the observed difference between the first two")
    needed: int | None = Field(description="samples that would separate them with 80 % power if it is the true one")
    sentence: str = Field(description="what difference the samples would find")
    verdict: str = Field("", description="that nothing is told apart, or what would separate the first two")


class LayerRecord(Record):
    """One column of the board."""

    id: str = Field(description="TASK:METRIC, or human:CRITERION")
    kind: LayerKind
    task: str = Field(description="empty where ratings are of no one task")
    title: str
    metric: str
    domain: tuple[float, float] | None = Field(description="least and greatest value that there can be")
    main: bool = Field(description="whether it is a column of the first table; else it is shown with the details")
    common_samples: int = Field(description="samples that every ranked system has; tests use these")
    clusters: int = Field(description="groups among them")
    interval: str = Field(description="how the intervals of differences were computed")
    test: str = Field(description="how p-values were computed")
    cells: list[CellRecord] = Field(description="best first; those that are not ranked last")
    differences: list[DifferenceRecord] = Field(description="every pair of ranked systems, the better one first")
    power: PowerRecord | None


class SystemRecord(Record):
    """One row of the board."""

    name: str
    runs: list[str] = Field(description="run directories")
    provider: str
    model: str
    card: dict[str, Any] = Field(description="arguments and identity of what answered")
    seeds: list[int]
    mode: str


class SliceCellRecord(Record):
    """One system on a part of a layer's samples."""

    system: str
    value: float
    low: float
    high: float
    n: int
    clusters: int


class SliceDifferenceRecord(Record):
    """How far a part of the samples makes the difference between a system and the first one."""

    system: str = Field(description="compared with the layer's first system")
    value: float = Field(description="difference on this part: this system's mean less the first one's")
    low: float | None
    high: float | None
    share: float = Field(
        description="what the part adds to the difference on all samples: its value times its share of them"
    )
    contrast: float = Field(description="difference on this part less that on all other samples")
    p: float | None = Field(description="of the contrast being 0")
    p_adjusted: float | None = Field(
        description="by Benjamini and Hochberg over all of the layer's slices: exploratory"
    )


class SliceRecord(Record):
    """A part of a layer's samples."""

    layer: str
    facet: str = Field(description="topic, difficulty, question_type, key_position or answer_length")
    name: str
    cells: list[SliceCellRecord]
    differences: list[SliceDifferenceRecord] = Field(description="empty for facets that differ from system to system")


class CorrelationRecord(Record):
    """How far two layers put the systems into the same order."""

    first: str
    second: str
    systems: int
    spearman: float | None
    spearman_low: float | None
    spearman_high: float | None
    kendall: float | None
    critical: float | None = Field(
        description="|Spearman| from which p < .05 with so many systems; null with fewer than 5"
    )


class ItemAssociationRecord(Record):
    """How far a layer ranks single answers as the human does."""

    layer: str = Field(description="id of a layer, or the name of a metric that is none")
    statistic: str
    value: float | None
    low: float | None
    high: float | None
    n: int


class DisagreementRecord(Record):
    """An answer that layers see differently."""

    task: str
    sample: str
    epoch: int
    system: str
    scores: dict[str, float] = Field(description="by layer or metric")
    places: dict[str, float] = Field(description="its place among all answers in each, from 0, the worst, to 1")
    gap: float = Field(description="greatest difference of two places")
    sentence: str


class HeterogeneityRecord(Record):
    """Whether layers agree."""

    correlations: list[CorrelationRecord]
    items: list[ItemAssociationRecord]
    disagreements: list[DisagreementRecord] = Field(description="the widest first")
    method: str


class ConsensusEntryRecord(Record):
    """A system's ranks in the layers, and their median."""

    system: str
    ranks: dict[str, float] = Field(description="by layer; equal values share the mean of their ranks")
    median: float


class ConsensusRecord(Record):
    """The median of ranks over layers, as ECG-LLM prints it; only where it was asked for."""

    entries: list[ConsensusEntryRecord] = Field(description="lowest median first")
    groups: dict[str, list[str]] = Field(
        description="layers that were first averaged to one rank, such as all of multiple choice"
    )
    warning: str = Field(description="where layers disagree; empty where they don't")


class BoardRecord(Record):
    """``leaderboard.json``."""

    schema_version: Literal["2.0"] = BOARD_VERSION
    ecg_bench: str
    systems: list[SystemRecord]
    layers: list[LayerRecord]
    slices: list[SliceRecord]
    heterogeneity: HeterogeneityRecord | None
    contamination: list[ContaminationRecord]
    consensus: ConsensusRecord | None
    published: list[PublishedRecord]
    marks: list[MarkRecord]
    settings: dict[str, Any]
    versions: dict[str, str]
