"""``ecg-bench export``."""

from __future__ import annotations

from typing import Any

import click

from ecg_bench.cli._common import TaskName, emit_json, include_option, json_option

EPILOG = """\b
Examples:
  ecg-bench export lm-eval --tasks 'ecg/*' --out DIR     tasks, for lm-eval to run
  ecg-bench export model-index RUN                       results, for a model card on the Hugging Face Hub
  ecg-bench export results RUN --out DIR                 results, for what reads lm-eval's files
"""

LM_EVAL_EPILOG = """\b
Examples:
  ecg-bench export lm-eval --tasks 'ecg/*' --out DIR
  lm_eval run --model hf --model_args pretrained=PATH --include_path DIR --tasks ecg_mcq_general
"""

MODEL_INDEX_EPILOG = """\b
Examples:
  ecg-bench export model-index RUN                          print it, to be pasted between the --- lines of README.md
  ecg-bench export model-index RUN1 RUN2 --name org/model --out model-index.yaml
"""

RESULTS_EPILOG = """\b
Examples:
  ecg-bench export results RUN --out DIR            DIR/MODEL/results_TIME.json, as lm-eval names it
  ecg-bench export results RUN --out results.json   this very file
"""


@click.group("export", epilog=EPILOG)
def command() -> None:
    """Write tasks and results for other tools."""


@command.command("lm-eval", epilog=LM_EVAL_EPILOG)
@click.option(
    "--tasks",
    multiple=True,
    required=True,
    type=TaskName(),
    metavar="TASK",
    help="Task name, with wildcards in quotes. May be repeated, or separated by commas.",
)
@click.option("--out", required=True, type=click.Path(), metavar="DIR", help="The folder to write.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the order of options.")
@click.option(
    "--score-by",
    type=click.Choice(["letter", "option"]),
    default="letter",
    show_default=True,
    help="What is compared by log-likelihood: letters after the options were shown, or the options' texts.",
)
@include_option
@json_option
def lm_eval(tasks: tuple[str, ...], include: tuple[str, ...], *, as_json: bool, **options: Any) -> None:
    """Write tasks as lm-eval YAML and data, for lm_eval --include_path DIR.

    The prompts are those of 'ecg-bench eval', rendered into the data; the folder needs nothing of this package and can
    be moved. Its README.md says which task is for what.
    """
    from ecg_bench.domains import find_tasks
    from ecg_bench.exports import export_lm_eval

    names = [name for given in tasks for name in given.split(",") if name]
    export = export_lm_eval(find_tasks(names, include), **options)
    if as_json:
        emit_json(
            {
                "out": str(export.path),
                "tasks": list(export.tasks),
                "samples": export.samples,
                "left_out": list(export.left_out),
            }
        )
        return
    click.echo(f"{export.samples} samples, {len(export.tasks)} tasks and groups in {export.path}:")
    for name in export.tasks:
        click.echo(f"  {name}")
    if export.left_out:
        click.echo(f"left out, since lm-eval's text models can't be shown an ECG: {', '.join(export.left_out)}")


@command.command("model-index", epilog=MODEL_INDEX_EPILOG)
@click.argument("runs", nargs=-1, required=True, type=click.Path(), metavar="RUN...")
@click.option("--name", metavar="NAME", help="What the model is called on the Hub.  [default: the system's name]")
@click.option("--out", type=click.Path(), metavar="FILE", help="Write it into this file instead of printing it.")
@json_option
def write_model_index(runs: tuple[str, ...], name: str | None, out: str | None, *, as_json: bool) -> None:
    """Print the model-index block of a Hugging Face model card, from complete runs of one model.

    Each task becomes a result: its main metric, text metrics and judges, with interval and denominator in the metric's
    name and, as numbers, in its args. The revision of the data set is the hash of its data.
    """
    from pathlib import Path

    import yaml

    from ecg_bench.evaluation import load_run
    from ecg_bench.exports import model_index
    from ecg_bench.files import write_whole

    block = model_index([load_run(run) for run in runs], name=name)
    if out is not None:
        write_whole(Path(out), block)
    if as_json:
        emit_json(yaml.safe_load(block))
    elif out is None:
        click.echo(block, nl=False)


@command.command("results", epilog=RESULTS_EPILOG)
@click.argument("run", type=click.Path(), metavar="RUN")
@click.option("--out", required=True, type=click.Path(), metavar="FILE|DIR", help="A .json file, or a folder.")
@json_option
def write_results(run: str, out: str, *, as_json: bool) -> None:
    """Write a complete run's results as lm-eval lays out its own results JSON.

    What reads lm-eval's files can read it. Intervals, outcomes and signatures, for which that layout has no place,
    stand under the name ecg_bench in the same file.
    """
    from ecg_bench.evaluation import load_run
    from ecg_bench.exports import write_lm_eval_results

    path = write_lm_eval_results(load_run(run), out)
    if as_json:
        emit_json({"out": str(path)})
    else:
        click.echo(path)
