"""Checking domain packs: what is wrong, and what gives answers away without any knowledge of the field."""

from ecg_bench.validation._pack import validate_pack, validate_packs
from ecg_bench.validation._report import PackReport, Problem, TaskReport, print_report

__all__ = ["PackReport", "Problem", "TaskReport", "print_report", "validate_pack", "validate_packs"]
