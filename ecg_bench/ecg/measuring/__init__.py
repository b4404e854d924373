"""What can be measured on an ECG, and what rules make of it."""

from ecg_bench.ecg.measuring._interpret import interpret, report
from ecg_bench.ecg.measuring._measure import measure
from ecg_bench.ecg.measuring._measurements import Measurements, Regularity
from ecg_bench.ecg.measuring._waves import LeadWaves

__all__ = ["LeadWaves", "Measurements", "Regularity", "interpret", "measure", "report"]
