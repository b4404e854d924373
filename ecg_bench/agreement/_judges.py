"""One judge beside the humans: everywhere, by system, topic and length of the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from ecg_bench.agreement._compare import Mask, Side, compare, passes, stat
from ecg_bench.agreement._gold import Gold
from ecg_bench.agreement._panel import Column, Floats, Panel
from ecg_bench.agreement._records import JudgeRecord, LengthRecord, SliceRecord
from ecg_bench.statistics import clustered_slope, error_rate_test

FIFTHS = 5
DRAWS = 10_000
THIRDS = ("short answers", "middling answers", "long answers")


def judge_record(panel: Panel, gold: Gold, column: Column, weights: Floats | None, seed: int) -> JudgeRecord:
    """Return how a judge does."""
    judge, human = Side.of(column), Side(gold.name, gold.levels, panel.scores_of(gold.levels))
    judged = ~np.isnan(column.scores)
    both = judged & ~np.isnan(gold.levels)
    return JudgeRecord(
        name=column.name,
        scale=str(column.scale),
        judged=int(judged.sum()),
        rated=int(both.sum()),
        unread=column.unread,
        with_gold=compare(judge, human, panel, weights=weights),
        with_raters=(
            [compare(judge, Side.of(one), panel, weights=weights) for one in panel.humans]
            if len(panel.humans) > 1
            else []
        ),
        slices=list(_slices(panel, judge, human, judged, both, weights)),
        length=_length(panel, judge, human, both),
        homogeneity=_homogeneity(panel, judge, human, both, seed),
    )


def _slices(
    panel: Panel, judge: Side, human: Side, judged: Mask, both: Mask, weights: Floats | None
) -> Iterator[SliceRecord]:
    for by, name, part in _parts(panel, both):
        if (part & both).any():
            pair = compare(judge, human, panel, mask=part, weights=weights, full=False)
            yield SliceRecord(
                by=by,
                name=name,
                rated=int((part & both).sum()),
                judged=int((part & judged).sum()),
                stats=pair.stats,
                thresholds=pair.thresholds,
            )


def _parts(panel: Panel, both: Mask) -> Iterator[tuple[Literal["system", "topic", "length"], str, Mask]]:
    if len(panel.systems) > 1:
        for n, name in enumerate(panel.systems):
            yield "system", name, panel.system_codes == n
    topics = np.array(panel.topics, dtype=object)
    for topic in sorted(set(panel.topics) - {""}):
        yield "topic", topic, topics == topic
    known = both & ~np.isnan(panel.words)
    if known.sum() >= len(THIRDS):
        ends = np.quantile(panel.words[known], [1 / 3, 2 / 3])
        place = np.searchsorted(ends, panel.words, side="left")  # up to the first end, up to the second, above
        for n, name in enumerate(THIRDS):
            yield "length", name, (place == n) & ~np.isnan(panel.words)


def _length(panel: Panel, judge: Side, human: Side, both: Mask) -> LengthRecord | None:
    known = both & (panel.words > 0)
    if known.sum() < FIFTHS or len(np.unique(panel.words[known])) < 2:
        return None
    words, error = panel.words[known], (judge.scores - human.scores)[known]
    clusters = panel.clusters[known]
    bins = []
    for part in np.array_split(np.argsort(words, kind="stable"), FIFTHS):
        mean = float(error[part].mean())
        half = 1.96 * float(error[part].std(ddof=1)) / np.sqrt(len(part)) if len(part) > 1 else 0.0
        bins.append(
            {
                "words": float(words[part].mean()),
                "error": mean,
                "low": mean - float(half),
                "high": mean + float(half),
                "n": float(len(part)),
            }
        )
    slope = clustered_slope(np.log2(words), error, clusters)
    return LengthRecord(slope=stat("error_by_doubling", slope), bins=bins)


def _homogeneity(panel: Panel, judge: Side, human: Side, both: Mask, seed: int) -> dict[str, object] | None:
    """Return whether sensitivity and specificity differ between systems, at the highest threshold."""
    codes = panel.system_codes[both]
    if len(np.unique(codes)) < 2:
        return None
    top = len(panel.scale) - 1
    found = error_rate_test(
        human.levels[both] >= top, passes(judge, panel, top)[both] == 1, codes, draws=DRAWS, seed=seed
    )
    p = min(1.0, 2 * min(found.p_sensitivity, found.p_specificity))  # Bonferroni over the two
    return {
        "p": p,
        "p_sensitivity": found.p_sensitivity,
        "p_specificity": found.p_specificity,
        "floor": 1 / (DRAWS + 1),
        "youden": {panel.systems[n]: value for n, value in enumerate(found.youden.tolist()) if not np.isnan(value)},
        "method": "permutation of the verdicts among answers that the human accepts, and among those rejected",
        "sentence": (
            f"Do its error rates differ between systems? p = {p:.3f} for sensitivity and specificity together; where "
            "they do, raw scores can order systems wrongly."
        ),
    }
