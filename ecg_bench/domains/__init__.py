"""Domain packs: one folder for each medical field, with its tasks, data and corpus.

A pack is a folder with a ``domain.yaml``, one YAML file for each task, their data as JSONL or CSV, and (for retrieval
and provenance) a corpus of Markdown documents. Packs are found in the installed package, in the folders named by
``--include`` or the variable ``ECG_BENCH_DOMAINS``, and through entry points of the group ``ecg_bench.domains``.
"""

from ecg_bench.domains._corpus import Corpus, Document, Passage, slug
from ecg_bench.domains._datasets import Dataset, FileDataset, ListDataset, MadeDataset, Scan
from ecg_bench.domains._discovery import Domain, find_domains, open_pack
from ecg_bench.domains._tasks import Task, TaskEntry, find_tasks, known_tasks, load_task

__all__ = [
    "Corpus",
    "Dataset",
    "Document",
    "Domain",
    "FileDataset",
    "ListDataset",
    "MadeDataset",
    "Passage",
    "Scan",
    "Task",
    "TaskEntry",
    "find_domains",
    "find_tasks",
    "known_tasks",
    "load_task",
    "open_pack",
    "slug",
]
