"""Robustness: how a system's scores fall as its ECGs are disturbed more and more."""

from ecg_bench.robustness._curves import Robustness, robustness
from ecg_bench.robustness._records import CurveRecord, PointRecord, RobustnessRecord
from ecg_bench.robustness._render import print_robustness

__all__ = ["CurveRecord", "PointRecord", "Robustness", "RobustnessRecord", "print_robustness", "robustness"]
