"""``ecg-bench robustness``."""

from __future__ import annotations

import click

from ecg_bench.cli._common import console, emit_json, json_option

EPILOG = """\b
Examples:
  ecg-bench eval --model M --tasks 'ecg/signal-*' --out CLEAN
  ecg-bench eval --model M --tasks 'ecg/signal-*' --perturb snr=10,noise=muscle --out SNR10
  ecg-bench eval --model M --tasks 'ecg/signal-*' --perturb snr=0,noise=muscle --out SNR0
  ecg-bench eval --model M --tasks 'ecg/signal-*' --no-signal --out CONTROL
  ecg-bench robustness CLEAN SNR10 SNR0 CONTROL --out CURVES
"""


@click.command("robustness", epilog=EPILOG)
@click.argument("runs", type=click.Path(), metavar="RUN...", nargs=-1, required=True)
@click.option("--metric", metavar="NAME", help="A metric of the results.  [default: each task's main metric]")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the paired tests.")
@click.option(
    "--out", type=click.Path(), metavar="DIR", help="Also write robustness.json, .md, .csv and the plots here."
)
@json_option
def command(runs: tuple[str, ...], *, metric: str | None, seed: int, out: str | None, as_json: bool) -> int:
    """Say how scores fall as ECGs are disturbed.

    Runs of one system that differ in how much of one disturbance there is make a curve. The run without any is where it
    begins, and one with --no-signal is what it can fall to.
    """
    from ecg_bench.robustness import print_robustness, robustness

    found = robustness(runs, metric=metric, seed=seed)
    if out is not None:
        found.write(out)
    if as_json:
        emit_json(found.model_dump(mode="json"))
    else:
        print_robustness(found, console())
    return 0
