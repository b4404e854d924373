"""``ecg-bench score``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ecg_bench.cli._common import console, emit_json, json_option
from ecg_bench.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecg_bench.runs import ScoredTaskRecord
    from ecg_bench.text_metrics import TextMetric

EPILOG = """\b
Examples:
  ecg-bench score RUN                                       the default metrics, added to the run's results
  ecg-bench score RUN --metrics rouge,bertscore --model-path LOCAL_BERT
  ecg-bench score pairs.jsonl --metrics bleu,chrf,rouge,meteor --json
  ecg-bench score answers.csv --references references.jsonl
  ecg-bench score answers.csv --references answers.csv --reference-system NAME
  ecg-bench score RUN --metrics bleu --metric-arg bleu.compat=ecg-llm
\b
No metric here says whether an answer is right. In the study that this project stands on, they ran against the
cardiologist's ranking: docs/text-metrics.md says what each one means, and which never to rank by.
"""


@click.command("score", epilog=EPILOG)
@click.argument("what", type=click.Path(), metavar="RUN|FILE")
@click.option(
    "--metrics",
    metavar="NAMES",
    help="Separated by commas: bleu, chrf, rouge, meteor, critical, bertscore, cider.  [default: the first five]",
)
@click.option(
    "--metric-arg",
    "metric_arg",
    multiple=True,
    metavar="METRIC.OPTION=X",
    help="An option of a metric; repeatable.",
)
@click.option("--model-path", metavar="PATH_OR_ID", help="The model of bertscore: a folder, or a name on the hub.")
@click.option("--references", type=click.Path(), metavar="FILE", help="Where the references are, if not in FILE.")
@click.option("--reference-system", metavar="NAME", help="Whose answers in --references stand for references.")
@click.option("--scores", "scores_file", type=click.Path(), metavar="FILE", help="Write each answer's scores as CSV.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the resampling.")
@json_option
def command(
    what: str,
    metrics: str | None,
    metric_arg: tuple[str, ...],
    model_path: str | None,
    references: str | None,
    reference_system: str | None,
    scores_file: str | None,
    seed: int,
    *,
    as_json: bool,
) -> None:
    """Compare stored answers with references, by text metrics.

    RUN is a run directory: the scores go into RUN/scorings, and their means into its results.json. FILE is JSONL, CSV
    or TSV with a row for each answer: answer, reference, and id or question; a column system tells several apart.
    """
    from pathlib import Path

    opened = _open(metrics, metric_arg, model_path)
    if Path(what).is_dir():
        given = {"--references": references, "--reference-system": reference_system, "--scores": scores_file}
        for option, value in given.items():
            if value is not None:
                raise UserError(f"{option} goes with a file of answers; a run has its references and keeps its scores")
        _score_run(what, opened, as_json=as_json)
        return
    from ecg_bench.scoring import score_file

    if reference_system is not None and references is None:
        raise UserError("--reference-system names a system of the file in --references: give that too")
    scored = score_file(what, opened, references=references, reference_system=reference_system, seed=seed)
    if scores_file is not None:
        scored.write_scores(scores_file)
    if as_json:
        emit_json(
            {
                "file": what,
                "systems": {name: one.model_dump(mode="json") for name, one in scored.systems.items()},
                "notices": list(scored.notices),
            }
        )
        return
    _print(scored.systems, "system", what, scored.notices)


def _open(metrics: str | None, metric_arg: tuple[str, ...], model_path: str | None) -> dict[str, TextMetric]:
    from ecg_bench.backends import parse_arguments
    from ecg_bench.scoring import DEFAULT_METRICS, open_metrics

    names = [name.strip() for name in metrics.split(",") if name.strip()] if metrics else list(DEFAULT_METRICS)
    arguments = parse_arguments(metric_arg)
    if model_path is not None:
        if "bertscore" not in names:
            raise UserError("--model-path is the model of bertscore: add it to --metrics")
        arguments["bertscore.model"] = model_path
    return open_metrics(names, arguments)


def _score_run(path: str, metrics: Mapping[str, TextMetric], *, as_json: bool) -> None:
    from ecg_bench.evaluation import load_run
    from ecg_bench.scoring import score_run

    records = score_run(path, metrics)
    if as_json:
        emit_json({"run": path, "scorings": {name: one.model_dump(mode="json") for name, one in records.items()}})
        return
    tasks: dict[str, ScoredTaskRecord] = {}
    for record in records.values():
        for task, one in record.tasks.items():
            before = tasks.get(task)
            tasks[task] = one if before is None else before.model_copy(update={"metrics": before.metrics | one.metrics})
    notices = list(dict.fromkeys(notice for record in records.values() for notice in record.notices))
    _print(tasks, "task", load_run(path).system, notices)


def _print(parts: Mapping[str, ScoredTaskRecord], what: str, title: str, notices: Any) -> None:
    from rich.markup import escape

    from ecg_bench.cli._tables import scores_table

    out = console()
    out.print(scores_table(parts, what, title))
    for notice in notices:
        out.print(f"[yellow]note:[/] {escape(notice)}")
