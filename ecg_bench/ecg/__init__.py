"""Electrocardiograms: the record, how it is read, made, measured, drawn and disturbed."""

from ecg_bench.ecg._leads import CHEST, LEADS, LIMB, lead_name
from ecg_bench.ecg._record import Ecg, Signal

__all__ = ["CHEST", "LEADS", "LIMB", "Ecg", "Signal", "lead_name"]
