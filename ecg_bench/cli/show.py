"""``ecg-bench show``."""

from __future__ import annotations

from typing import Any

import click

from ecg_bench.cli._common import console, emit_json, json_option
from ecg_bench.errors import UserError, did_you_mean

EPILOG = """\b
Examples:
  ecg-bench show RUN
  ecg-bench show RUN --sample lbbb-g01
  ecg-bench show RUN --outcome unparsed              the samples whose answers could not be read
"""


@click.command("show", epilog=EPILOG)
@click.argument("run", type=click.Path(), metavar="RUN")
@click.option("--sample", metavar="ID", help="Show this sample in full: prompt, raw output, parse, score.")
@click.option("--outcome", metavar="OUTCOME", help="List the samples with this outcome, such as unparsed or error.")
@json_option
def command(run: str, sample: str | None, outcome: str | None, *, as_json: bool) -> None:
    """Look at a run, or at one sample of it in full."""
    from ecg_bench.evaluation import load_run
    from ecg_bench.samples import Outcome

    opened = load_run(run)
    if outcome is not None and outcome not in list(Outcome):
        raise UserError(f"there is no outcome {outcome!r}{did_you_mean(outcome, Outcome)}")
    if sample is None and outcome is None:
        if as_json:
            emit_json({"run": opened.header.model_dump(mode="json"), "results": opened.results.model_dump(mode="json")})
            return
        from ecg_bench.cli._tables import results_table

        console().print(results_table(opened))
        return
    known: list[str] = []
    found = []
    for one in opened.samples():
        known.append(one["id"])
        if (sample is None or one["id"] == sample) and (outcome is None or one["outcome"] == outcome):
            found.append(one)
    if sample is not None and not found:
        raise UserError(f"the run has no sample {sample!r}{did_you_mean(sample, set(known))}", path=run)
    if as_json:
        emit_json({"samples": found})
    elif sample is None:
        from ecg_bench.texts import one_line

        for one in found:
            click.echo(one_line(f"{one['task']} {one['id']}: {one['error'] or one['output'][:100]!r}"))
    else:
        for one in found:
            _print(one)


def _print(sample: dict[str, Any]) -> None:
    from rich import markup
    from rich.rule import Rule

    from ecg_bench.texts import plain

    def escape(text: str) -> str:
        return markup.escape(plain(text))  # what a model wrote must not write to the terminal by itself

    out = console()
    request = sample["request"]
    order = f", options shown in the order {request['order']}" if request["order"] else ""
    out.print(Rule(f"[bold]{escape(sample['task'])}[/] {escape(sample['id'])}", align="left"))
    place = f"group {escape(sample['group'])}, epoch {sample['epoch']}, permutation {sample['permutation']}"
    out.print(f"[dim]{place}, mode {request['mode']}{order}[/]\n")
    for message in request["messages"]:
        out.print(f"[cyan]{message['role']}[/]")
        out.print(escape(message["content"]) + "\n")
    for one in sample.get("context") or ():
        place = f"{one['document']}, lines {one['first_line']} to {one['last_line']}, score {one['score']:.4g}"
        out.print(f"[cyan]excerpt {one['rank']}[/] {escape(one['chunk'])} [dim]{escape(place)}[/]")
        out.print(escape(one["text"]) + "\n")
    if sample.get("context") == []:
        out.print("[cyan]no excerpt[/] nothing was found\n")
    if request["continuations"]:
        out.print("[cyan]log-likelihoods[/]")
        for text, value in zip(request["continuations"], sample["loglikelihoods"], strict=False):
            out.print(f"  {value:10.4f}  {escape(request['prefill'] + text)}")
        out.print()
    else:
        if sample["reasoning"]:
            out.print("[cyan]reasoning[/]")
            out.print(escape(sample["reasoning"]) + "\n")
        out.print("[cyan]output[/]")
        out.print((escape(sample["output"]) or "[dim](empty)[/]") + "\n")
    if sample["error"]:
        out.print(f"[red]error[/] {escape(sample['error'])}")
    scores = ", ".join(f"{name} {value:g}" for name, value in sample["scores"].items()) or "none yet"
    style = "green" if sample["outcome"] == "ok" else "yellow"
    parsed = sample["parsed"] if request["options"] else "the text"
    out.print(
        f"[cyan]outcome[/] [{style}]{sample['outcome']}[/]   [cyan]read as[/] {escape(str(parsed))}   "
        f"[cyan]right answer[/] {escape(str(sample['target']))}   [cyan]scores[/] {scores}"
    )
    out.print(f"[dim]{escape(_taken(sample))}[/]\n")


def _taken(sample: dict[str, Any]) -> str:
    """Say where an answer came from and what it took."""
    parts = [f"by {sample['model']}"] if sample["model"] else []
    parts.append("from the response cache" if sample["cached"] else f"in {sample['latency_s']:.3f} s")
    if usage := sample["usage"]:
        parts.append(f"{usage['input_tokens']} tokens read, {usage['output_tokens']} written")
    if sample["cost_usd"]:
        parts.append(f"{sample['cost_usd']:.6f} US dollars")
    if sample["retries"]:
        parts.append(f"after failed attempts: {', '.join(sample['retries'])}")
    return "answered " + ", ".join(parts)
