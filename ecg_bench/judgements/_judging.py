"""One model or a panel on some runs, in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecg_bench.evaluation import Run
from ecg_bench.judgements._answers import StoredAnswers
from ecg_bench.judgements._panel import Combine, combine_verdicts
from ecg_bench.judgements._runs import Judged, judge_runs
from ecg_bench.judging import Judge, load_judge
from ecg_bench.runs import ScoringRecord


@dataclass(frozen=True)
class Judging:
    """What one or several models said about some runs.

    Attributes
    ----------
    judge : Judge
        By which rubric.
    members : sequence of Judged
        What each said.
    panel : mapping of Path to ScoringRecord
        Of several, what they say together; empty for one.
    """

    judge: Judge
    members: Sequence[Judged]
    panel: Mapping[Path, ScoringRecord]

    @property
    def judgements(self) -> Sequence[Run]:
        """The judges' own runs."""
        return [member.judgement for member in self.members]

    @property
    def scorings(self) -> list[tuple[Path, ScoringRecord]]:
        """Everything that was added to runs, in order."""
        found = [(path, record) for member in self.members for path, record in member.scorings.items()]
        return found + list(self.panel.items())

    @property
    def notices(self) -> list[str]:
        """What should be known before the numbers are used."""
        return list(dict.fromkeys(notice for _, record in self.scorings for notice in record.notices))

    @property
    def has_errors(self) -> bool:
        """Whether a judge could not be asked about some answer."""
        return any(run.error_rate > 0 for run in self.judgements)

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "judge": self.judge.name,
            "judgements": [str(run.path) for run in self.judgements],
            "scorings": [
                {"run": str(path), "scoring": record.model_dump(mode="json")} for path, record in self.scorings
            ],
        }


def judge_with(
    runs: Sequence[str | Path],
    judge: str | Path | Judge,
    models: Sequence[str],
    *,
    combine: Combine = "majority",
    include: Sequence[str | Path] = (),
    **given: Any,
) -> Judging:
    """Let one or several models judge the open answers of complete runs.

    Parameters
    ----------
    runs : sequence of path
        Run directories.
    judge : str, path or Judge
        The name of a judge that ecg-bench brings, or a YAML file.
    models : sequence of str
        Who judges; several are a panel.
    combine : {"majority", "median"}
        How the verdicts of a panel become one.
    include : sequence of path
        Further domain packs.
    **given
        As for `judge_runs`.

    Raises
    ------
    UserError
        If anything given is wrong.
    StoppedError
        If a limit was reached or the user broke off; the same call goes on from there.
    """
    opened = judge if isinstance(judge, Judge) else load_judge(judge)
    members = [one for model in models for one in judge_runs(runs, opened, model, include=include, **given)]
    panel: Mapping[Path, ScoringRecord] = {}
    if len(models) > 1:
        by_model = {
            model: [one for one in members if one.model == model] for model in dict.fromkeys(m.model for m in members)
        }
        stored = [StoredAnswers(path, include) for path in runs]
        panel = combine_verdicts(opened, list(by_model.values()), stored, combine)
    return Judging(opened, members, panel)
