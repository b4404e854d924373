"""Scoring answers that are sets of given options, as ECG-QA asks for them: strictly, and as it was published.

Pure functions of texts: no files, no runs and no models.
"""

from ecg_bench.ecg_qa._official import official_answers, official_score
from ecg_bench.ecg_qa._reader import NONE, VERSION, Reader, SetReading
from ecg_bench.ecg_qa._scores import ANSWER_SEPARATOR, exact, join, set_f1

__all__ = [
    "ANSWER_SEPARATOR",
    "NONE",
    "VERSION",
    "Reader",
    "SetReading",
    "exact",
    "join",
    "official_answers",
    "official_score",
    "set_f1",
]
