"""The folders of public ECG data sets, what is wrong with them, and which splits an ECG is in."""

from ecg_bench.ecg.sets._ecgqa import NONE, QUESTION_TYPES, SPLITS, EcgQa, EcgQuestion
from ecg_bench.ecg.sets._faults import faults_of
from ecg_bench.ecg.sets._mimic import MimicEcg, MimicRow
from ecg_bench.ecg.sets._open import open_set
from ecg_bench.ecg.sets._provenance import Provenance, provenance_of
from ecg_bench.ecg.sets._ptbxl import FAMILIES, Family, PtbXl, PtbXlRow, PtbXlStatement
from ecg_bench.ecg.sets._texts import SetFault, text_faults

__all__ = [
    "FAMILIES",
    "NONE",
    "QUESTION_TYPES",
    "SPLITS",
    "EcgQa",
    "EcgQuestion",
    "Family",
    "MimicEcg",
    "MimicRow",
    "Provenance",
    "PtbXl",
    "PtbXlRow",
    "PtbXlStatement",
    "SetFault",
    "faults_of",
    "open_set",
    "provenance_of",
    "text_faults",
]
