"""Findings in words, for the terminal and the page."""

from __future__ import annotations

from ecg_bench.agreement._compare import find
from ecg_bench.agreement._records import AgreementRecord, JudgeRecord, StatRecord

NAMES = {
    "exact_agreement": "same level",
    "adjacent_agreement": "same or next level",
    "kappa": "Cohen's kappa",
    "kappa_linear": "Cohen's kappa, linear weights",
    "kappa_quadratic": "Cohen's kappa, quadratic weights",
    "alpha_nominal": "Krippendorff's alpha, nominal",
    "alpha_ordinal": "Krippendorff's alpha, ordinal",
    "alpha_interval": "Krippendorff's alpha, interval",
    "ac1": "Gwet's AC1",
    "ac2_linear": "Gwet's AC2, linear weights",
    "ac2_quadratic": "Gwet's AC2, quadratic weights",
    "brennan_prediger": "Brennan-Prediger",
    "fleiss_kappa": "Fleiss' kappa",
    "tau_b": "Kendall's tau-b",
    "spearman": "Spearman's rho",
    "auc": "AUC",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "ppv": "right where judged right (PPV)",
    "false_omission": "judged wrong, but human accepts",
    "npv": "wrong where judged wrong (NPV)",
    "youden": "Youden's J",
    "positive_agreement": "positive agreement",
    "negative_agreement": "negative agreement",
    "macro_f1": "macro F1",
}

REASONS = {
    "one_class": "undefined: only one class",
    "no_overlap": "no answers in common",
    "no_cases": "no such answers",
    "few_clusters": "too few independent questions",
    "too_few": "too few answers",
    "no_variance": "no spread to judge by",
    "few_raters": "needs two humans or more",
    "few_items": "needs 30 answers of a human",
}


def named(name: str) -> str:
    """Return what a statistic is called in print."""
    who, colon, what = name.rpartition(": ")
    return f"{who}{colon}{NAMES.get(what, what)}"


def number(value: float | None) -> str:
    """Return a number with two digits, or a dash."""
    return "–" if value is None else f"{value + 0.0:.2f}".replace("-0.00", "0.00")


def interval(one: StatRecord) -> str:
    """Return the interval of a statistic, or why there is none."""
    if one.low is None or one.high is None:
        return REASONS.get(one.reason or "", (one.reason or "no interval").replace("_", " "))
    return f"{number(one.low)} to {number(one.high)}"


def shown(one: StatRecord) -> str:
    """Return a statistic with its interval."""
    return f"{number(one.value)} ({interval(one)})" if one.value is not None else f"– ({interval(one)})"


def headline(record: AgreementRecord, judge: JudgeRecord) -> list[str]:
    """Return the findings about a judge that matter most, one sentence each."""
    if not judge.rated:
        return [f"{judge.name} judged none of the rated answers."]
    top = judge.with_gold.thresholds[-1]
    stats = top.stats
    accepted, precision = find(stats, "false_omission"), find(stats, "ppv")
    sentences = []
    if judge.with_gold.stats and judge.with_gold.table is not None:
        same, kappa = find(judge.with_gold.stats, "exact_agreement"), find(judge.with_gold.stats, "kappa_linear")
        sentences.append(
            f"{judge.name} gives the same level as {record.gold} in {shown(same)} of {same.n} answers; linear-weighted "
            f"kappa {shown(kappa)}."
        )
    else:
        same, kappa = find(stats, "exact_agreement"), find(stats, "kappa")
        sentences.append(
            f"On {top.level!r} or not, {judge.name} agrees with {record.gold} in {shown(same)} of {same.n} answers; "
            f"kappa {shown(kappa)}."
        )
    sentences.append(
        f"Of the answers that it passes as {top.level!r}, the human accepts {shown(precision)}; of those that it "
        f"fails, the human accepts {shown(accepted)}."
    )
    return sentences
