"""Disturbances are what they say they are, and the same under the same seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg_bench.ecg import LEADS, Ecg
from ecg_bench.ecg.disturbance import NOISES, Disturbance
from ecg_bench.errors import UserError
from tests.ecg.folders import heart

ECG = heart(10.0, 500.0)
SLOW = heart(10.0, 100.0)


def noise_of(text: str, seed: int = 0, ecg: Ecg = ECG) -> np.ndarray:
    return Disturbance.parse(text).apply(ecg, seed).signal - ecg.signal


def decibels(signal: np.ndarray, noise: np.ndarray) -> float:
    return float(10 * np.log10(signal.var(axis=0).sum() / noise.var(axis=0).sum()))


def share_of_power(noise: np.ndarray, rate: float, low: float, high: float) -> float:
    power = (np.abs(np.fft.rfft(noise - noise.mean(axis=0), axis=0)) ** 2).sum(axis=1)
    frequencies = np.fft.rfftfreq(len(noise), 1 / rate)
    return float(power[(frequencies >= low) & (frequencies <= high)].sum() / power.sum())


@pytest.mark.parametrize("kind", [*NOISES, "wander+muscle", "mains+motion+white"])
@pytest.mark.parametrize("snr", [-10, 0, 20])
@pytest.mark.parametrize("ecg", [ECG, ECG.select(["V3", "II"]), ECG.select(["V6"])], ids=["12", "2", "1"])
def test_noise_has_the_ratio_asked_for(kind: str, snr: float, ecg: Ecg) -> None:
    assert decibels(ecg.signal, noise_of(f"snr={snr},noise={kind}", ecg=ecg)) == pytest.approx(snr, abs=0.01)


@pytest.mark.parametrize("kind", NOISES)
def test_noise_obeys_einthoven_and_disturbs_leads_differently(kind: str) -> None:
    noise = dict(zip(LEADS, noise_of(f"snr=0,noise={kind}", seed=3).T, strict=True))
    np.testing.assert_allclose(noise["I"] + noise["III"], noise["II"], atol=1e-5)
    np.testing.assert_allclose(noise["aVR"], -(noise["I"] + noise["II"]) / 2, atol=1e-5)
    np.testing.assert_allclose(noise["aVL"], (noise["I"] - noise["III"]) / 2, atol=1e-5)
    assert np.abs(noise["V1"] - noise["V5"]).max() > 0.01


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [("wander", 0, 0.6), ("muscle", 15, 155), ("mains", 49, 51), ("mains60", 59, 61), ("motion", 0, 12)],
)
def test_noise_lies_in_its_frequencies(kind: str, low: float, high: float) -> None:
    assert share_of_power(noise_of(f"snr=0,noise={kind}"), 500, low, high) > 0.9


def test_white_noise_lies_in_all_frequencies() -> None:
    for low in range(0, 250, 50):
        assert share_of_power(noise_of("snr=0,noise=white"), 500, low, low + 50) == pytest.approx(0.2, abs=0.05)


def test_kinds_of_noise_together_have_equal_power() -> None:
    noise = noise_of("snr=0,noise=wander+mains")
    assert share_of_power(noise, 500, 0, 1) == pytest.approx(0.5, abs=0.05)
    assert share_of_power(noise, 500, 49, 51) == pytest.approx(0.5, abs=0.05)


def test_a_seed_decides_everything_and_the_record_is_left_alone() -> None:
    before = ECG.signal.copy()
    one = Disturbance.parse("snr=5,noise=motion+muscle,lost=2,meit=0.2")
    first, again, other = one.apply(ECG, 1), one.apply(ECG, 1), one.apply(ECG, 2)
    np.testing.assert_array_equal(first.signal, again.signal)
    assert not np.array_equal(first.signal, other.signal, equal_nan=True)
    np.testing.assert_array_equal(ECG.signal, before)


def test_another_disturbance_beside_it_does_not_change_the_noise() -> None:
    alone = Disturbance.parse("snr=5,noise=muscle").apply(ECG, 1).signal
    beside = Disturbance.parse("snr=5,noise=muscle,lost=V1").apply(ECG, 1).signal
    np.testing.assert_array_equal(np.delete(alone, 6, axis=1), np.delete(beside, 6, axis=1))


def test_lost_leads_are_missing_and_no_others() -> None:
    found = Disturbance.parse("lost=V6+avr").apply(ECG, 0).signal
    assert np.isnan(found).all(axis=0).nonzero()[0].tolist() == [3, 11]
    assert np.isfinite(np.delete(found, [3, 11], axis=1)).all()


def test_as_many_leads_are_lost_as_asked_for_and_others_under_other_seeds() -> None:
    lost = [np.isnan(Disturbance.parse("lost=3").apply(ECG, seed).signal).all(axis=0) for seed in range(20)]
    assert {int(one.sum()) for one in lost} == {3}
    assert len({one.tobytes() for one in lost}) > 10


def test_time_and_amplitude_are_scaled() -> None:
    found = Disturbance.parse("time=1.25,gain=0.5").apply(ECG, 0)
    assert (found.duration, found.rate) == (pytest.approx(12.5), 500)
    smooth = np.convolve(found.lead("V2"), np.ones(25) / 25, "same")
    for beat in 1.25 * (0.3 + 0.8 * np.arange(12)):  # where `heart` has its spikes
        window = slice(round((beat - 0.3) * 500), round((beat + 0.3) * 500))
        assert window.start + int(smooth[window].argmax()) == pytest.approx(beat * 500, abs=10)
    assert np.percentile(found.lead("V2"), 99.9) == pytest.approx(np.percentile(ECG.lead("V2"), 99.9) / 2, rel=0.05)


def test_missing_samples_stay_missing_and_take_no_part_in_the_ratio() -> None:
    signal = ECG.signal.copy()
    signal[:2500, 4] = np.nan
    found = Disturbance.parse("snr=3,noise=white").apply(replace(ECG, signal=signal), 0).signal
    np.testing.assert_array_equal(np.isnan(found), np.isnan(signal))
    noise = found - signal
    ratio = np.nanvar(signal, axis=0).sum() / np.nanvar(noise, axis=0).sum()
    assert 10 * np.log10(ratio) == pytest.approx(3, abs=0.01)


def test_meits_noise_is_the_same_in_all_leads_of_one_segment() -> None:
    for seed in range(30):
        noise = noise_of("meit=0.15", seed)
        np.testing.assert_allclose(noise, np.repeat(noise[:, :1], 12, axis=1), atol=1e-5)
        touched = np.flatnonzero(np.abs(noise[:, 0]) > 1e-6)
        assert len(touched) == 0 or touched[-1] - touched[0] < 0.15 * len(noise)
        assert noise.std() <= 0.11 * np.ptp(ECG.signal)


def test_meits_noise_has_the_published_distribution() -> None:
    lengths, deviations = [], []
    for seed in range(400):
        noise = noise_of("meit=0.2", seed, SLOW)[:, 0]
        touched = np.flatnonzero(np.abs(noise) > 1e-6)
        lengths.append(len(touched) / len(noise))
        if len(touched) > 30:
            deviations.append(noise[touched].std() / np.ptp(SLOW.signal))
    assert np.mean(lengths) == pytest.approx(0.1, abs=0.01)  # uniform from 0 to 0.2
    assert np.mean(deviations) == pytest.approx(0.05, abs=0.006)  # uniform from 0 to 0.1
    assert max(deviations) < 0.12


@given(
    st.builds(
        Disturbance,
        snr=st.floats(-40, 80),
        noise=st.lists(st.sampled_from(list(NOISES)), min_size=1, unique=True).map(tuple),
        lost=st.one_of(st.integers(0, 12), st.lists(st.sampled_from(LEADS), unique=True).map(tuple)),
        time=st.integers(50, 200).map(lambda n: n / 100),
        gain=st.floats(0.01, 100),
        meit=st.floats(0, 1),
    )
)
@settings(max_examples=60)
def test_what_is_written_is_read_again(one: Disturbance) -> None:
    text = str(one)
    assert str(Disturbance.parse(text)) == text


def test_the_order_on_the_command_line_does_not_matter() -> None:
    assert Disturbance.parse(" noise = muscle , snr = 10.0 ") == Disturbance.parse("snr=10,noise=muscle")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is written NAME=VALUE"),
        ("snr", "is written NAME=VALUE, such as snr=10,noise=muscle, not 'snr'"),
        ("snr=10", "must be given with of which kind|noise=wander"),
        ("noise=muscle", "must be given with how much: snr=10"),
        ("snr=10,noise=muscles", r"there is no noise 'muscles' \(did you mean 'muscle'"),
        ("snr=10,noise=white+white", "a noise is given twice"),
        ("snr=ten,noise=white", "snr must be a number, but is 'ten'"),
        ("snr=nan,noise=white", "snr must be a number"),
        ("snr=200,noise=white", "snr must be from -40 to 80, but is 200"),
        ("snt=10", r"there is no disturbance 'snt' \(did you mean 'snr'"),
        ("snr=1,snr=2,noise=white", "'snr' is given twice"),
        ("lost=V9", "there is no ECG lead 'V9'"),
        ("time=9", "time must be from 0.5 to 2"),
        ("time=1.234", "at most two decimals"),
        ("gain=0", "gain must be from 0.01 to 100"),
        ("meit=1.5", "meit must be from 0 to 1"),
    ],
)
def test_a_wrong_disturbance_is_answered_with_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        Disturbance.parse(text)


@pytest.mark.parametrize(
    ("text", "ecg", "said"),
    [
        ("lost=V1", ECG.select(["II"]), "has no lead V1 to lose: it holds II"),
        ("lost=3", ECG.select(["I", "II"]), "has 2 leads, and can't lose 3"),
        ("snr=1,noise=white", Ecg(np.ones((50, 1)), ("II",), 100), "is flat, so that no noise"),
        ("snr=1,noise=mains60", SLOW, "has 100 samples per second, and mains60 needs 120"),
    ],
)
def test_a_record_that_cannot_be_disturbed_so_says_why(text: str, ecg: Ecg, said: str) -> None:
    with pytest.raises(UserError, match=said):
        Disturbance.parse(text).apply(ecg, 0)


@pytest.mark.parametrize("kind", NOISES)
def test_a_short_record_of_a_low_rate_is_disturbed_too(kind: str) -> None:
    ecg = heart(0.6, 120.0)
    assert decibels(ecg.signal, noise_of(f"snr=6,noise={kind}", ecg=ecg)) == pytest.approx(6, abs=0.01)
