"""A finished run, for Python and notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecg_bench.errors import UserError
from ecg_bench.runs import LABELS, SCORES, ResultsRecord, RunDirectory, RunRecord, ScoreTable, read_scores
from ecg_bench.samples import Outcome

if TYPE_CHECKING:
    import pandas as pd


class Run:
    """What a run left, read on demand.

    Parameters
    ----------
    path : path
        The run directory.

    Raises
    ------
    UserError
        If it holds no run.
    """

    def __init__(self, path: str | Path) -> None:
        self._directory = RunDirectory(Path(path))

    @property
    def path(self) -> Path:
        """The run directory."""
        return self._directory.path

    @property
    def header(self) -> RunRecord:
        """What ``run.json`` holds."""
        return self._directory.header

    @property
    def system(self) -> str:
        """The name on the leaderboard."""
        return self.header.system.name

    @property
    def results(self) -> ResultsRecord:
        """What ``results.json`` holds."""
        return self._directory.results

    @cached_property
    def scores(self) -> dict[str, ScoreTable]:
        """Each task's per-sample scores, from ``scores.csv``."""
        return read_scores(self.path / SCORES)

    def samples(self) -> Iterator[dict[str, Any]]:
        """Yield the stored samples, one at a time, as in ``samples.jsonl``."""
        return self._directory.samples()

    @property
    def error_rate(self) -> float:
        """The share of requests that ended in an error."""
        outcomes = self.header.outcomes
        return outcomes.get(Outcome.ERROR, 0) / max(1, sum(outcomes.values()))

    def errors(self) -> Iterator[tuple[str, str, str]]:
        """Yield task, sample id and message of every request that ended in an error."""
        for sample in self.samples():
            if sample["outcome"] == Outcome.ERROR:
                yield sample["task"], sample["id"], sample["error"]

    def to_pandas(self) -> pd.DataFrame:
        """Return the per-sample scores as a data frame: the columns of ``scores.csv``, a row for each request.

        Raises
        ------
        UserError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise UserError("to_pandas() needs pandas: install it with pip install 'ecg-bench[report]'") from None
        path = self.path / SCORES
        text = ("task", "id", *(label for label in LABELS if label != "choice"))
        numbers = [name for name in pd.read_csv(path, nrows=0).columns if name not in text]
        return pd.read_csv(
            path, dtype=dict.fromkeys(text, "string"), keep_default_na=False, na_values={name: [""] for name in numbers}
        )

    def _rows(self) -> list[tuple[str, str, str, str, str]]:
        rows = []
        for task, result in self.results.tasks.items():
            main = result.metrics[result.main_metric]
            unread = result.n - result.outcomes[Outcome.OK]
            value = f"{main.value:.3f}"
            rows.append(
                (
                    task,
                    result.main_metric,
                    value,
                    f"{main.low:.3f} to {main.high:.3f}",
                    f"{result.n} ({unread} not read)",
                )
            )
        return rows

    def __repr__(self) -> str:
        lines = [f"Run of {self.system} in {self.path} ({self.header.status})"]
        if self.header.status == "complete":
            lines += [
                f"  {task}: {metric} {value}, 95 % {interval}, n = {n}"
                for task, metric, value, interval, n in self._rows()
            ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("task", "metric", "value", "95 % interval", "n"))
        body = ""
        if self.header.status == "complete":
            body = "".join(
                "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self._rows()
            )
        title = escape(f"{self.system} in {self.path} ({self.header.status})")
        return f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def load_run(path: str | Path) -> Run:
    """Open a run directory.

    Raises
    ------
    UserError
        If it holds no run.
    """
    return Run(path)
