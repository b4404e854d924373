"""Training with several values of some fields, and telling the adapters apart on the selection split."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ecg_bench.adapters.finetune._config import FinetuneConfig
from ecg_bench.adapters.finetune._finetune import finetune
from ecg_bench.adapters.finetune._folder import CARD, SCORES
from ecg_bench.adapters.finetune._recipe import changed, parse_change, read_recipe
from ecg_bench.adapters.finetune._rows import read_training_rows
from ecg_bench.errors import UserError
from ecg_bench.files import make_folder, read_rows, to_json, write_whole
from ecg_bench.plots import Mark, Row, forest, standalone
from ecg_bench.statistics import holm, paired_means

RESULT, TABLE, PLOT = "sweep.json", "sweep.md", "sweep.svg"
LEVEL = 0.05


@dataclass(frozen=True)
class Setting:
    """One setting of a sweep with what came out.

    Attributes
    ----------
    name : str
        The values of its fields, and its folder in the sweep's.
    values : mapping
        The fields and their values.
    loss : float
        On the selection split, in nats for each answer token.
    exact_match : float or None
        Share of the selection split's multiple-choice answers written exactly.
    difference, low, high : float or None
        Its loss less the best one's, with the 95 % interval; None for the best, and where there is no interval.
    p : float or None
        Of the paired test against the best, corrected by Holm for the number of comparisons.
    """

    name: str
    values: Mapping[str, Any]
    loss: float
    exact_match: float | None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None

    @property
    def apart(self) -> bool:
        """Whether it is worse than the best by more than chance in the selection rows explains."""
        return self.p is not None and self.p < LEVEL


def sweep(
    base: str,
    data: str | Path,
    out: str | Path,
    config: FinetuneConfig | None = None,
    *,
    fields: Mapping[str, Sequence[Any]],
    revision: str | None = None,
    resume: bool = False,
    quiet: bool = False,
) -> list[Setting]:
    """Train an adapter for each combination of values, and compare them on the selection split.

    The losses of two adapters on the same answers are compared row by row: a paired t test over the passages that the
    rows stem from, corrected by Holm. It says how far the selection rows tell the settings apart, and nothing of how
    another seed would turn out.

    Parameters
    ----------
    base, data, out, config, revision, resume, quiet
        As `finetune` takes them; each adapter has a folder in `out`.
    fields : mapping of str to sequence
        Fields of the recipe, ``section.field``, with the values to try.

    Returns
    -------
    list of Setting
        The best first. ``sweep.json``, ``sweep.md`` and ``sweep.svg`` in `out` hold them too.

    Raises
    ------
    UserError
        If there is no selection split, a field or value is wrong, or a training fails.
    """
    config = config or read_recipe()
    grid = [dict(zip(fields, values, strict=True)) for values in itertools.product(*fields.values())]
    if len(grid) < 2:
        raise UserError("a sweep compares several settings: give a field several values, --set lora.r=8,16,64")
    if not read_training_rows(data).selection:
        raise UserError("has no selection split (selection.jsonl): nothing else may be selected on", path=data)
    recipes = {name_of(values): changed(config, values) for values in grid}
    folder = Path(out).expanduser()
    if not resume and folder.exists() and any(folder.iterdir()):
        raise UserError("is not empty: go on with --resume, or choose another --out", path=folder)
    make_folder(folder)
    found = []
    for values, (name, recipe) in zip(grid, recipes.items(), strict=True):
        adapter = finetune(base, data, folder / name, recipe, revision=revision, resume=True, quiet=quiet)
        result = adapter.card["result"]
        found.append(Setting(name, values, result["selection_loss"], result["selection_exact_match"]))
    settings = compared(sorted(found, key=lambda one: one.loss), folder)
    _write(settings, folder)
    return settings


def parse_fields(changes: Sequence[str]) -> tuple[dict[str, list[Any]], list[str]]:
    """Split ``FIELD=A,B,C`` into the fields with several values and the changes that hold for all settings.

    Raises
    ------
    UserError
        If a field or value is wrong.
    """
    fields: dict[str, list[Any]] = {}
    fixed = []
    for change in changes:
        name, sign, text = change.partition("=")
        if sign and "," in text and not text.strip().startswith(("[", "{", '"', "'")):
            parsed = [parse_change(f"{name}={value}") for value in text.split(",")]
            fields[parsed[0][0]] = [value for _, value in parsed]
        else:
            fixed.append(change)
    return fields, fixed


def name_of(values: Mapping[str, Any]) -> str:
    """Return the values of a setting as a folder's name: ``lora.r=8,lora.alpha=16``."""
    text = ",".join(f"{field}={value}" for field, value in values.items())
    return "".join(sign if sign.isalnum() or sign in "._=,-" else "_" for sign in text)


