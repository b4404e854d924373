"""Noise, lost leads and other disturbances, each under a seed."""

from ecg_bench.ecg.disturbance._disturbance import Disturbance
from ecg_bench.ecg.disturbance._noise import NOISES

__all__ = ["NOISES", "Disturbance"]
