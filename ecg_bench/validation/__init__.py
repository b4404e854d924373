"""Checking domain packs: what is wrong, and what gives answers away without any knowledge of the field."""

from ecg_bench.validation._duplicates import near_duplicates
from ecg_bench.validation._pack import validate_pack, validate_packs
from ecg_bench.validation._report import PackReport, Problem, TaskReport, print_report
from ecg_bench.validation._shallow import ENOUGH, RULES, credit

__all__ = [
    "ENOUGH",
    "RULES",
    "PackReport",
    "Problem",
    "TaskReport",
    "credit",
    "near_duplicates",
    "print_report",
    "validate_pack",
    "validate_packs",
]
