"""A record at another rate shows the same heart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ecg_bench.ecg import Ecg
from ecg_bench.ecg.reading import read_ecg, resample
from ecg_bench.errors import UserError


def tone(rate: float, hertz: float = 3.0, seconds: float = 4.0) -> Ecg:
    time = np.arange(round(rate * seconds)) / rate
    return Ecg(np.stack([np.sin(2 * np.pi * hertz * time), 2 + 0.1 * time], axis=1), ("I", "V1"), rate)


@pytest.mark.parametrize(("old", "new"), [(500, 100), (100, 500), (360, 250), (257, 500), (128, 128)])
def test_a_slow_wave_and_a_slope_keep_their_values(old: float, new: float) -> None:
    found, expected = resample(tone(old), new), tone(new)
    assert found.rate == new
    assert found.duration == pytest.approx(4, abs=1 / new)
    n = min(len(found.signal), len(expected.signal))
    middle = slice(n // 10, n - n // 10)
    np.testing.assert_allclose(found.signal[middle], expected.signal[middle], atol=0.01)


def test_what_the_new_rate_cannot_hold_is_filtered_out() -> None:
    found = resample(tone(500, hertz=80), 100)
    assert np.abs(found.signal[40:-40, 0]).max() < 0.02  # every fifth sample alone would be a wave of 20 Hz


def test_missing_samples_stay_missing_and_spoil_no_others() -> None:
    ecg = tone(500)
    signal = ecg.signal.copy()
    signal[500:750, 0] = np.nan
    signal[:, 1] = np.nan
    found = resample(Ecg(signal, ecg.leads, 500), 100)
    missing = np.isnan(found.signal[:, 0])
    assert missing[101:149].all()
    assert missing.sum() in (50, 51)
    assert np.isnan(found.signal[:, 1]).all()
    whole = resample(ecg, 100)
    np.testing.assert_allclose(found.signal[160:380, 0], whole.signal[160:380, 0], atol=1e-3)


@pytest.mark.parametrize("hertz", [0, -5, np.nan, np.inf, 100.0137])
def test_a_rate_that_is_none_or_has_no_simple_ratio_is_refused(hertz: float) -> None:
    with pytest.raises(UserError, match=r"sampling rate|simpler ratio"):
        resample(tone(500), hertz)


def test_a_real_record_of_500_hz_becomes_the_sets_own_of_100_hz(test_data: Path) -> None:
    home = test_data / "ptbxl"
    high, low = read_ecg(home / "records500/00000/00001_hr"), read_ecg(home / "records100/00000/00001_lr")
    assert np.median(np.abs(resample(high, 100).signal - low.signal)) < 0.005
