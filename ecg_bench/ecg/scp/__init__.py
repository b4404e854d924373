"""SCP-ECG statements: the codes, and finding them in text."""

from ecg_bench.ecg.scp._find import Mention, Status, codes_in, find_statements
from ecg_bench.ecg.scp._statements import FAMILIES, STATEMENTS, Statement, describe, labels_of

__all__ = [
    "FAMILIES",
    "STATEMENTS",
    "Mention",
    "Statement",
    "Status",
    "codes_in",
    "describe",
    "find_statements",
    "labels_of",
]
