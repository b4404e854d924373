"""Reading ECG records from files."""

from ecg_bench.ecg.reading._faults import Fault, inspect
from ecg_bench.ecg.reading._read import SUFFIXES, read_ecg, read_many
from ecg_bench.ecg.reading._resample import resample
from ecg_bench.ecg.reading._write import write_wfdb

__all__ = ["SUFFIXES", "Fault", "inspect", "read_ecg", "read_many", "resample", "write_wfdb"]
