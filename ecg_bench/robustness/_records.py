"""What ``robustness.json`` holds."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ecg_bench.comparison import DifferenceRecord
from ecg_bench.runs import EstimateRecord, Record

ROBUSTNESS_VERSION: Literal["1.0"] = "1.0"


class PointRecord(Record):
    """One run of a curve."""

    run: str = Field(description="the run directory")
    perturb: str = Field(description="the disturbance; empty for none")
    level: float | None = Field(description="how much of it, in the curve's own terms; null for none")
    estimate: EstimateRecord
    difference: DifferenceRecord | None = Field(
        description="paired, this run less the undisturbed one; p_holm is adjusted over all points of all curves; null "
        "for the undisturbed run, or without one"
    )


class CurveRecord(Record):
    """One system on one task under one kind of disturbance."""

    task: str
    metric: str
    system: str
    disturbance: str = Field(description="what is varied, with its unit")
    points: list[PointRecord] = Field(description="the undisturbed run first, then from little to much")
    control: EstimateRecord | None = Field(description="of the same system without any ECG; null without such a run")


class RobustnessRecord(Record):
    """``robustness.json``."""

    schema_version: Literal["1.0"] = ROBUSTNESS_VERSION
    ecg_bench: str
    curves: list[CurveRecord]
    notices: list[str]
