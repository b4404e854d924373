"""Curves as tables and as plots."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from ecg_bench.robustness._records import CurveRecord, PointRecord, RobustnessRecord

if TYPE_CHECKING:
    from rich.console import Console

    from ecg_bench.plots import Curve

Kind = Literal["first", "second", "third"]
HEADINGS = ("level", "value", "95 % interval", "less the undisturbed", "95 % interval", "p (Holm)", "n")
KINDS: tuple[Kind, ...] = ("first", "second", "third")
GAP = 0.15  # of the range of levels, between the undisturbed point and the others


def _cells(point: PointRecord) -> list[str]:
    one, difference = point.estimate, point.difference
    found = [
        "none" if point.level is None else f"{point.level:g}",
        f"{one.value:.3f}",
        f"{one.low:.3f} to {one.high:.3f}",
    ]
    if difference is None:
        return [*found, "", "", "", f"{one.n:g}"]
    interval = "" if difference.low is None else f"{difference.low:+.3f} to {difference.high:+.3f}"
    p = "" if difference.p_holm is None else "< .001" if difference.p_holm < 0.001 else f"{difference.p_holm:.3f}"
    return [*found, f"{difference.value:+.3f}", interval, p, f"{one.n:g}"]


def _title(curve: CurveRecord) -> str:
    return f"{curve.task}, {curve.metric}: {curve.system}, {curve.disturbance}"


def _control(curve: CurveRecord) -> str:
    one = curve.control
    return "" if one is None else f"Without any ECG: {one.value:.3f}, {one.low:.3f} to {one.high:.3f}"


def as_markdown(record: RobustnessRecord) -> str:
    """Return a table for each curve."""
    lines = ["# Robustness", ""]
    for curve in record.curves:
        lines += [f"## {_title(curve)}", "", f"| {' | '.join(HEADINGS)} |", "|" + " --- |" * len(HEADINGS)]
        lines += [f"| {' | '.join(_cells(point))} |" for point in curve.points]
        lines += ["", *([_control(curve), ""] if curve.control else [])]
    lines += [f"- {notice}" for notice in record.notices]
    return "\n".join(lines).rstrip() + "\n"


def as_csv(record: RobustnessRecord) -> str:
    """Return all points of all curves, a row for each."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["task", "metric", "system", "disturbance", "perturb", "level", "value", "low", "high", "n", "difference",
         "difference_low", "difference_high", "p", "p_holm"]
    )  # fmt: skip
    for curve in record.curves:
        for point in curve.points:
            one, difference = point.estimate, point.difference
            paired = [None] * 5 if difference is None else [
                difference.value, difference.low, difference.high, difference.p, difference.p_holm,
            ]  # fmt: skip
            writer.writerow(
                [curve.task, curve.metric, curve.system, curve.disturbance, point.perturb, point.level,
                 one.value, one.low, one.high, one.n, *paired]
            )  # fmt: skip
    return out.getvalue()


def print_robustness(record: RobustnessRecord, out: Console) -> None:
    """Print a table for each curve."""
    from rich.markup import escape
    from rich.table import Table

    for curve in record.curves:
        table = Table(title=escape(_title(curve)), title_justify="left", title_style="", box=None, pad_edge=False)
        for heading in HEADINGS:
            table.add_column(heading, justify="right", header_style="dim")
        for point in curve.points:
            table.add_row(*_cells(point))
        out.print(table)
        if curve.control:
            out.print(escape(_control(curve)))
        out.print()
    for notice in record.notices:
        out.print(escape(notice))


def plots_of(record: RobustnessRecord) -> dict[str, str]:
    """Return a plot for each task, metric and kind of disturbance, by its file's name; three systems in one at most."""
    from ecg_bench.plots import curves, slug

    groups: dict[tuple[str, str, str], list[CurveRecord]] = {}
    for curve in record.curves:
        groups.setdefault((curve.task, curve.metric, curve.disturbance), []).append(curve)
    found = {}
    for (task, metric, disturbance), some in groups.items():
        for part, together in enumerate(_parts(some), 1):
            end = "" if len(some) <= len(KINDS) else f"-{part}"
            falling = "dB" in disturbance  # more of it disturbs less: the undisturbed end is on the right
            side = "rightmost" if falling else "leftmost"
            found[f"robustness-{slug(task)}-{slug(metric)}-{slug(disturbance)}{end}"] = curves(
                _lines(together, falling=falling),
                title=f"{task} under disturbance, with 95 % intervals",
                x_axis=f"{disturbance} ({side}: undisturbed)",
                y_axis=metric,
            )
    return found


def _parts(some: Sequence[CurveRecord]) -> Iterator[Sequence[CurveRecord]]:
    for start in range(0, len(some), len(KINDS)):
        yield some[start : start + len(KINDS)]


def _lines(some: Sequence[CurveRecord], *, falling: bool) -> list[Curve]:
    """Return a line for each system and, beside a single one, what it scores without any ECG."""
    from ecg_bench.plots import Curve

    lines = [_line(curve, kind, falling=falling) for curve, kind in zip(some, KINDS, strict=False)]
    if len(some) == 1 and some[0].control is not None:
        ends = (lines[0].points[0][0], lines[0].points[-1][0])
        level = some[0].control.value
        lines.append(Curve("without any ECG", [(place, level) for place in ends], KINDS[-1], dots=False))
    return lines


def _line(curve: CurveRecord, kind: Kind, *, falling: bool) -> Curve:
    from ecg_bench.plots import Curve

    levels = [point.level for point in curve.points if point.level is not None]
    gap = GAP * (max(levels) - min(levels)) or 1.0
    clean = max(levels) + gap if falling else min(levels) - gap
    placed = [(clean if point.level is None else point.level, point.estimate) for point in curve.points]
    placed.sort(key=lambda one: one[0])
    return Curve(
        curve.system,
        [(place, one.value) for place, one in placed],
        kind,
        ends=[(one.low, one.high) for _, one in placed],
    )
