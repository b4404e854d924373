"""What a synthetic ECG is to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ecg_bench.ecg.synthesis._check import check

Rhythm = Literal["sinus", "afib", "aflutter", "svt", "vt", "junctional", "paced"]
Block = Literal["none", "lbbb", "rbbb", "lafb", "lpfb", "ivcd"]
AvBlock = Literal["none", "first", "wenckebach", "mobitz2", "third"]
Territory = Literal["inferior", "anterior", "lateral", "septal"]
Hypertrophy = Literal["none", "left", "right"]


@dataclass(frozen=True)
class Spec:
    """The truth of a synthetic ECG; the same spec always gives the same samples.

    Parameters
    ----------
    rhythm : str
        The rhythm; ``"paced"`` is ventricular pacing with spikes.
    rate : float
        Ventricular beats per minute, 20 to 300 (of sinus rhythm with AV block: before beats are dropped).
    rate_variation : float
        Standard deviation of RR intervals over their mean, 0 to 0.3; atrial fibrillation has its own on top.
    pr_ms, qrs_ms, qt_ms : float
        Intervals in milliseconds; ``qt_ms`` 0 derives QT from the rate by Bazett at QTc 410. PR is of no
        meaning without P waves.
    axis : float
        Frontal QRS axis in degrees, -180 to 180.
    block : str
        Bundle branch or fascicular block. It widens the QRS and turns the axis as it must: a bundle branch block of
        less than 100 ms becomes a complete one, one of 100 to 119 ms is incomplete. `truth_of` says what comes of it.
    av_block : str
        Conduction from the atria.
    st_mv : tuple of (territory, millivolts)
        ST shift: above 0 is elevation in the territory's leads, with reciprocal depression opposite.
    t_inverted, q_waves : tuple of territory
        Where T waves are inverted, and where there are pathological Q waves.
    hypertrophy : {"none", "left", "right"}
        Voltage of ventricular hypertrophy.
    pvc_per_minute, pac_per_minute : float
        Ectopic beats.
    noise_mv : float
        Root mean square of measurement noise in millivolts.
    wander_mv : float
        Amplitude of baseline wander.
    seconds, hertz : float
        Length and sampling rate.
    seed : int
        Of everything random.

    Raises
    ------
    UserError
        If a value is out of range, or two findings can't be shown together.
    """

    rhythm: Rhythm = "sinus"
    rate: float = 70.0
    rate_variation: float = 0.03
    pr_ms: float = 160.0
    qrs_ms: float = 90.0
    qt_ms: float = 0.0
    axis: float = 45.0
    block: Block = "none"
    av_block: AvBlock = "none"
    st_mv: tuple[tuple[Territory, float], ...] = ()
    t_inverted: tuple[Territory, ...] = ()
    q_waves: tuple[Territory, ...] = ()
    hypertrophy: Hypertrophy = "none"
    pvc_per_minute: float = 0.0
    pac_per_minute: float = 0.0
    noise_mv: float = 0.01
    wander_mv: float = 0.0
    seconds: float = 10.0
    hertz: float = 500.0
    seed: int = 0

    def __post_init__(self) -> None:
        check(self)
