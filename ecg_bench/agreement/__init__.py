"""How far judges and metrics agree with humans, and scores corrected for what they get wrong."""

from ecg_bench.agreement._design import weights_of
from ecg_bench.agreement._gold import Gold, gold_of
from ecg_bench.agreement._panel import Panel, assemble
from ecg_bench.agreement._records import AGREEMENT_VERSION, AgreementRecord
from ecg_bench.agreement._render import print_agreement
from ecg_bench.agreement._report import Agreement, agreement

__all__ = [
    "AGREEMENT_VERSION",
    "Agreement",
    "AgreementRecord",
    "Gold",
    "Panel",
    "agreement",
    "assemble",
    "gold_of",
    "print_agreement",
    "weights_of",
]
