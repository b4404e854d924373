"""Reading ECG records from files."""

from ecg_bench.ecg.reading._read import SUFFIXES, read_ecg, read_many
from ecg_bench.ecg.reading._write import write_wfdb

__all__ = ["SUFFIXES", "read_ecg", "read_many", "write_wfdb"]
