"""What is measured on an ECG, and how that is put into words for models that read no signal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ecg_bench.ecg import LEADS
from ecg_bench.ecg.measuring._waves import LeadWaves

Regularity = Literal["regular", "slightly irregular", "irregular"]
REGULAR, IRREGULAR = 0.04, 0.10


@dataclass(frozen=True)
class Measurements:
    """What is measured on an ECG; None stands for what could not be measured.

    Attributes
    ----------
    seconds : float
        Length of the record.
    leads : tuple of str
        The leads that held a signal.
    beats : int
        QRS complexes that were found.
    rate : float or None
        Ventricular beats per minute, ectopic ones included.
    rr_ms, rr_median_ms, rr_sd_ms : float or None
        Mean, median and standard deviation of the RR intervals in milliseconds.
    irregularity : float or None
        Median absolute difference of successive RR intervals over their median, ectopic beats left out.
    longest_rr : float or None
        Longest RR interval over the median one.
    p_present : bool or None
        Whether a P wave of steady shape stands before the beats.
    p_share : float
        Share of beats with that P wave, 0 to 1.
    p_mv : float or None
        Its height in lead II; below 0 where it is inverted.
    atrial_rate : float or None
        P waves per minute, those included that aren't conducted.
    pp_spread : float or None
        Median absolute deviation of PP intervals over their median.
    pr_ms, pr_sd_ms : float or None
        Onset of P to onset of QRS; the standard deviation is over beats.
    flutter : float
        How alike the line outside QRS is to itself one flutter wave later, -1 to 1.
    flutter_rate : float
        The likeliest rate of such waves, 220 to 350 a minute.
    qrs_ms, qt_ms : float or None
        Onset of QRS to its end, and to the end of T.
    qtc_ms : float or None
        QT corrected by Bazett (1920): QT over the square root of RR in seconds.
    axis : float or None
        Frontal QRS axis in degrees, -180 to 180, from the net areas in I and II.
    waves : mapping of str to LeadWaves
        Heights in each lead in millivolts.
    ventricular_ectopics, atrial_ectopics : int
        Beats that come early: of another shape, and of the same.
    paced : int
        Beats that follow a pacemaker spike; 0 where the sampling rate can't show spikes.
    noise_mv : float
        Noise of a single beat in millivolts, root mean square.
    early : tuple of int
        Which beats are ventricular ectopic, by their number in the record, from 0.
    """

    seconds: float
    leads: tuple[str, ...]
    beats: int = 0
    rate: float | None = None
    rr_ms: float | None = None
    rr_median_ms: float | None = None
    rr_sd_ms: float | None = None
    irregularity: float | None = None
    longest_rr: float | None = None
    p_present: bool | None = None
    p_share: float = 0.0
    p_mv: float | None = None
    atrial_rate: float | None = None
    pp_spread: float | None = None
    pr_ms: float | None = None
    pr_sd_ms: float | None = None
    flutter: float = 0.0
    flutter_rate: float = 0.0
    qrs_ms: float | None = None
    qt_ms: float | None = None
    qtc_ms: float | None = None
    axis: float | None = None
    waves: Mapping[str, LeadWaves] = field(default_factory=dict)
    ventricular_ectopics: int = 0
    atrial_ectopics: int = 0
    paced: int = 0
    noise_mv: float = 0.0
    early: tuple[int, ...] = ()

    @property
    def regularity(self) -> Regularity | None:
        """The rhythm's regularity: by `irregularity`, below 0.04 regular, below 0.10 slightly irregular."""
        if self.irregularity is None:
            return None
        if self.irregularity < REGULAR:
            return "regular"
        return "slightly irregular" if self.irregularity < IRREGULAR else "irregular"

    def text(self) -> str:
        """Return the measurements in words, one a line: what a model that reads only text is given of an ECG.

        Says what was measured and no diagnosis; what could not be measured is called so.
        """
        lines = [
            f"Recording: {self.seconds:.1f} s, leads {', '.join(self.leads) or 'none with a signal'}",
            f"QRS complexes found: {self.beats}",
        ]
        if self.rate is not None:
            lines += [
                f"Ventricular rate: {self.rate:.0f} per minute",
                f"RR interval: mean {_of(self.rr_ms)}, standard deviation {_of(self.rr_sd_ms)}; {self.regularity}",
                self._p_line(),
                f"Atrial rate: {_of(self.atrial_rate, ' per minute')}",
                f"PR interval: {_of(self.pr_ms)}",
                f"Repeating waves outside QRS: {self._flutter_line()}",
                f"QRS duration: {_of(self.qrs_ms)}",
                f"QT interval: {_of(self.qt_ms)}; QTc (Bazett): {_of(self.qtc_ms)}",
                f"Frontal QRS axis: {_of(self.axis, ' degrees')}",
                f"Early beats of another shape: {self.ventricular_ectopics}; early beats of the same shape: "
                f"{self.atrial_ectopics}; longest RR over median RR: {self.longest_rr or 1.0:.2f}",
                f"Beats after a stimulus spike: {self.paced}",
            ]
        if self.waves:
            lines.append("Amplitudes in mV (Q, R, S, R', ST, T, P):")
            order = sorted(self.waves, key=LEADS.index)
            lines += [f"{lead}: {_row(self.waves[lead])}" for lead in order]
        return "\n".join(lines)

    def _p_line(self) -> str:
        if not self.p_present:
            return "P waves of steady shape before QRS: no"
        height = "" if self.p_mv is None else f", {self.p_mv:.2f} mV in II"
        return f"P waves of steady shape before QRS: yes, in {100 * self.p_share:.0f} % of beats{height}"

    def _flutter_line(self) -> str:
        return f"likeness {self.flutter:.2f} at {self.flutter_rate:.0f} per minute"


def _of(value: float | None, unit: str = " ms") -> str:
    return "not measurable" if value is None else f"{value:.0f}{unit}"


def _row(one: LeadWaves) -> str:
    return ", ".join(f"{value + 0.0:.2f}" for value in (one.q, one.r, one.s, one.r2, one.st, one.t, one.p))
