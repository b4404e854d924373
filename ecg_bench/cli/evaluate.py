"""``ecg-bench eval``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ecg_bench.cli._common import (
    ModelName,
    TaskName,
    console,
    emit_json,
    include_option,
    json_option,
    model_arg_option,
    no_cache_option,
    quiet_option,
    report_errors,
    task_arg_option,
)
from ecg_bench.cli._limits import LIMITS, limit_options, limits_of
from ecg_bench.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecg_bench.evaluation import Run
    from ecg_bench.judgements import Judging

LEVELS = ("debug", "info", "warning", "error")

EPILOG = """\b
Examples:
  ecg-bench eval
  ecg-bench eval --model baseline/random --tasks ecg/mcq-general --limit 50 --seed 7 --out RUN --json
  ecg-bench eval --model replay/answers.jsonl --system NAME --tasks ecg/open-factual --out RUN
  ecg-bench eval --model hf/PATH --mode loglikelihood --tasks 'ecg/mcq-*' --out RUN
  ecg-bench eval --model openai/NAME --model-arg base_url=http://127.0.0.1:8000/v1 --tasks ecg/open-factual
  ecg-bench eval --model openai/NAME --dry-run
  ecg-bench eval --model anthropic/NAME --max-cost 5 --batch --out RUN
  ecg-bench eval --tasks 'ecg/open-*' --judge ecg-correctness --judge-model openai/NAME --judge-arg base_url=URL
  ecg-bench eval --model rag/INDEX --generator hf/PATH --tasks 'ecg/*' --out RUN
  ecg-bench eval --resume --out RUN
