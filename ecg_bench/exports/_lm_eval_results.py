"""A run's results in the layout in which lm-eval leaves its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ecg_bench.evaluation import Run
from ecg_bench.exports._measures import higher_is_better, judges, model_name, scorings, shown_metrics, standard_error
from ecg_bench.files import make_folder, to_json, write_whole
from ecg_bench.runs import EstimateRecord, SessionRecord, TaskRecord

OUTPUTS = {"generate": "generate_until", "loglikelihood": "multiple_choice"}
FILTER = "none"


def lm_eval_results(run: Run) -> dict[str, Any]:
    """Return a run's results in the layout of lm-eval's ``results_*.json``, as of lm-eval 0.4.13.

    Metrics stand as ``NAME,none`` with ``NAME_stderr,none``. lm-eval's layout has no place for intervals, outcomes and
    signatures: they are under ``ecg_bench``, which its readers pass over. Names of tasks are ours, so that nobody takes
    them for lm-eval's; what lm-eval would know of its own process (``git_hash`` and the like) is null.

    Raises
    ------
    UserError
        If the run is not complete.
    """
    header, results = run.header, run.results
    by_judge = frozenset(judges(scorings(run)))
    shown = {task.name: dict(shown_metrics(results.tasks[task.name])) for task in header.tasks}
    settings, name = header.settings, model_name(run)
    return {
        "results": {task.name: _values(task, shown[task.name]) for task in header.tasks},
        "group_subtasks": {task.name: [] for task in header.tasks},
        "configs": {task.name: _config(task, run) for task in header.tasks},
        "versions": {task.name: task.version for task in header.tasks},
        "n-shot": {task.name: settings["num_fewshot"] for task in header.tasks},
        "higher_is_better": {
            task: {_key(metric): higher_is_better(metric, by_judge) for metric in metrics}
            for task, metrics in shown.items()
        },
        "n-samples": {task.name: {"original": task.data_samples, "effective": task.samples} for task in header.tasks},
        "config": _execution(run),
        "git_hash": None,
        "date": datetime.fromisoformat(header.sessions[0].started).timestamp(),
        "pretty_env_info": None,
        "transformers_version": header.environment.get("packages", {}).get("transformers"),
        "lm_eval_version": None,
        "upper_git_hash": None,
        "task_hashes": {},
        "model_source": header.system.provider,
        "model_name": name,
        "model_name_sanitized": sanitized(name),
        "system_instruction": None,
        "chat_template": None,
        "total_evaluation_time_seconds": str(sum(_seconds(one) for one in header.sessions)),
        "ecg_bench": {
            "version": header.ecg_bench,
            "fingerprint": header.fingerprint,
            "system": header.system.name,
            "intervals": {
                task: {metric: _interval(one) for metric, one in metrics.items()} for task, metrics in shown.items()
            },
            "outcomes": {task.name: results.tasks[task.name].outcomes for task in header.tasks},
            "notices": [*header.notices, *(notice for one in scorings(run) for notice in one.notices)],
        },
    }


def write_lm_eval_results(run: Run, out: str | Path) -> Path:
    """Write a run's results for readers of lm-eval's files, and return where they are.

    Parameters
    ----------
    run : Run
        A complete run.
    out : path
        A file whose name ends in ``.json``, which is written; or a folder, in which it becomes
        ``MODEL/results_TIME.json`` as lm-eval names it, with the time at which the run ended.

    Raises
    ------
    UserError
        If the run is not complete, or the file can't be written.
    """
    results = lm_eval_results(run)
    path = Path(out)
    if path.suffix == ".json":
        make_folder(path.parent)
    else:
        last = run.header.sessions[-1]
        ended = datetime.fromisoformat(last.finished or last.started).replace(tzinfo=None).isoformat()
        path = make_folder(path / results["model_name_sanitized"]) / f"results_{ended.replace(':', '-')}.json"
    write_whole(path, to_json(results))
    return path


def sanitized(name: str) -> str:
    """Return a model's name as lm-eval names its folder."""
    return re.sub(r"[\"<>:/|\\?*\[\]]+", "__", name).strip(".") or "__"


def _seconds(session: SessionRecord) -> float:
    started = datetime.fromisoformat(session.started)
    return (datetime.fromisoformat(session.finished or session.started) - started).total_seconds()


def _key(metric: str) -> str:
    return metric.replace(",", ";")  # a comma stands between a metric and its filter


def _values(task: TaskRecord, metrics: Mapping[str, EstimateRecord]) -> dict[str, Any]:
    values: dict[str, Any] = {"name": task.name, "alias": task.name, "sample_len": task.samples}
    for name, one in metrics.items():
        error = standard_error(one)
        values[f"{_key(name)},{FILTER}"] = one.value
        values[f"{_key(name)}_stderr,{FILTER}"] = "N/A" if error is None else error
    return values


def _interval(one: EstimateRecord) -> dict[str, Any]:
    return one.model_dump(mode="json", exclude={"value"})


def _config(task: TaskRecord, run: Run) -> dict[str, Any]:
    return {
        "task": task.name,
        "task_alias": task.title,
        "dataset_path": "ecg-bench",
        "dataset_name": task.name,
        "test_split": "test",
        "output_type": OUTPUTS[run.header.settings["mode"]],
        "num_fewshot": run.header.settings["num_fewshot"],
        "repeats": task.repeats,
        "generation_kwargs": {
            "max_gen_toks": task.max_tokens,
            "temperature": task.temperature,
            "do_sample": task.temperature > 0,
        },
        "metadata": {
            "version": task.version,
            "data_sha256": task.data_sha256,
            "prompt_sha256": task.prompt_sha256,
            "domain": task.domain,
        },
    }


def _execution(run: Run) -> dict[str, Any]:
    system, settings = run.header.system, run.header.settings
    seeds = {f"{name}_seed": settings["seed"] for name in ("random", "numpy", "torch", "fewshot")}
    return {
        "model": system.provider,
        "model_args": {"pretrained": model_name(run), **system.arguments},
        "batch_size": None,
        "batch_sizes": [],
        "device": None,
        "use_cache": None,
        "limit": settings["limit"],
        "bootstrap_iters": 0,
        "gen_kwargs": {},
        **seeds,
    }
