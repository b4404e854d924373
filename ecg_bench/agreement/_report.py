"""From ratings and verdicts to the agreement report."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from ecg_bench._version import VERSION
from ecg_bench.agreement._compare import Side, compare, stat
from ecg_bench.agreement._correct import corrections
from ecg_bench.agreement._design import design_of, weights_of
from ecg_bench.agreement._gold import Gold, gold_of
from ecg_bench.agreement._humans import alt_tests, humans_of
from ecg_bench.agreement._inputs import Inputs, read_inputs
from ecg_bench.agreement._judges import judge_record
from ecg_bench.agreement._page import page
from ecg_bench.agreement._panel import Panel, assemble
from ecg_bench.agreement._plots import plots
from ecg_bench.agreement._records import (
    AgreementRecord,
    CorrectionRecord,
    DesignRecord,
    HumansRecord,
    JudgeRecord,
    MetricRecord,
    WarningRecord,
)
from ecg_bench.agreement._render import corrected_csv, stats_csv
from ecg_bench.agreement._warnings import of_corrections, of_judge, of_models, of_ratings, of_tuning
from ecg_bench.evaluation import Run
from ecg_bench.files import make_folder, to_json, write_whole
from ecg_bench.plots import standalone
from ecg_bench.ratings import Rating
from ecg_bench.statistics import association

EPSILON = 0.2


class Agreement(AgreementRecord):
    """An agreement report, as data, and ready to be written."""

    def write(self, folder: str | Path) -> None:
        """Write ``agreement.json``, ``agreement.html``, ``statistics.csv``, ``corrected.csv`` and the plots.

        Raises
        ------
        UserError
            If the folder can't be written.
        """
        out = make_folder(folder)
        make_folder(out / "plots")
        write_whole(out / "agreement.json", to_json(self.model_dump(mode="json")))
        write_whole(out / "agreement.html", page(self))
        write_whole(out / "statistics.csv", stats_csv(self))
        write_whole(out / "corrected.csv", corrected_csv(self))
        for name, svg in plots(self).items():
            write_whole(out / "plots" / f"{name}.svg", standalone(svg))


def agreement(
    ratings: Sequence[str | Path | Rating],
    judgements: Sequence[str | Path | Run | Rating] = (),
    *,
    criterion: str | None = None,
    gold: str | None = None,
    sampling: str | None = None,
    borrow: bool = False,
    epsilon: float = EPSILON,
    tuned_on: Sequence[str] = (),
    seed: int = 0,
) -> Agreement:
    """Compare judges and metrics with human ratings, and correct the judges' scores.

    Parameters
    ----------
    ratings : sequence of path or Rating
        Human ratings: tables, or sheets of any form that can be imported without a mapping.
    judgements : sequence of path, Run or Rating
        Runs whose answers were judged or scored, and tables with verdicts.
    criterion : str, optional
        What to compare by; needed where humans rated several.
    gold : str, optional
        The human that judges are compared with, such as one who adjudicated. By default the only one, or the majority.
    sampling : {"random", "stratified"}, optional
        How the rated answers were chosen, where the ratings don't say so by their inclusion probabilities.
    borrow : bool
        Whether a system without ratings may be corrected by the error rates found on others.
    epsilon : float
        Of the alternative-annotator test: how much cheaper or quicker a judge is than a human: 0.2 beside experts, 0.15
        beside trained, 0.1 beside untrained raters.
    tuned_on : sequence of str
        Questions (ids or texts) that were used in making the judge.
    seed : int
        Of all resampling.

    Raises
    ------
    UserError
        If something can't be read, or there are no human ratings.
    """
    inputs = read_inputs(ratings, judgements)
    panel = assemble(inputs.humans, inputs.judges, inputs.metrics, criterion=criterion)
    truth = gold_of(panel, gold)
    design = design_of(panel, truth, sampling)
    weights = weights_of(panel, truth)
    humans = humans_of(panel)
    judges = [judge_record(panel, truth, column, weights, seed) for column in panel.judges]
    corrected = [
        one
        for column in panel.judges
        for one in corrections(panel, truth, column, design.sampling, borrow=borrow, seed=seed)
    ]
    return Agreement(
        ecg_bench=VERSION,
        inputs=inputs.files,
        criterion=panel.criterion,
        scale=str(panel.scale),
        gold=truth.name,
        counts=_counts(panel, truth),
        design=design,
        humans=humans,
        judges=judges,
        judge_pairs=[compare(Side.of(a), Side.of(b), panel) for a, b in combinations(panel.judges, 2)],
        metrics=list(_metrics(panel, truth)),
        alt_tests=alt_tests(panel, epsilon),
        corrected=corrected,
        warnings=_warnings(panel, truth, inputs, humans, judges, corrected, design, tuned_on),
        settings={
            "gold": gold,
            "sampling": sampling,
            "borrow": borrow,
            "epsilon": epsilon,
            "tuned_on": [*tuned_on],
            "seed": seed,
            "confidence": 0.95,
        },
        versions={
            "python": sys.version.split()[0],
            **{name: version(name) for name in ("numpy", "scipy")},
        },
    )


def _counts(panel: Panel, truth: Gold) -> dict[str, int]:
    rated = ~np.isnan(truth.levels)
    return {
        "answers": len(panel.units),
        "rated": int(rated.sum()),
        "questions": len({unit.question for unit in panel.units}),
        "clusters": len(np.unique(panel.clusters)),
        "systems": len(panel.systems),
        "raters": len(panel.humans),
        "judges": len(panel.judges),
        "ratings": int((~np.isnan(panel.ratings)).sum()),
        "without_level": sum(column.unread for column in panel.humans),
        "without_majority": truth.undecided,
    }


def _metrics(panel: Panel, truth: Gold) -> Iterator[MetricRecord]:
    """Yield how each metric goes with the human level; a metric that was computed for no rated answer is left out."""
    top = len(panel.scale) - 1
    for name, scores in panel.metrics.items():
        both = ~np.isnan(scores) & ~np.isnan(truth.levels)
        if not both.any():
            continue
        given = (scores[both], truth.levels[both], panel.clusters[both])
        stats = [stat("auc", association(*given, "auc", threshold=top))]
        stats += [stat(kind, association(*given, kind)) for kind in ("tau_b", "spearman")]
        yield MetricRecord(name=name, stats=stats)


def _warnings(
    panel: Panel,
    truth: Gold,
    inputs: Inputs,
    humans: HumansRecord,
    judges: Sequence[JudgeRecord],
    corrected: Sequence[CorrectionRecord],
    design: DesignRecord,
    tuned_on: Sequence[str],
) -> list[WarningRecord]:
    found = [*of_ratings(panel, truth, humans, design.sampling)]
    for column, record in zip(panel.judges, judges, strict=True):
        found += of_judge(panel, truth, column, record, design.sampling)
    found += of_models([one.name for one in judges], panel.systems, inputs.models, inputs.listwise)
    found += of_tuning(panel, truth, tuned_on)
    found += of_corrections(corrected)
    order: dict[str, Any] = {"serious": 0, "caution": 1, "note": 2}
    return sorted(found, key=lambda one: order[one.severity])