\b
Exit codes: 0 all asked and scored, 1 more errors than --max-error-rate, 2 a mistake in what was given,
130 stopped before the end, by Ctrl-C or by a limit (repeat the command to go on).
"""


@click.command("eval", epilog=EPILOG)
@click.option(
    "--model",
    type=ModelName(),
    metavar="PROVIDER/NAME",
    help="What to ask; 'ecg-bench models list' shows the providers.  [default: baseline/bm25]",
)
@model_arg_option
@click.option(
    "--generator",
    type=ModelName(),
    metavar="PROVIDER/NAME",
    help="With rag/INDEX: who answers with what retrieval finds.",
)
@click.option(
    "--generator-arg", "generator_arg", multiple=True, metavar="KEY=VALUE", help="An argument of that provider."
)
@click.option(
    "--system", metavar="NAME", help="Name on the leaderboard; with a replay file of several systems, which of them."
)
@click.option(
    "--tasks",
    multiple=True,
    type=TaskName(),
    metavar="TASK",
    help="Task name, with wildcards in quotes. May be "
    "repeated, or separated by commas.  [default: ecg/mcq-*, or the questions of a replay file]",
)
@task_arg_option
@click.option(
    "--out",
    type=click.Path(),
    metavar="DIR",
    help="The run directory; an unfinished run of the same settings in it "
    "is resumed.  [default: results/runs/<system>-<fingerprint>]",
)
@click.option("--resume", "resume_run", is_flag=True, help="Finish the run in --out with its own settings.")
@click.option(
    "--mode",
    type=click.Choice(["generate", "loglikelihood"]),
    default="generate",
    show_default=True,
    help="Read what the model writes, or compare the probabilities of the options.",
)
@click.option(
    "--score-by",
    type=click.Choice(["letter", "option"]),
    default="letter",
    show_default=True,
    help="With loglikelihood: compare letters after the options were shown, or the options' texts.",
)
@click.option(
    "--permutations",
    type=int,
    default=1,
    show_default=True,
    metavar="K",
    help="Ask each multiple-choice item under K orders of its options, and report consistency.",
)
@click.option(
    "--num-fewshot",
    type=int,
    default=0,
    show_default=True,
    metavar="N",
    help="Worked examples before each question, from the task's own pool.",
)
@click.option("--limit", type=int, metavar="N", help="Ask N samples of each task, drawn under the seed.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of option order, --limit, examples and sampling.")
@click.option("--max-tokens", type=int, metavar="N", help="The most tokens of an answer.  [default: the task's]")
@click.option("--temperature", type=float, metavar="T", help="0 is greedy.  [default: the task's]")
@click.option(
    "--max-error-rate",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="Exit with 0 although up to this share of requests ended in errors.",
)
@click.option(
    "--epochs",
    type=int,
    default=1,
    show_default=True,
    metavar="K",
    help="Ask everything K times under K seeds; report mean, majority vote and pass@k.",
)
@click.option(
    "--ecg-as",
    type=click.Choice(["signal", "image", "features"]),
    help="As what an ECG is shown: samples, a picture of the page, or measurements in words.  [default: what the model "
    "takes first]",
)
@click.option("--no-signal", is_flag=True, help="Show no ECG, as a control: is the answer in the question already?")
@click.option(
    "--perturb",
    metavar="KEY=VALUE,…",
    help="Disturb each ECG under the seed before it is shown, such as snr=10,noise=muscle.",
)
@click.option(
    "--judge",
    metavar="NAME|FILE",
    help="Let a judge score the open answers afterwards, as 'ecg-bench judge' does; needs --judge-model.",
)
@click.option("--judge-model", type=ModelName(), metavar="PROVIDER/NAME", help="Who judges.")
@click.option("--judge-arg", "judge_arg", multiple=True, metavar="KEY=VALUE", help="An argument of that provider.")
@click.option("--dry-run", is_flag=True, help="Print prompts, token counts and cost, and ask nothing.")
@limit_options
@click.option("--batch", is_flag=True, help="Use the provider's batch API: half the price, answers within a day.")
@no_cache_option
@include_option
@quiet_option
@click.option(
    "--log-level",
    type=click.Choice(LEVELS),
    help="Print the log at this level and above to standard error; DIR/log.jsonl has it in any case.",
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    resume_run: bool,
    dry_run: bool,
    no_cache: bool,
    log_level: str | None,
    max_error_rate: float,
    judge: str | None,
    judge_model: str | None,
    judge_arg: tuple[str, ...],
    generator: str | None,
    generator_arg: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> int:
    """Run tasks against a model and leave a run directory.

    Without any option: the retrieval baseline on the ECG multiple-choice tasks, with no key, no GPU and no download.
    The directory holds run.json (what was run), samples.jsonl (every prompt, answer and score) and results.json
    (every number with its interval).
    """
    from ecg_bench.backends import generator_arguments, parse_arguments
    from ecg_bench.evaluation import DEFAULT_MODEL, evaluate_systems, resume

    given = {n: v for n, v in options.items() if ctx.get_parameter_source(n) is not ParameterSource.DEFAULT}
    given["limits"] = limits_of({name: given.pop(name) for name in LIMITS if name in given})
    judging = _judging_of(judge, judge_model, judge_arg)
    if "model_arg" in given:
        given["model_args"] = parse_arguments(given.pop("model_arg"))
    if "task_arg" in given:
        given["task_args"] = parse_arguments(given.pop("task_arg"), "--task-arg")
    if generator is not None or generator_arg:
        more = generator_arguments(given.get("model", DEFAULT_MODEL), generator, generator_arg)
        given["model_args"] = given.get("model_args", {}) | more
    if "tasks" in given:
        given["tasks"] = [name for names in given["tasks"] for name in names.split(",") if name]
    if log_level is not None:
        from ecg_bench.log import log_to_stderr

        log_to_stderr(log_level)
    if dry_run:
        if judging:
            click.echo("ecg-bench: what the judge will cost depends on the answers, and is not in this", err=True)
        return _dry_run(given, resume_run=resume_run, as_json=as_json)
    given["cache"] = not no_cache
    if as_json:
        given["quiet"] = True
    if resume_run:
        if "out" not in given:
            raise UserError("--resume needs --out: the directory of the run to finish")
        runs = [resume(**given)]
    else:
        runs = evaluate_systems(**given)
    judged = _judge(runs, judging, given) if judging else None
    if as_json:
        record = {"runs": [_as_json(run) for run in runs]}
        emit_json(record if judged is None else record | {"judging": judged.as_record()})
    for run in runs:
        if not as_json:
            _print(run)
        report_errors(run)
    if judged is not None and not as_json:
        from ecg_bench.cli.judge import print_judging

        print_judging(judged)
        for run in judged.judgements:
            report_errors(run)
    judges = [] if judged is None else judged.judgements
    return int(any(run.error_rate > max_error_rate for run in (*runs, *judges)))


def _judging_of(judge: str | None, model: str | None, arguments: tuple[str, ...]) -> dict[str, Any]:
    """Return what is asked for by --judge and its companions, checked before anything is run; empty without them."""
    from ecg_bench.backends import parse_arguments

    if judge is None:
        if model is not None or arguments:
            raise UserError("--judge-model and --judge-arg say who judges: name the judge with --judge")
        return {}
    if model is None:
        raise UserError(
            f"--judge {judge} needs --judge-model: there is no default, so that no model judges itself by accident"
        )
    from ecg_bench.judging import load_judge

    return {"judge": load_judge(judge), "models": [model], "model_args": parse_arguments(arguments)}


def _judge(runs: Sequence[Run], judging: dict[str, Any], given: dict[str, Any]) -> Judging:
    from ecg_bench.judgements import judge_with

    shared = {name: given[name] for name in ("include", "limits", "cache", "batch", "quiet", "seed") if name in given}
    return judge_with([run.path for run in runs], **judging, **shared)


def _dry_run(given: dict[str, Any], *, resume_run: bool, as_json: bool) -> int:
    from ecg_bench.evaluation import dry_run

    if resume_run:
        raise UserError("--dry-run looks at a run before it begins: leave out --resume")
    plans = dry_run(**{name: value for name, value in given.items() if name not in ("out", "quiet")})
    if as_json:
        emit_json({"dry_run": [plan.as_record() for plan in plans]})
        return 0
    from ecg_bench.cli._tables import print_dry_run

    for plan in plans:
        print_dry_run(console(), plan)
    return 0


def _as_json(run: Run) -> dict[str, Any]:
    header = run.header
    return {
        "run": str(run.path),
        "system": header.system.name,
        "status": header.status,
        "outcomes": header.outcomes,
        "notices": header.notices,
        "totals": header.totals.model_dump(mode="json") if header.totals else None,
        "results": run.results.model_dump(mode="json"),
    }


def _print(run: Run) -> None:
    from rich.markup import escape

    from ecg_bench.cli._tables import few_line, results_table, totals_line

    out = console()
    out.print(results_table(run))
    if run.header.totals is not None and (taken := totals_line(run.header.totals)):
        out.print(f"[dim]{taken}[/]")
    if few := few_line(run):
        out.print(f"[yellow]note:[/] {escape(few)}")
    for notice in run.header.notices:
        out.print(f"[yellow]note:[/] {escape(notice)}")
    out.print(f"[dim]samples, results and settings: {escape(str(run.path))}[/]\n")
