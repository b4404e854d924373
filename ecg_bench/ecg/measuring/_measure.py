"""From a record to its measurements."""

from __future__ import annotations

import numpy as np

from ecg_bench.ecg import Ecg
from ecg_bench.ecg.measuring._atria import Atria, atria
from ecg_bench.ecg.measuring._beats import Beats, find_beats
from ecg_bench.ecg.measuring._measurements import Measurements
from ecg_bench.ecg.measuring._median_beat import MEDIAN_ERROR, MedianBeat, median_beat
from ecg_bench.ecg.measuring._prepare import HERTZ, Floats, Prepared, prepare
from ecg_bench.ecg.measuring._waves import PWave, lead_waves, p_wave, t_end

EARLY = 0.88  # an ectopic beat comes before this share of the median RR
STEADY = 0.6  # share of beats with the median's P wave from which P is said to be present
SPIKE_NEAR = 0.06  # seconds around the onset of QRS in which a spike counts as having caused it


def measure(ecg: Ecg) -> Measurements:
    """Measure an ECG.

    Parameters
    ----------
    ecg : Ecg
        At least two seconds; any leads, at any rate. Missing samples are bridged where a lead has few.

    Returns
    -------
    Measurements
        What could not be measured is None; a record without a signal has no beats.
    """
    record = prepare(ecg)
    beats = find_beats(record) if record is not None else None
    if record is None or beats is None:
        return Measurements(ecg.duration, record.leads if record is not None else ())
    beat, flat = median_beat(record, beats)
    rr = np.diff(beats.places) / HERTZ
    typical = float(np.median(rr))
    end, last = t_end(beat, typical)
    t_last = last if end is None else end
    wave = p_wave(beat, record.independent, t_last - round(typical * HERTZ) + 5)
    seen = atria(record, flat, beats, beat, t_last, wave)
    present = wave is not None and seen.steadiness >= STEADY
    qt = None if end is None else (end - beat.qrs.begin) / HERTZ * 1000
    ventricular, atrial = _ectopics(beats, rr, typical)
    columns = {lead: place for place, lead in enumerate(record.leads)}
    two = columns.get("II")
    return Measurements(
        seconds=ecg.duration,
        leads=record.leads,
        beats=len(beats.places),
        rate=60.0 / float(rr.mean()),
        rr_ms=1000 * float(rr.mean()),
        rr_median_ms=1000 * typical,
        rr_sd_ms=1000 * float(rr.std()),
        irregularity=_irregularity(rr, typical, ventricular),
        longest_rr=float(rr.max()) / typical,
        p_present=present,
        p_share=seen.steadiness,
        p_mv=float(wave.heights[two]) if wave is not None and two is not None else None,
        atrial_rate=_atrial_rate(seen),
        pp_spread=_spread(np.diff(seen.times)),
        pr_ms=_pr(beat, wave) if present else None,
        pr_sd_ms=1000 * float(np.nanstd(seen.before)) if np.isfinite(seen.before).sum() > 1 else None,
        flutter=seen.flutter,
        flutter_rate=seen.flutter_rate,
        qrs_ms=(beat.qrs.end - beat.qrs.begin) / HERTZ * 1000,
        qt_ms=qt,
        qtc_ms=None if qt is None else qt / float(np.sqrt(rr.mean())),
        axis=_axis(beat, columns),
        waves={
            lead: lead_waves(beat, place, t_last, wave if present else None) for place, lead in enumerate(record.leads)
        },
        ventricular_ectopics=len(ventricular),
        atrial_ectopics=len(atrial),
        paced=_paced(record, beats, beat),
        noise_mv=beat.noise * float(np.sqrt(beats.dominant.sum())) / MEDIAN_ERROR,
        early=tuple(ventricular),
    )


def _ectopics(beats: Beats, rr: Floats, typical: float) -> tuple[list[int], list[int]]:
    """Return the numbers of early beats: those of another shape, and those of the same in an else regular rhythm."""
    calm = float(np.median(np.abs(rr - typical))) / typical < 0.06
    ventricular, atrial = [], []
    for number in range(1, len(beats.places)):
        local = float(np.median(np.delete(rr, number - 1)[max(number - 5, 0) : number + 4])) if len(rr) > 2 else typical
        share = float(rr[number - 1]) / local
        if not beats.dominant[number] and share < EARLY:
            ventricular.append(number)
        follows = number < len(rr) and rr[number] > 0.95 * local
        if beats.dominant[number] and beats.dominant[number - 1] and calm and share < 0.82 and follows:
            atrial.append(number)
    return ventricular, atrial


def _irregularity(rr: Floats, typical: float, ventricular: list[int]) -> float | None:
    """Return the median absolute difference of successive RR over their median, without what ectopic beats disturb."""
    kept = np.ones(len(rr), dtype=bool)
    for number in ventricular:
        kept[max(number - 1, 0) : number + 1] = False
    pairs = kept[1:] & kept[:-1]
    steps = np.abs(np.diff(rr))[pairs]
    return float(np.median(steps)) / typical if len(steps) else None


def _spread(intervals: Floats) -> float | None:
    if len(intervals) < 3:
        return None
    middle = float(np.median(intervals))
    return float(np.median(np.abs(intervals - middle))) / middle


def _atrial_rate(seen: Atria) -> float | None:
    return 60.0 / float(np.median(np.diff(seen.times))) if len(seen.times) > 2 else None


def _pr(beat: MedianBeat, wave: PWave | None) -> float | None:
    return None if wave is None else (beat.qrs.begin - wave.span.begin) / HERTZ * 1000


def _axis(beat: MedianBeat, columns: dict[str, int]) -> float | None:
    """Return the direction of the net QRS area in Einthoven's triangle, I at 0 and II at 60 degrees."""
    if "I" not in columns or not {"II", "aVF"} & set(columns):
        return None
    area = beat.signal[beat.qrs.begin : beat.qrs.end + 1].sum(axis=0)
    one = float(area[columns["I"]])
    down = float(area[columns["II"]]) - one / 2 if "II" in columns else float(area[columns["aVF"]])
    return float(np.rad2deg(np.arctan2(down * 2 / np.sqrt(3), one)))


def _paced(record: Prepared, beats: Beats, beat: MedianBeat) -> int:
    onsets = (beats.places + beat.qrs.begin - beat.middle) / HERTZ
    return sum(bool((np.abs(record.spikes - onset) < SPIKE_NEAR).any()) for onset in onsets)
