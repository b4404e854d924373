from __future__ import annotations

import numpy as np

from ecg_bench.statistics._estimate import Estimate


def estimate(coefficient, ratings, clusters, *, weights=None, confidence=0.95):
    from scipy.stats import t

    counted = coefficient.counted(ratings)
    n = int(counted.sum())
    if n == 0:
        return Estimate(None, None, None, "", 0, 0, "no_overlap")
    stats = coefficient.statistics(ratings)
    if weights is not None:
        stats = stats * weights[:, None]
    g, place = np.unique(clusters[counted], return_inverse=True)
    sums = np.zeros((len(g), stats.shape[1]))
    np.add.at(sums, place, stats[counted])
    total = sums.sum(0)
    k = float(coefficient.value(total))
    G = len(g)
    if np.isnan(k):
        return Estimate(None, None, None, "", n, G, "one_class")
    v = coefficient.value(total - sums)
    if G < 3 or np.isnan(v).any():
        return Estimate(k, None, None, "", n, G, "too_few")
    if abs(k) >= 1:
        return Estimate(k, None, None, "", n, G, "perfect")
    s = np.sqrt((G - 1) / G * ((v - v.mean()) ** 2).sum())
    h = t.ppf(0.975, G - 1) * s / (1 - k * k)
    z = np.arctanh(k)
    return Estimate(k, float(np.tanh(z - h)), float(np.tanh(z + h)), "jackknife, Fisher z", n, G)


def association(scores, levels, clusters, kind, threshold=None, confidence=0.95):
    from scipy.stats import kendalltau, spearmanr

    if kind == "auc":
        y = levels >= threshold
        if y.all() or not y.any():
            return Estimate(None, None, None, "", len(scores), 0, "one_class")
        d = scores[y][:, None] - scores[~y][None]
        v = float(((d > 0) + 0.5 * (d == 0)).mean())
    else:
        if len(np.unique(scores)) < 2 or len(np.unique(levels)) < 2:
            return Estimate(None, None, None, "", len(scores), 0, "one_class")
        v = float((kendalltau if kind == "tau_b" else spearmanr)(scores, levels)[0])
    return Estimate(v, None, None, "tmp", len(scores), len(np.unique(clusters)), "too_few")
