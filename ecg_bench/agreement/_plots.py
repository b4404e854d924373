"""The plots of an agreement report, each with a file name."""

from __future__ import annotations

from collections.abc import Iterator

from ecg_bench.agreement._compare import find
from ecg_bench.agreement._records import AgreementRecord, CorrectionRecord, JudgeRecord, StatRecord
from ecg_bench.agreement._words import named, number
from ecg_bench.plots import Mark, Point, Row, forest, heat_map, scatter, slug

FOREST = (
    *("exact_agreement", "adjacent_agreement", "kappa", "kappa_linear", "kappa_quadratic", "alpha_nominal"),
    *("alpha_ordinal", "alpha_interval", "ac1", "ac2_linear", "ac2_quadratic", "tau_b", "spearman"),
)


def plots(record: AgreementRecord) -> dict[str, str]:
    """Return every plot of a report as SVG, by its name."""
    return dict(_all(record))


def _all(record: AgreementRecord) -> Iterator[tuple[str, str]]:
    yield "coverage", coverage(record)
    for judge in record.judges:
        if not judge.rated:
            continue
        name = slug(judge.name)
        if judge.with_gold.table is not None:
            table = judge.with_gold.table
            yield (
                f"table-{name}",
                heat_map(
                    table.counts,
                    table.row_levels,
                    table.column_levels,
                    title=f"What {judge.name} says, and what the human says",
                    row_title="judge",
                    column_title=f"{record.gold}; share of the judge's level",
                ),
            )
        yield f"coefficients-{name}", coefficients(record, judge)
        if judge.slices:
            yield f"errors-{name}", errors(judge)
        if judge.length is not None:
            yield f"length-{name}", length(judge)
    if record.metrics:
        yield "metrics", metrics(record)
    for correction in record.corrected:
        if correction.systems:
            yield f"corrected-{slug(correction.judge)}-{slug(correction.target)}", corrected(correction)


def _mark(one: StatRecord, name: str = "", **how: object) -> tuple[Mark, ...]:
    if one.value is None:
        return ()
    return (Mark(one.value, one.low, one.high, name=name, **how),)  # type: ignore[arg-type]


def coverage(record: AgreementRecord) -> str:
    """Return how many answers of each system each human rated."""
    raters = record.humans.raters
    rows = [row["system"] for row in record.design.rated]
    counts = [[row["by_rater"].get(rater, 0) for rater in raters] for row in record.design.rated]
    return heat_map(
        counts,
        rows,
        raters,
        title="Answers rated, by system and rater",
        row_title="system",
        column_title="rater",
        shares=False,
    )


def coefficients(record: AgreementRecord, judge: JudgeRecord) -> str:
    """Return a judge's coefficients beside those of humans among themselves."""
    stats = judge.with_gold.stats or judge.with_gold.thresholds[-1].stats
    among = {one.name: one for one in record.humans.stats}
    rows = []
    for one in stats:
        if judge.with_gold.stats and one.name not in FOREST:
            continue
        marks = _mark(one, "judge with human")
        if one.name in among:
            marks = _mark(among[one.name], "humans with humans", kind="third", hollow=True) + marks
        rows.append(Row(named(one.name), marks, number(one.value)))
    return forest(rows, title=f"Agreement of {judge.name} with {record.gold}", axis="coefficient", lines=(0.0, 1.0))


def errors(judge: JudgeRecord) -> str:
    """Return PPV and the share of failed answers that humans accept, for each part of the answers."""
    rows: list[Row] = []
    for by in ("system", "topic", "length"):
        parts = [piece for piece in judge.slices if piece.by == by]
        if parts:
            rows.append(Row(by))
        for piece in parts:
            stats = piece.thresholds[-1].stats
            accepted, precision = find(stats, "false_omission"), find(stats, "ppv")
            marks = _mark(accepted, "judged wrong, but human accepts", kind="second")
            marks += _mark(precision, "right where judged right")
            rows.append(Row(f"  {piece.name}", marks, f"n = {piece.rated}"))
    top = judge.with_gold.thresholds[-1].level
    title = f"Errors of {judge.name} at the threshold {top!r}"
    return forest(rows, title=title, axis="share of answers", domain=(0.0, 1.0))


def length(judge: JudgeRecord) -> str:
    """Return a judge's error against the length of the answer."""
    assert judge.length is not None  # noqa: S101  # told apart by the caller
    points = [
        Point(one["words"], one["error"], one["low"], one["high"], f"{one['n']:.0f} answers")
        for one in judge.length.bins
    ]
    return scatter(
        points,
        title=f"Does {judge.name} mark longer answers differently?",
        x_axis="mean length of a fifth of the answers, words",
        y_axis="judge less human",
        line=0.0,
        joined=True,
    )


def metrics(record: AgreementRecord) -> str:
    """Return how well each metric tells right answers from others."""
    rows = [
        Row(metric.name, _mark(one), number(one.value))
        for metric in record.metrics
        for one in metric.stats
        if one.name == "auc"
    ]
    title = f"Does a metric rank answers as the human does? ({record.gold})"
    return forest(rows, title=title, axis="AUC: 0.5 is chance", lines=(0.5,), domain=(0.0, 1.0))


def corrected(record: CorrectionRecord) -> str:
    """Return each system's corrected score beside the judge's own."""
    rows = []
    for one in record.systems:
        marks = _mark(one.judge, "judge alone", kind="third", hollow=True)
        marks = tuple(Mark(mark.value, kind="third", hollow=True, name=mark.name) for mark in marks)
        marks += _mark(one.corrected, "corrected by humans")
        rows.append(Row(one.system, marks, f"{one.judged} judged, {one.rated} rated {one.letters}".rstrip()))
    title = f"{record.target}: what {record.judge} says, and what is left after its errors"
    return forest(rows, title=title, axis=record.target, domain=(0.0, 1.0))
