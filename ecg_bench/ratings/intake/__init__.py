"""Reading rating sheets as people really fill them in."""

from ecg_bench.ratings.intake._intake import Intake, import_ratings, load_ratings
from ecg_bench.ratings.intake._mapping import SheetMapping, pairs, read_mapping, read_systems
from ecg_bench.ratings.intake._report import INTAKE_VERSION, IntakeRecord

__all__ = [
    "INTAKE_VERSION",
    "Intake",
    "IntakeRecord",
    "SheetMapping",
    "import_ratings",
    "load_ratings",
    "pairs",
    "read_mapping",
    "read_systems",
]
