"""What a spec means once its parts are held together: a block widens the QRS, an AV block lengthens PR, and so on."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from ecg_bench.ecg.synthesis._spec import Spec

QTC_MS = 410.0
WIDE_MS = {"lbbb": 150.0, "rbbb": 140.0, "ivcd": 130.0}
INCOMPLETE_MS = 100.0  # a bundle branch block at least this wide was asked for as it is
ESCAPE_RATE = 40.0  # of a ventricular escape rhythm in complete AV block
DROPPED = 4  # of so many P waves the last isn't conducted, in second-degree block


@dataclass(frozen=True)
class Truth:
    """What stands in the record: ventricular beats per minute, intervals in milliseconds, axis in degrees.

    ``pr_ms`` is None where no P wave is conducted; in Wenckebach it is the PR of the first beat after a pause.
    """

    rate: float
    pr_ms: float | None
    qrs_ms: float
    qt_ms: float
    axis: float


def truth_of(spec: Spec) -> Truth:
    """Return the truth of a synthetic ECG's dominant beats."""
    qrs = _qrs(spec)
    rate = _ventricular_rate(spec)
    qt = spec.qt_ms or QTC_MS * sqrt(60.0 / rate)
    return Truth(rate=rate, pr_ms=_pr(spec), qrs_ms=qrs, qt_ms=max(qt, qrs + 110.0), axis=_axis(spec))


def qtc_of(spec: Spec) -> float:
    """Return QT corrected by Bazett (1920), QT over the square root of RR in seconds, in milliseconds."""
    truth = truth_of(spec)
    return truth.qt_ms / sqrt(60.0 / truth.rate)


def _qrs(spec: Spec) -> float:
    if spec.rhythm in ("vt", "paced"):
        return spec.qrs_ms if spec.qrs_ms >= 130.0 else 160.0
    if spec.block in ("lbbb", "rbbb", "ivcd") and spec.qrs_ms < INCOMPLETE_MS:
        return WIDE_MS[spec.block]
    return spec.qrs_ms


def _ventricular_rate(spec: Spec) -> float:
    if spec.rhythm != "sinus":
        return spec.rate
    if spec.av_block == "third":
        ratio = spec.rate / min(ESCAPE_RATE, 0.7 * spec.rate)
        # Clear of whole ratios, which would look like P waves that are conducted.
        return spec.rate / (round(ratio) + 0.4 if abs(ratio - round(ratio)) < 0.2 else ratio)
    if spec.av_block in ("wenckebach", "mobitz2"):
        return spec.rate * (DROPPED - 1) / DROPPED
    return spec.rate


def _pr(spec: Spec) -> float | None:
    if spec.rhythm != "sinus" or spec.av_block == "third":
        return None
    if spec.av_block == "first" and spec.pr_ms <= 200.0:
        return 240.0
    return spec.pr_ms


def _axis(spec: Spec) -> float:
    if spec.block == "lafb" and not -90.0 <= spec.axis <= -45.0:
        return -60.0
    if spec.block == "lpfb" and not 90.0 <= spec.axis <= 180.0:
        return 115.0
    if spec.hypertrophy == "right" and not 90.0 <= spec.axis <= 180.0:
        return 115.0
    return spec.axis
