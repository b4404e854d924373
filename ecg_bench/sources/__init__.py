"""Where the samples of a task come from when they lie in no file beside it.

A task names one with ``source`` in its YAML. A source is a function that takes the task's card, and by name what
``arguments`` of the card and the user's ``--task-arg`` say; it returns a `ecg_bench.domains.Dataset`. What it needs and
the card doesn't give is the user's to give, such as the folder of a data set that can't be shipped. Annotate such a
parameter with a few words on what it is: ``root: Annotated[Path, "the folder of PTB-XL"]``.
"""

from ecg_bench.registry import Registry
from ecg_bench.sources._needs import SourceBuilder, make, needs, takes

SOURCES: Registry[SourceBuilder] = Registry(
    "source of samples",
    "ecg_bench.sources",
    {
        "ecg-qa-mimic": "ecg_bench.sources._ecg_qa:ecg_qa_mimic",
        "ecg-qa-ptbxl": "ecg_bench.sources._ecg_qa:ecg_qa_ptbxl",
        "mimic-report": "ecg_bench.sources._reports:mimic_report",
        "ptbxl-labels": "ecg_bench.sources._labels:ptbxl_labels",
        "ptbxl-report": "ecg_bench.sources._reports:ptbxl_report",
        "signal-qa": "ecg_bench.sources._synthetic:signal_qa",
        "signal-report": "ecg_bench.sources._synthetic:signal_report",
        "synthetic-labels": "ecg_bench.sources._labels:synthetic_labels",
    },
)

__all__ = ["SOURCES", "SourceBuilder", "make", "needs", "takes"]
