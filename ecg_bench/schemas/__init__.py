"""The published JSON Schemas of what a run leaves.

The files are made from the records by ``python -m ecg_bench.schemas``; a test compares them.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

NAMES = ("run", "samples", "results", "scoring", "probe", "intake", "agreement", "leaderboard", "comparison")


def load_schemas() -> dict[str, Any]:
    """Return each schema by its name in `NAMES`; ``samples`` is that of one line."""
    folder = files(__name__)
    return {name: json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8")) for name in NAMES}


def build_schemas() -> dict[str, Any]:
    """Return the schemas that the records of this version make."""
    from pydantic import BaseModel

    from ecg_bench.agreement import AgreementRecord
    from ecg_bench.boards import BoardRecord
    from ecg_bench.comparison import ComparisonRecord
    from ecg_bench.judgements import ProbeRecord
    from ecg_bench.ratings.intake import IntakeRecord
    from ecg_bench.runs import ResultsRecord, RunRecord, SampleRecord, ScoringRecord

    models: dict[str, type[BaseModel]] = {
        "run": RunRecord,
        "samples": SampleRecord,
        "results": ResultsRecord,
        "scoring": ScoringRecord,
        "probe": ProbeRecord,
        "intake": IntakeRecord,
        "agreement": AgreementRecord,
        "leaderboard": BoardRecord,
        "comparison": ComparisonRecord,
    }
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {name: dialect | models[name].model_json_schema(mode="serialization") for name in NAMES}
