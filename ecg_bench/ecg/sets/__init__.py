"""The folders of public ECG data sets: PTB-XL, MIMIC-IV-ECG, ECG-QA."""

from ecg_bench.ecg.sets._ecgqa import NONE, QUESTION_TYPES, SPLITS, EcgQa, EcgQuestion
from ecg_bench.ecg.sets._ptbxl import FAMILIES, Family, PtbXl, PtbXlRow, PtbXlStatement

__all__ = [
    "FAMILIES",
    "NONE",
    "QUESTION_TYPES",
    "SPLITS",
    "EcgQa",
    "EcgQuestion",
    "Family",
    "PtbXl",
    "PtbXlRow",
    "PtbXlStatement",
]
