"""What a task whose answers are labels gives beside its per-sample scores: F1 over labels, and each label's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ecg_bench.label_metrics import BY_LABEL, CASES, FEW, OVERALL, RANKED, Counts, label_counts
from ecg_bench.metrics import DRAWS
from ecg_bench.runs import EstimateRecord, LabelRecord, ScoreTable
from ecg_bench.samples import Outcome
from ecg_bench.statistics import bootstrap_sums, with_width

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ends = tuple[float, float, str]  # low, high, and by what method
CONFIDENCE = 0.95
RANKED_DRAWS = 500  # of scores that have to be ranked anew in each


class LabelSums:
    """Sums up the answers of one task by cluster, a part of its table at a time.

    Parameters
    ----------
    labels : sequence of str
        All labels of the task.
    each : bool
        Whether each label was asked for by itself; the number of a row's permutation is that of its label then.
    """

    def __init__(self, labels: Sequence[str], *, each: bool) -> None:
        self._labels = tuple(labels)
        self._each = each
        self._clusters: dict[str, Counts] = {}
        self._true: dict[tuple[int, int], Bools] = {}
        self._share: dict[tuple[int, int], Floats] = {}
        self._cluster_of: dict[tuple[int, int], str] = {}

    def add(self, table: ScoreTable) -> None:
        """Add a part; all rows of one sample are in the same part."""
        read = table.labels["outcome"].equal(Outcome.OK)
        n = len(self._labels)
        if self._each:
            own = np.eye(n, dtype=np.bool_)[table.permutation]
            true = own & table.labels["target"].equal("yes")[:, None]
            said = own & table.labels["parsed"].equal("yes")[:, None]
            counts = label_counts(true, said, own & read[:, None]) * own[:, :, None]
        else:
            true, said = self._sets(table, "target"), self._sets(table, "parsed")
            counts = label_counts(true, said, np.repeat(read[:, None], n, axis=1))
        keys = table.cluster_keys
        sums = np.zeros((len(keys), *counts.shape[1:]))
        np.add.at(sums, table.clusters, counts)
        for key, one in zip(keys, sums, strict=True):
            self._clusters[key] = self._clusters[key] + one if key in self._clusters else one
        if "p_yes" in table.scores:
            self._keep_shares(table, true)

    def _sets(self, table: ScoreTable, column: str) -> Bools:
        names = table.labels[column]
        known = {label: number for number, label in enumerate(self._labels)}
        by_value = np.zeros((len(names.values), len(self._labels)), dtype=np.bool_)
        for row, value in enumerate(names.values):
            by_value[row, [known[label] for label in value.split()]] = True
        found: Bools = by_value[names.codes]
        return found

    def _keep_shares(self, table: ScoreTable, true: Bools) -> None:
        n = len(self._labels)
        keys = table.cluster_keys
        for row, place in enumerate(zip(table.index.tolist(), table.epoch.tolist(), strict=True)):
            label = int(table.permutation[row])
            self._true.setdefault(place, np.zeros(n, dtype=np.bool_))[label] = true[row, label]
            self._share.setdefault(place, np.zeros(n))[label] = table.scores["p_yes"][row]
            self._cluster_of[place] = keys[table.clusters[row]]

    def overall(self, seed: int, signature: str) -> dict[str, EstimateRecord]:
        """Return the scores of all labels together, with intervals from a bootstrap over clusters."""
        sums, drawn = self._drawn(seed)
        n = float(sums.sum(axis=(0, 2))[0])
        found = {}
        for name, score in OVERALL.items():
            value = float(score(sums.sum(axis=0)))
            if not np.isnan(value):
                ends = _ends(value, score(drawn))
                if value in (0.0, 1.0):  # between them, no spread may be in the nature of a mean over labels
                    ends = with_width(value, *ends[:2], len(sums), confidence=CONFIDENCE)
                found[name] = _record(name, value, ends, n, DRAWS, seed, signature)
        return found | self._ranked(seed, signature)

    def by_label(self, seed: int, signature: str) -> dict[str, LabelRecord]:
        """Return each label's scores and positives."""
        sums, drawn = self._drawn(seed)
        total = sums.sum(axis=0)
        metrics = {name: (score(total), score(drawn)) for name, score in BY_LABEL.items()}
        groups = {name: (cases(sums) > 0).sum(axis=0).tolist() for name, cases in CASES.items()}
        found = {}
        for number, label in enumerate(self._labels):
            positives = int(total[number, 0] + total[number, 2])
            answers = float(total[number].sum())
            scores = {}
            for name, (values, draws) in metrics.items():
                value = float(values[number])
                if not np.isnan(value):
                    ends = _ends_of_label(name, value, draws[:, number], groups[name][number])
                    scores[name] = _record(name, value, ends, answers, DRAWS, seed, signature)
            found[label] = LabelRecord(positives=positives, few=positives < FEW, metrics=scores)
        return found

    def _drawn(self, seed: int) -> tuple[Counts, Counts]:
        sums = np.stack(list(self._clusters.values()))
        flat = sums.reshape(len(sums), -1)
        drawn = bootstrap_sums(flat, np.arange(len(flat)), draws=DRAWS, seed=seed)
        return sums, drawn.reshape(DRAWS, *sums.shape[1:])

    def _ranked(self, seed: int, signature: str) -> dict[str, EstimateRecord]:
        if not self._share:
            return {}
        true, share = np.stack(list(self._true.values())), np.stack(list(self._share.values()))
        names = list(self._cluster_of.values())
        clusters = np.unique(np.array(names), return_inverse=True)[1]
        members = [np.flatnonzero(clusters == one) for one in range(int(clusters.max()) + 1)]
        rng = np.random.default_rng(seed)
        draws = [
            np.concatenate([members[k] for k in rng.integers(0, len(members), len(members))])
            for _ in range(RANKED_DRAWS)
        ]
        found = {}
        for name, score in RANKED.items():
            value = score(true, share)
            if not np.isnan(value):
                drawn = np.array([score(true[rows], share[rows]) for rows in draws])
                found[name] = _record(name, value, _ends(value, drawn), float(len(true)), RANKED_DRAWS, seed, signature)
        return found


def _ends(value: float, drawn: Floats) -> Ends:
    known = drawn[~np.isnan(drawn)]
    low, high = np.quantile(known, [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2]) if len(known) else (value, value)
    return float(low), float(high), "cluster bootstrap"


def _ends_of_label(name: str, value: float, drawn: Floats, groups: int) -> Ends:
    """Return the interval of a label's score, which has a width though all of its few cases be alike.

    F1 is no share of anything, but J = TP / (TP + FP + FN) is one, and F1 = 2 J / (1 + J).
    """
    low, high, _ = _ends(value, drawn)
    if name != "f1":
        return with_width(value, low, high, groups, confidence=CONFIDENCE)
    share, least, most = (one / (2 - one) for one in (value, low, high))
    low, high, method = with_width(share, least, most, groups, confidence=CONFIDENCE)
    return 2 * low / (1 + low), 2 * high / (1 + high), method


def _record(name: str, value: float, ends: Ends, n: float, draws: int, seed: int, signature: str) -> EstimateRecord:
    low, high, method = ends
    resampling = f"|draws:{draws}|draw_seed:{seed}|numpy:{np.__version__}"
    return EstimateRecord(
        value=value,
        low=low,
        high=high,
        method=method,
        confidence=CONFIDENCE,
        n=n,
        signature=f"{name}|version:1|{signature}{resampling}",
    )
