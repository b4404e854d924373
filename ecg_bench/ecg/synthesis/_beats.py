"""When what happens: P waves and ventricular beats of a rhythm, in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ecg_bench.ecg.synthesis._spec import Spec
from ecg_bench.ecg.synthesis._truth import DROPPED, truth_of

Times = NDArray[np.float64]
LEAD_IN = 2.0  # seconds before the record's first sample, so that it begins in the middle of a rhythm
AFIB_VARIATION = 0.22
ATRIAL_RATE = 300.0  # of flutter, which the conduction ratio is chosen for
WENCKEBACH_STEP = 0.06  # seconds by which PR grows
SINUS_IN_VT = 80.0


@dataclass(frozen=True)
class Timeline:
    """Onsets in seconds from the first sample: QRS of dominant beats, of ventricular ectopic beats; P waves.

    Parameters
    ----------
    beats, pvc : array
        QRS onsets of dominant (also atrial premature) and of ventricular ectopic beats.
    p : array
        P onsets, sinus.
    ectopic_p, pac : array
        P onsets of atrial premature beats, and the QRS onsets that follow them, which stand in `beats` too.
    flutter : float
        Length of a flutter cycle in seconds, else 0.
    """

    beats: Times
    p: Times = field(default_factory=lambda: np.empty(0))
    pvc: Times = field(default_factory=lambda: np.empty(0))
    ectopic_p: Times = field(default_factory=lambda: np.empty(0))
    pac: Times = field(default_factory=lambda: np.empty(0))
    flutter: float = 0.0


def timeline(spec: Spec, rng: np.random.Generator) -> Timeline:
    """Return when the waves of a record begin."""
    if spec.rhythm == "sinus":
        return _sinus(spec, rng)
    if spec.rhythm == "aflutter":
        return _flutter(spec, rng)
    variation = spec.rate_variation
    if spec.rhythm == "afib":
        variation = float(np.hypot(AFIB_VARIATION, variation))
    elif spec.rhythm in ("svt", "vt", "paced"):
        variation = min(variation, 0.01)
    beats = _cumulate(_intervals(spec, 60.0 / spec.rate, variation, rng), rng)
    if spec.rhythm == "vt":
        sinus = _cumulate(np.full(_count(spec, 60.0 / SINUS_IN_VT), 60.0 / SINUS_IN_VT), rng)
        return Timeline(beats, p=sinus)
    return _ectopic(spec, Timeline(beats), rng)


def _count(spec: Spec, rr: float) -> int:
    return int((spec.seconds + 2 * LEAD_IN) / rr) + 4


def _intervals(spec: Spec, rr: float, variation: float, rng: np.random.Generator) -> Times:
    """Return RR intervals with exactly this mean; their variation is of breath and of chance in equal parts."""
    n = _count(spec, rr)
    if spec.rhythm == "afib":
        drawn = rng.gamma(4.0, size=n)
    else:
        breath = np.sin(2 * np.pi * (np.arange(n) * rr * 0.25 + rng.random()))
        drawn = breath + rng.standard_normal(n) * 0.7
    drawn = (drawn - drawn.mean()) / (drawn.std() or 1.0)
    found: Times = rr * np.clip(1.0 + variation * drawn, 0.5, 2.2)
    found *= rr / found.mean()
    return found


def _cumulate(intervals: Times, rng: np.random.Generator) -> Times:
    found: Times = np.cumsum(intervals) - LEAD_IN - intervals[0] * rng.random()
    return found


def _sinus(spec: Spec, rng: np.random.Generator) -> Timeline:
    rr = 60.0 / spec.rate
    p = _cumulate(_intervals(spec, rr, spec.rate_variation, rng), rng)
    pr = (truth_of(spec).pr_ms or spec.pr_ms) / 1000
    if spec.av_block == "third":
        cycle = 60.0 / truth_of(spec).rate
        return Timeline(_cumulate(_intervals(spec, cycle, 0.01, rng), rng), p=p)
    if spec.av_block in ("wenckebach", "mobitz2"):
        place = (np.arange(len(p)) + int(rng.integers(DROPPED))) % DROPPED
        step = WENCKEBACH_STEP if spec.av_block == "wenckebach" else 0.0
        kept = place < DROPPED - 1
        return Timeline((p + pr + step * place)[kept], p=p)
    return _ectopic(spec, Timeline(p + pr, p=p), rng)


def _flutter(spec: Spec, rng: np.random.Generator) -> Timeline:
    """Every beat follows the same point of a flutter wave; a high variation makes the ratio vary."""
    ratio = min(range(1, 9), key=lambda k: abs(spec.rate * k - ATRIAL_RATE))
    cycle = 60.0 / (spec.rate * ratio)
    steps = np.full(_count(spec, 60.0 / spec.rate), ratio)
    if spec.rate_variation >= 0.1 and ratio > 1:
        steps = steps + rng.choice([-1, 0, 1], size=len(steps)) * (1 if ratio > 2 else 2)
        steps = np.maximum(steps, 2)
    beats = np.cumsum(steps) * cycle - LEAD_IN
    return Timeline(beats, flutter=cycle)


def _ectopic(spec: Spec, regular: Timeline, rng: np.random.Generator) -> Timeline:
    """Put ectopic beats in place of regular ones.

    A ventricular one comes early and the sinus keeps its time: a compensatory pause. An atrial one resets it.
    """
    if not spec.pvc_per_minute and not spec.pac_per_minute:
        return regular
    beats, p = regular.beats, regular.p
    rr = 60.0 / spec.rate
    inside = np.flatnonzero((beats > 0.6 * rr) & (beats < spec.seconds - 0.6 * rr))
    wanted = [
        min(max(1, round(per_minute * spec.seconds / 60)), max(len(inside) // 2, 1)) if per_minute else 0
        for per_minute in (spec.pvc_per_minute, spec.pac_per_minute)
    ]
    # Two ectopic beats never follow each other: they are drawn from every second one.
    free = rng.permutation(inside[rng.integers(2) if len(inside) > 2 else 0 :: 2])[: sum(wanted)]
    ventricular, atrial = np.sort(free[: wanted[0]]), np.sort(free[wanted[0] :])
    early = rng.uniform(0.3, 0.4) * rr
    shift = np.zeros(len(beats))
    shift[atrial] -= 0.3 * rr
    for index in atrial:  # the sinus node starts anew from the early P wave
        shift[index + 1 :] -= 0.22 * rr
    shift[np.isin(np.arange(len(beats)), atrial)] = shift[atrial]
    moved = beats + shift
    dominant = np.ones(len(beats), dtype=bool)
    dominant[ventricular] = False
    pvc = moved[ventricular] - early
    if not len(p):
        return Timeline(moved[dominant], pvc=pvc, pac=moved[atrial])
    p_moved = p + shift
    sinus = dominant.copy()
    sinus[atrial] = False
    return Timeline(moved[dominant], p=p_moved[sinus], pvc=pvc, ectopic_p=p_moved[atrial], pac=moved[atrial])