def compared(settings: Sequence[Setting], folder: Path) -> list[Setting]:
    """Compare each setting with the first, by the losses of the selection rows in their folders."""
    losses, tokens, groups = [], np.empty(0), []
    for setting in settings:
        rows = [row for _, row in read_rows(folder / setting.name / SCORES)]
        losses.append([row["loss"] for row in rows])
        tokens = np.array([row["tokens"] for row in rows], dtype=float)
        groups = [row["group"] or f"\0{n}" for n, row in enumerate(rows)]
    # Divided by the mean number of tokens, the mean over rows is the loss of an answer's token.
    scores = np.array(losses, dtype=float).T / tokens.mean()
    _, clusters = np.unique(groups, return_inverse=True)
    if clusters.max() == 0:
        return list(settings)
    table = paired_means(scores, clusters)
    corrected = holm([float(p) for p in table.p[1:, 0]])
    others = []
    for n, (one, p) in enumerate(zip(settings[1:], corrected.tolist(), strict=True), 1):
        low, high = (float(end[n, 0]) if np.isfinite(end[n, 0]) else None for end in (table.low, table.high))
        others.append(replace(one, difference=float(table.value[n, 0]), low=low, high=high, p=p))
    return [settings[0], *others]


def verdict(settings: Sequence[Setting]) -> str:
    """Say how far the best setting can be told from the others."""
    best, others = settings[0], settings[1:]
    equal = [one.name for one in others if not one.apart]
    if not equal:
        return f"{best.name} has the lowest loss, and all {len(others)} others are worse (p < .05 by Holm)."
    return (
        f"{best.name} has the lowest loss, but on these selection rows it can't be told from {len(equal)} of the "
        f"{len(others)} others: {', '.join(equal)}."
    )


def table_of(settings: Sequence[Setting]) -> str:
    """Return the settings as a Markdown table, with the verdict."""
    lines = ["| setting | selection loss | exact match | loss less the best's | p (Holm) |", "|---|---|---|---|---|"]
    for one in settings:
        exact = "–" if one.exact_match is None else f"{one.exact_match:.1%}"
        interval = "" if one.low is None else f" ({one.low:+.4f} to {one.high:+.4f})"
        difference = "–" if one.difference is None else f"{one.difference:+.4f}{interval}"
        p = "–" if one.p is None else "< .001" if one.p < 0.001 else f"{one.p:.3f}"
        lines.append(f"| {one.name} | {one.loss:.4f} | {exact} | {difference} | {p} |")
    return "\n".join(
        [*lines, "", f"{verdict(settings)} One seed for each setting: another seed may order them anew.", ""]
    )


def _write(settings: Sequence[Setting], folder: Path) -> None:
    records = [
        {
            "name": one.name,
            "values": dict(one.values),
            "selection_loss": one.loss,
            "exact_match": one.exact_match,
            "difference": one.difference,
            "low": one.low,
            "high": one.high,
            "p_holm": one.p,
            "card_sha256": json.loads((folder / one.name / CARD).read_text(encoding="utf-8"))["adapter"]["sha256"],
        }
        for one in settings
    ]
    write_whole(folder / RESULT, to_json({"schema": 1, "best": settings[0].name, "settings": records}))
    write_whole(folder / TABLE, table_of(settings))
    rows = [
        Row(one.name, (Mark(one.difference or 0.0, one.low, one.high, hollow=not one.apart),), f"loss {one.loss:.4f}")
        for one in settings
    ]
    plot = forest(rows, title="Selection loss less the best setting's", axis="nats for each answer token", lines=(0.0,))
    write_whole(folder / PLOT, standalone(plot))
