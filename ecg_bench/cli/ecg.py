"""``ecg-bench ecg show | simulate | check``."""

from __future__ import annotations

from typing import Any

import click

from ecg_bench.cli._common import emit_json, json_option

EPILOG = """\b
Examples:
  ecg-bench ecg show PTBXL/records500/00000/00001_hr --out page.png
  ecg-bench ecg simulate --rhythm afib --rate 110 --seed 1 --out REC
  ecg-bench ecg simulate --st inferior=0.3 --rate 80 --out STEMI     (then: ecg show STEMI --out page.svg)
  ecg-bench ecg check PTBXL
"""
RHYTHMS = ("sinus", "afib", "aflutter", "svt", "vt", "junctional", "paced")
BLOCKS = ("none", "lbbb", "rbbb", "lafb", "lpfb", "ivcd")
AV_BLOCKS = ("none", "first", "wenckebach", "mobitz2", "third")
TERRITORIES = ("inferior", "anterior", "lateral", "septal")


class Shift(click.ParamType):  # type: ignore[type-arg]  # not generic in older versions
    """A territory and millivolts: ``inferior=0.3``."""

    name = "territory=mV"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        """Split a text; what is split already stays as it is."""
        if isinstance(value, tuple):
            return value
        territory, _, millivolts = str(value).partition("=")
        try:
            return territory.strip(), float(millivolts)
        except ValueError:
            self.fail(f"{value!r} is no shift: write it as inferior=0.3, in millivolts", param, ctx)


@click.group("ecg", epilog=EPILOG)
def command() -> None:
    """Draw an ECG as a clinician's page, make one whose truth is known, check a data set of them."""


@command.command("show", epilog="Example: ecg-bench ecg show PTBXL/records500/00000/00001_hr --out page.png")
@click.argument("record", type=click.Path(), metavar="RECORD")
@click.option("--out", type=click.Path(), required=True, metavar="FILE", help="The page: a .png or an .svg.")
@click.option("--title", metavar="TEXT", help="The line at its top.  [default: the record's name]")
@click.option("--width", type=int, default=1600, show_default=True, metavar="N", help="Pixels across, of a PNG.")
@click.option("--rate", type=float, metavar="HZ", help="Samples per second, where the file doesn't say.")
@click.option("--units", metavar="UNIT", help="mV, uV, V or nV, where the file doesn't say.")
@json_option
def show(
    record: str, *, out: str, title: str | None, width: int, rate: float | None, units: str | None, as_json: bool
) -> None:
    """Draw RECORD on millimetre paper: 25 mm/s, 10 mm/mV.

    RECORD is a WFDB record (with or without .hea), or a .npy, .npz, .csv, .tsv or HL7 .xml file.
    """
    from ecg_bench.ecg.page import write_page
    from ecg_bench.ecg.reading import inspect, read_ecg

    ecg = read_ecg(record, rate=rate, units=units)
    path = write_page(ecg, out, title=ecg.record if title is None else title, width=width)
    faults = [fault.text for fault in inspect(ecg)]
    if as_json:
        emit_json({"page": str(path), "leads": list(ecg.leads), "seconds": ecg.duration, "faults": faults})
        return
    click.echo(f"{path}: {len(ecg.leads)} leads, {ecg.duration:g} s at {ecg.rate:g} Hz")
    for fault in faults:
        click.echo(f"  {fault}")


