"""The settings that a sweep tried, the best first."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ecg_bench.adapters.rag._means import MEASURES, Value
from ecg_bench.files import make_folder, to_json, write_whole, writing

Metric = Literal["recall", "covered", "ndcg", "mrr"]
NONE = "none"
SHOWN = 40  # settings in the plot


@dataclass(frozen=True)
class Setting:
    """One way to build and search."""

    size: int
    embedding: str
    method: str
    reranker: str
    k: int

    @property
    def label(self) -> str:
        """What tells it from others, in a line."""
        models = [Path(self.embedding).name, *([] if self.reranker == NONE else [f"rerank {Path(self.reranker).name}"])]
        return f"{self.size}, {self.method}, k {self.k}, {', '.join(models)}"


@dataclass(frozen=True)
class Tried:
    """A setting with what it found: each measure's mean, and whether it is told apart from the best."""

    setting: Setting
    values: Mapping[str, Value]
    worse: bool


@dataclass(frozen=True)
class Sweep:
    """What `sweep` found.

    Attributes
    ----------
    metric : str
        What the settings were compared by.
    unit : str
        What sizes and context lengths count.
    tried : tuple of Tried
        The best first.
    test : str
        How they were compared.
    questions : tuple of (str, str)
        Task and id of each question that they were chosen on.
    notices : tuple of str
        What to know about it.
    """

    metric: Metric
    unit: str
    tried: tuple[Tried, ...]
    test: str
    questions: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]

    @property
    def best(self) -> Tried:
        """The setting with the best mean."""
        return self.tried[0]

    @property
    def equals(self) -> int:
        """How many other settings are not told apart from the best."""
        return sum(not one.worse for one in self.tried[1:])

    @property
    def leanest(self) -> Tried:
        """Of the settings that are not told apart from the best, the one with the shortest context."""
        return min((one for one in self.tried if not one.worse), key=lambda one: one.values["context"].value or 0.0)

    def as_record(self) -> dict[str, Any]:
        """Return everything, as JSON can hold it."""
        tried = [
            {**asdict(one.setting), "worse": one.worse, "values": {name: asdict(v) for name, v in one.values.items()}}
            for one in self.tried
        ]
        return {
            "metric": self.metric,
            "unit": self.unit,
            "test": self.test,
            "best": asdict(self.best.setting),
            "not_told_apart_from_best": self.equals,
            "leanest_of_these": asdict(self.leanest.setting),
            "settings": tried,
            "notices": list(self.notices),
            "questions": [{"task": task, "id": name} for task, name in self.questions],
        }

    def plot(self) -> str:
        """Return the settings with their intervals, as SVG."""
        from ecg_bench.plots import Mark, forest
        from ecg_bench.plots import Row as Line

        lines = []
        for one in self.tried[:SHOWN]:
            found = one.values[self.metric]
            name = "told apart from the best" if one.worse else "not told apart from the best"
            mark = Mark(found.value or 0.0, found.low, found.high, "second" if one.worse else "first", one.worse, name)
            lines.append(Line(one.setting.label, (mark,), f"{one.values['context'].value:,.0f} {self.unit.split()[0]}"))
        return forest(lines, title=f"Retrieval settings by {self.metric}", axis=f"{self.metric}, with 95 % intervals")

    def write(self, out: str | Path) -> None:
        """Write ``sweep.json``, ``sweep.csv`` and ``sweep.svg`` (and ``.png`` where fonts are) into a folder.

        Raises
        ------
        UserError
            If it can't be written.
        """
        from ecg_bench.plots import write_plots

        folder = make_folder(out)
        with writing(folder / "sweep.csv") as file:
            table = csv.writer(file, lineterminator="\n")
            ends = [f"{name}_{end}" for name in MEASURES for end in ("value", "low", "high")]
            table.writerow([*Setting.__dataclass_fields__, *ends, "worse_than_best"])
            for one in self.tried:
                numbers = [getattr(one.values[name], end) for name in MEASURES for end in ("value", "low", "high")]
                table.writerow([*asdict(one.setting).values(), *numbers, one.worse])
        write_plots({"sweep": self.plot()}, folder)
        write_whole(folder / "sweep.json", to_json(self.as_record()))
