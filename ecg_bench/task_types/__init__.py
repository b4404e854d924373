"""Kinds of task: how a sample is read, asked and scored.

To add one, copy ``open_answer.py``, write its `plan`, and add a line to `TASK_TYPES`.
"""

from ecg_bench.registry import Registry
from ecg_bench.task_types.base import Plan, TaskType

TASK_TYPES: Registry[type[TaskType]] = Registry(
    "task type",
    "ecg_bench.task_types",
    {
        "ecg_labels": "ecg_bench.task_types.ecg_labels:EcgLabels",
        "ecg_qa": "ecg_bench.task_types.ecg_qa:EcgQa",
        "ecg_report": "ecg_bench.task_types.ecg_report:EcgReport",
        "multiple_choice": "ecg_bench.task_types.multiple_choice:MultipleChoice",
        "open": "ecg_bench.task_types.open_answer:OpenAnswer",
    },
)

__all__ = ["TASK_TYPES", "Plan", "TaskType"]