@command.command("simulate", epilog="Example: ecg-bench ecg simulate --rhythm afib --rate 110 --seed 1 --out REC")
@click.option("--out", type=click.Path(), required=True, metavar="REC", help="The WFDB record: REC.hea and REC.dat.")
@click.option("--rhythm", type=click.Choice(RHYTHMS), default="sinus", show_default=True)
@click.option("--rate", type=float, default=70.0, show_default=True, metavar="BPM", help="Beats a minute.")
@click.option(
    "--rate-variation", type=float, default=0.03, show_default=True, metavar="SHARE", help="SD of RR over its mean."
)
@click.option("--pr", "pr_ms", type=float, default=160.0, show_default=True, metavar="MS")
@click.option("--qrs", "qrs_ms", type=float, default=90.0, show_default=True, metavar="MS")
@click.option("--qt", "qt_ms", type=float, default=0.0, metavar="MS", help="[default: of the rate, at QTc 410 ms]")
@click.option("--axis", type=float, default=45.0, show_default=True, metavar="DEGREES")
@click.option("--block", type=click.Choice(BLOCKS), default="none", show_default=True)
@click.option("--av-block", type=click.Choice(AV_BLOCKS), default="none", show_default=True)
@click.option(
    "--st", "st_mv", type=Shift(), multiple=True, help="ST elevation, or depression below 0. May be repeated."
)
@click.option("--t-inverted", type=click.Choice(TERRITORIES), multiple=True, help="May be repeated.")
@click.option("--q-waves", type=click.Choice(TERRITORIES), multiple=True, help="May be repeated.")
@click.option("--hypertrophy", type=click.Choice(("none", "left", "right")), default="none", show_default=True)
@click.option(
    "--pvc", "pvc_per_minute", type=float, default=0.0, metavar="N", help="Ventricular ectopic beats a minute."
)
@click.option("--pac", "pac_per_minute", type=float, default=0.0, metavar="N", help="Atrial ectopic beats a minute.")
@click.option(
    "--noise", "noise_mv", type=float, default=0.01, show_default=True, metavar="MV", help="Root mean square."
)
@click.option("--wander", "wander_mv", type=float, default=0.0, metavar="MV", help="Amplitude of baseline wander.")
@click.option("--seconds", type=float, default=10.0, show_default=True)
@click.option("--hertz", type=float, default=500.0, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything random.")
@json_option
def simulate(*, out: str, as_json: bool, **options: Any) -> None:
    """Make a 12-lead ECG and say what is true of it; the same options always make the same record."""
    from ecg_bench.ecg.synthesis import Spec, write_synthetic

    header, ecg = write_synthetic(Spec(**options), out)
    facts = ecg.metadata
    if as_json:
        emit_json({"record": str(header), **{key: facts[key] for key in ("spec", "codes", "report")}})
        return
    click.echo(f"{header}: {facts['report']}")
    click.echo(f"  SCP codes: {', '.join(facts['codes']) or 'none'}")


@command.command("check", epilog="Example: ecg-bench ecg check ECGQA --records PTBXL --split train")
@click.argument("folder", type=click.Path(), metavar="SET")
@click.option(
    "--records", type=click.Path(), metavar="SET", help="With ECG-QA: the ECGs it asks about, for their patients."
)
@click.option(
    "--variant",
    type=click.Choice(["template", "paraphrased"]),
    default="template",
    show_default=True,
    help="Of ECG-QA.",
)
@click.option(
    "--split", type=click.Choice(["train", "valid", "test"]), default="test", show_default=True, help="Of ECG-QA."
)
@click.option("--no-signals", is_flag=True, help="Leave the records unread: the tables alone are looked at.")
@json_option
@click.pass_context
def check(
    ctx: click.Context,
    folder: str,
    *,
    records: str | None,
    variant: Any,
    split: Any,
    no_signals: bool,
    as_json: bool,
) -> None:
    """Say what is wrong with SET, a folder of PTB-XL, MIMIC-IV-ECG or ECG-QA.

    Nothing is changed. Exit code 1 if anything but repeated texts was found, which are no mistake as such: a constant
    answer scores by them.
    """
    from dataclasses import asdict

    from ecg_bench.ecg.sets import EcgQa, faults_of, open_set

    data = open_set(folder, variant=variant, split=split)
    whose = None if records is None else open_set(records)
    if isinstance(whose, EcgQa):
        raise click.UsageError("--records names a folder of ECGs, and this is ECG-QA")
    faults = faults_of(data, signals=not no_signals, records=whose)
    if as_json:
        emit_json({"set": type(data).__name__, "faults": [asdict(fault) for fault in faults]})
    else:
        for fault in faults:
            click.echo(f"{fault.kind}: {fault.text}" + (f" ({', '.join(fault.examples)})" if fault.examples else ""))
        if not faults:
            click.echo("nothing is wrong with it")
    ctx.exit(int(any(fault.kind != "duplicate" for fault in faults)))
