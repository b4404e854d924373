"""The results of a model as the ``model-index`` of its card on the Hugging Face Hub.

The layout is the Hub's: https://github.com/huggingface/hub-docs/blob/main/modelcard.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from ecg_bench.errors import UserError
from ecg_bench.evaluation import Run
from ecg_bench.exports._measures import card_metrics, judges, model_name, scorings
from ecg_bench.runs import EstimateRecord, ScoringRecord, TaskRecord, TaskResultRecord

TASKS = {"multiple_choice": ("multiple-choice", "Multiple choice"), "open": ("text-generation", "Open questions")}
METRICS = {"acc": ("accuracy", "Accuracy")}


def model_index(runs: Run | Sequence[Run], *, name: str | None = None) -> str:
    """Return the ``model-index`` block of a model card, in YAML, from one or several runs of one model.

    Each task is a result with its main metric, text metrics and judges; results.json has more. The revision of the data
    set is the SHA-256 of its file. A metric's name says its 95 % interval and its denominator, since the layout has no
    field for them; ``args`` holds them as numbers, with the signature from which the value can be computed again, and
    what is known of a judge's validity. ``verified`` is false: the numbers are the author's own.

    Parameters
    ----------
    runs : Run or sequence of Run
        Complete runs of one system; they may be of different tasks.
    name : str, optional
        What the model is called on the Hub, such as ``org/name``; by default the system's name.

    Raises
    ------
    UserError
        If there is no run, a run is not complete, or runs are of different systems.
    """
    given = [runs] if isinstance(runs, Run) else list(runs)
    if not given:
        raise UserError("a model card needs at least one run")
    first = given[0]
    for run in given[1:]:
        if run.system != first.system:
            raise UserError(
                f"is a run of {run.system}, not of {first.system}: a model card is of one model; export each by itself",
                path=run.path,
            )
    results = [result for run in given for result in _results(run)]
    block = {"model-index": [{"name": name or model_name(first), "results": results}]}
    return yaml.safe_dump(block, sort_keys=False, allow_unicode=True, width=110)


def _results(run: Run) -> Iterator[dict[str, Any]]:
    by_judge = judges(scorings(run))
    for task in run.header.tasks:
        kind, title = TASKS.get(task.type, ("text-generation", task.type))
        result = run.results.tasks[task.name]
        metrics = [_metric(name, one, by_judge) for name, one in card_metrics(result, frozenset(by_judge))]
        yield {
            "task": {"type": kind, "name": title},
            "dataset": {
                "type": _dataset_type(task.name),
                "name": task.title,
                "revision": task.data_sha256,
                "args": _asked(run, task, result),
            },
            "metrics": metrics,
        }


def _dataset_type(task: str) -> str:
    # Without a slash: "ecg/mcq-general" would be the id of a data set on the Hub, and somebody else's.
    return "ecg-bench-" + re.sub(r"[^A-Za-z0-9._-]+", "-", task)


def _asked(run: Run, task: TaskRecord, result: TaskResultRecord) -> dict[str, Any]:
    outcomes = {name: count for name, count in result.outcomes.items() if count}
    return {
        "task": task.name,
        "version": task.version,
        "samples": task.samples,
        "of_samples": task.data_samples,
        "prompt_sha256": task.prompt_sha256,
        "mode": run.header.settings["mode"],
        "num_fewshot": run.header.settings["num_fewshot"],
        "seed": run.header.settings["seed"],
        "outcomes": outcomes,
        "ecg_bench": run.header.ecg_bench,
    }


def _metric(name: str, one: EstimateRecord, by_judge: Mapping[str, ScoringRecord]) -> dict[str, Any]:
    kind, title = METRICS.get(name, (name, name))
    args: dict[str, Any] = {
        "low": one.low,
        "high": one.high,
        "confidence": one.confidence,
        "interval": one.method,
        "n": one.n,
        "signature": one.signature,
    }
    judge = by_judge.get(name.partition(":")[0])
    if judge is not None and judge.notices:
        args["validity"] = list(judge.notices)
    said = f"{title} ({100 * one.confidence:g} % interval {one.low:.3f} to {one.high:.3f}, n = {one.n:g})"
    return {"type": kind, "value": one.value, "name": said, "args": args, "verified": False}
