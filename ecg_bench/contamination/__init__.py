"""What a system may have seen of a task before: test questions and their passages in documents that it was given."""

from ecg_bench.contamination._contamination import Contamination, contamination
from ecg_bench.contamination._documents import Documents
from ecg_bench.contamination._option import parse_seen
from ecg_bench.contamination._questions import Question, TaskQuestions, questions_of
from ecg_bench.contamination._records import ContaminationRecord
from ecg_bench.contamination._seen import N, Seen, TaskSeen, seen_by

__all__ = [
    "Contamination",
    "ContaminationRecord",
    "Documents",
    "N",
    "Question",
    "Seen",
    "TaskQuestions",
    "TaskSeen",
    "contamination",
    "parse_seen",
    "questions_of",
    "seen_by",
]
