"""Rhythms: which waves come when."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecg_bench.ecg.synthesis import Spec, simulate, truth_of
from ecg_bench.ecg.synthesis._beats import timeline
from tests.ecg.synthesis.specs import beat

CLEAN = Spec(noise_mv=0.0, rate_variation=0.0)


def when(spec: Spec) -> tuple[np.ndarray, np.ndarray]:
    found = timeline(spec, np.random.default_rng(spec.seed))
    return found.p, found.beats


def test_fibrillation_is_irregular_at_its_rate_and_has_f_waves_instead_of_p() -> None:
    ecg = simulate(Spec(rhythm="afib", rate=90, seconds=60, noise_mv=0.0))
    intervals = np.diff(ecg.metadata["beats"])
    assert intervals.std() / intervals.mean() > 0.15
    assert intervals.mean() == pytest.approx(60 / 90, rel=0.06)
    assert abs(np.corrcoef(intervals[:-1], intervals[1:])[0, 1]) < 0.3
    # Between T and the next QRS, V1 oscillates at 4 to 9 Hz.
    onset = next(a for a, b in zip(ecg.metadata["beats"], ecg.metadata["beats"][1:], strict=False) if b - a > 0.9)
    quiet = ecg.lead("V1")[round((onset + 0.45) * 500) : round((onset + 0.88) * 500)]
    turns = int((np.diff(np.sign(np.diff(quiet[::10]))) != 0).sum())
    assert 3 <= turns <= 9
    assert np.ptp(quiet) > 0.04


def test_flutter_waves_are_regular_and_every_beat_follows_whole_ones() -> None:
    spec = Spec(rhythm="aflutter", rate=75, noise_mv=0.0)
    ecg = simulate(spec)
    cycle = timeline(spec, np.random.default_rng(0)).flutter
    assert 60 / cycle == pytest.approx(300)
    np.testing.assert_allclose(np.diff(ecg.metadata["beats"]) / cycle, 4, atol=1e-4)
    foot = ecg.lead("aVF") - ecg.lead("aVF").mean()
    strength = np.abs(np.fft.rfft(foot))
    assert np.isclose(np.fft.rfftfreq(len(foot), 1 / 500)[int(strength[40:60].argmax()) + 40], 5.0, atol=0.11)


def test_variable_conduction_of_flutter_still_keeps_to_whole_waves() -> None:
    spec = Spec(rhythm="aflutter", rate=100, rate_variation=0.2, seed=3)
    steps = np.diff(timeline(spec, np.random.default_rng(3)).beats) * 300 / 60
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-9)
    assert len(set(np.rint(steps))) > 1


def test_first_degree_block_conducts_every_p_late() -> None:
    p, beats = when(Spec(av_block="first"))
    np.testing.assert_allclose(beats - p, 0.24)


def test_wenckebach_lengthens_pr_until_a_beat_is_dropped() -> None:
    p, beats = when(Spec(av_block="wenckebach", rate=80))
    pr = [next((b - a for b in beats if 0 < b - a < 0.5), None) for a in p]
    start = pr.index(None) + 1
    first = pr[start : start + 4]
    assert first[3] is None
    assert first[0] < first[1] < first[2]
    assert first[0] == pytest.approx(0.16)


def test_mobitz_2_drops_beats_at_a_constant_pr() -> None:
    p, beats = when(Spec(av_block="mobitz2", rate=80))
    pr = [next((b - a for b in beats if 0 < b - a < 0.5), None) for a in p]
    assert {round(x, 6) for x in pr if x is not None} == {0.16}
    assert pr.count(None) == pytest.approx(len(pr) / 4, abs=1)


@pytest.mark.parametrize("rate", [60, 80, 90, 120])
def test_in_complete_block_atria_and_ventricles_go_their_own_ways(rate: float) -> None:
    spec = Spec(av_block="third", rate=rate, rate_variation=0.0)
    p, beats = when(spec)
    np.testing.assert_allclose(np.diff(p), 60 / rate)
    assert np.diff(beats).mean() == pytest.approx(60 / truth_of(spec).rate, rel=0.02)
    before = [b - p[p < b].max() for b in beats if (p < b).any()]
    assert np.ptp(before) > 0.3 * 60 / rate


def test_a_ventricular_ectopic_beat_has_a_full_compensatory_pause() -> None:
    ecg = simulate(replace(CLEAN, pvc_per_minute=6, rate=60, seed=2))
    beats = np.array(ecg.metadata["beats"])
    (ectopic,) = ecg.metadata["ectopic"]
    at = int(np.flatnonzero(np.isclose(beats, ectopic))[0])
    assert beats[at] - beats[at - 1] < 0.8
    assert beats[at + 1] - beats[at - 1] == pytest.approx(2.0)
    part = np.abs(ecg.signal[round(ectopic * 500) : round((ectopic + 0.15) * 500)])
    assert (part.max(axis=1) > 0.1).mean() > 0.85  # wide
    calm = ecg.lead("II")[round((ectopic - 0.12) * 500) : round((ectopic - 0.01) * 500)]
    assert np.abs(calm).max() < 0.05  # no P before it


def test_an_atrial_ectopic_beat_resets_the_sinus() -> None:
    ecg = simulate(replace(CLEAN, pac_per_minute=6, rate=60, seed=2))
    intervals = np.diff(ecg.metadata["beats"])
    early = int(intervals.argmin())
    assert intervals[early] == pytest.approx(0.7, abs=0.02)
    assert intervals[early] + intervals[early + 1] < 1.95
    assert not ecg.metadata["ectopic"]


@pytest.mark.parametrize("field", ["pvc_per_minute", "pac_per_minute"])
def test_as_many_ectopic_beats_come_as_asked(field: str) -> None:
    spec = replace(CLEAN, seconds=60, **{field: 9})
    found = timeline(spec, np.random.default_rng(0))
    assert len(found.pvc if field == "pvc_per_minute" else found.pac) == 9


def test_pacing_has_a_spike_before_each_wide_beat() -> None:
    ecg = simulate(Spec(rhythm="paced", rate=70, axis=-70, noise_mv=0.0))
    jumps = np.abs(np.diff(ecg.lead("V2")))
    for onset in ecg.metadata["beats"]:
        if 0.1 < onset < 9.8:
            near = slice(round((onset - 0.02) * 500), round(onset * 500))
            assert jumps[near].max() > 0.3
    assert truth_of(ecg.metadata["spec"]).qrs_ms >= 130


def test_junctional_p_waves_are_upside_down_and_near_the_qrs() -> None:
    ecg = simulate(Spec(rhythm="junctional", rate=50, noise_mv=0.0))
    before = beat(ecg, "II", -0.12, 0.0)
    assert before.min() < -0.05
    assert np.abs(beat(ecg, "II", -0.3, -0.12)).max() < 0.02


def test_ventricular_tachycardia_is_wide_with_p_waves_of_their_own() -> None:
    spec = Spec(rhythm="vt", rate=170, seed=1)
    p, beats = when(spec)
    assert truth_of(spec).qrs_ms >= 130
    assert np.diff(beats).std() / np.diff(beats).mean() < 0.02
    assert np.diff(p).mean() > 2 * np.diff(beats).mean()


@pytest.mark.parametrize("rhythm", ["svt", "junctional", "afib", "aflutter", "paced"])
def test_other_rhythms_have_no_sinus_p(rhythm: str) -> None:
    assert not len(when(Spec(rhythm=rhythm, rate=75))[0])
