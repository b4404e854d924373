"""An encoder takes any leads and any length, and what stands beside a record in a batch changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from ecg_bench.adapters.signal._arrays import stacked, traces_of
from ecg_bench.adapters.signal._encoders import make_encoder, vector_of
from ecg_bench.adapters.signal._join import drop_leads
from ecg_bench.adapters.signal._masked import AttentionPool, MaskedBatchNorm
from ecg_bench.ecg import LEADS, Ecg
from ecg_bench.errors import UserError
from tests.adapters.signal.made import ecg, records

ENCODERS = ("resnet18", "light")


def trained(name: str) -> torch.nn.Module:
    """Return an encoder whose batch statistics are those of some records, so that normalising moves padding from 0."""
    torch.manual_seed(0)
    encoder = make_encoder(name, 4, 5)  # type: ignore[arg-type]
    encoder.stem.missing.weight.data.normal_()
    for _ in range(3):
        encoder(**stacked(records()))
    return encoder.eval()


@pytest.mark.parametrize("name", ENCODERS)
def test_padded_records_come_out_as_they_do_alone(name: str) -> None:
    encoder = trained(name)
    with torch.no_grad():
        together, mask = encoder(**stacked(records()))
        for n, record in enumerate(records()):
            alone, _ = encoder(**stacked([record]))
            width = alone.shape[-1]
            assert_allclose(together[n, :, :width], alone[0], atol=1e-5)
            assert not together[n, :, width:].any(), "padding stays 0"
            assert int(mask[n].sum()) == width


@pytest.mark.parametrize("name", ENCODERS)
def test_vectors_of_padded_records_are_those_of_records_alone(name: str) -> None:
    encoder, pool = trained(name), AttentionPool(32, 3)
    with torch.no_grad():
        features, mask = encoder(**stacked(records()))
        if features.shape[1] != 32:
            pool = AttentionPool(features.shape[1], 3)
        for n, record in enumerate(records()):
            own, own_mask = encoder(**stacked([record]))
            assert_allclose(vector_of(features, mask)[n], vector_of(own, own_mask)[0], atol=1e-5)
            assert_allclose(pool(features, mask)[n], pool(own, own_mask)[0], atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_masked_normalisation_of_whole_records_is_the_usual_one(training: bool) -> None:
    torch.manual_seed(0)
    values = torch.randn(3, 5, 7)
    masked, usual = MaskedBatchNorm(5).train(training), torch.nn.BatchNorm1d(5).train(training)
    assert_allclose(masked(values, torch.ones(3, 1, 7)).detach(), usual(values).detach(), atol=1e-5)
    assert_allclose(masked.running_mean, usual.running_mean, atol=1e-6)
    assert_allclose(masked.running_var, usual.running_var, atol=1e-6)


def test_padding_has_no_part_in_the_statistics_of_a_batch() -> None:
    torch.manual_seed(0)
    values, mask = torch.randn(1, 5, 7), torch.tensor([[[1.0, 1, 1, 1, 0, 0, 0]]])
    padded, alone = MaskedBatchNorm(5), MaskedBatchNorm(5)
    assert_allclose(padded(values * mask, mask)[..., :4].detach(), alone(values[..., :4]).detach(), atol=1e-5)
    assert_allclose(padded.running_var, alone.running_var, atol=1e-6)


def test_the_order_of_leads_does_not_matter() -> None:
    one = ecg(300)
    turned = one.select(LEADS[::-1])
    assert (traces_of(one, 100).values == traces_of(turned, 100).values).all()


def test_a_lead_that_is_kept_upside_down_is_turned() -> None:
    one = ecg(300)
    signal = one.signal.copy()
    signal[:, 3] *= -1
    turned = Ecg(signal, tuple("-aVR" if name == "aVR" else name for name in LEADS), one.rate)
    assert_allclose(traces_of(turned, 100).values, traces_of(one, 100).values)


def test_an_empty_lead_is_a_missing_one() -> None:
    one = ecg(300)
    signal = one.signal.copy()
    signal[:, 2] = np.nan
    found, without = traces_of(replace(one, signal=signal), 100), traces_of(one.select(LEADS[:2] + LEADS[3:]), 100)
    assert (found.values == without.values).all()
    assert not found.present[2]
    assert found.present.sum() == 11


def test_a_missing_lead_is_told_from_one_that_is_flat() -> None:
    encoder = trained("resnet18")
    one = ecg(300)
    signal = one.signal.copy()
    signal[:, 2] = 0
    flat, missing = traces_of(replace(one, signal=signal), 100), traces_of(one.select(LEADS[:2] + LEADS[3:]), 100)
    assert (flat.values == missing.values).all()
    with torch.no_grad():
        assert not torch.allclose(encoder(**stacked([flat]))[0], encoder(**stacked([missing]))[0])


def test_single_samples_that_are_missing_are_filled_in() -> None:
    one = ecg(300)
    signal = one.signal.copy()
    signal[10:20, 0] = np.nan
    found = traces_of(replace(one, signal=signal), 100)
    assert np.isfinite(found.values).all()
    assert abs(found.values[0, 10:20]).max() < 0.2, "with the median of what is there"


def test_a_record_of_another_rate_is_resampled() -> None:
    seconds = np.arange(5000) / 500
    wave = np.sin(2 * np.pi * 3 * seconds)[:, None].astype(np.float32)
    found = traces_of(Ecg(wave, ("II",), 500), 100)
    assert found.values.shape == (12, 1000)
    assert_allclose(found.values[1, 50:950], wave[::5, 0][50:950], atol=5e-3)


def test_offsets_are_taken_off_and_voltages_are_kept() -> None:
    one = ecg(400)
    moved = replace(one, signal=one.signal + 1.5)
    assert_allclose(traces_of(moved, 100).values, traces_of(one, 100).values, atol=5e-3)
    louder = traces_of(replace(one, signal=one.signal * 2), 100).values.std()
    assert louder == pytest.approx(2 * traces_of(one, 100).values.std(), rel=0.05)


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (Ecg(np.zeros((30, 1), np.float32), ("I",), 100, "r1"), "r1 is 0.3 s long"),
        (Ecg(np.full((300, 2), np.nan, np.float32), ("I", "II"), 100, "r2"), "r2 holds none of the twelve leads"),
    ],
)
def test_a_record_with_nothing_to_look_at_is_refused(bad: Ecg, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        traces_of(bad, 100)


def test_lead_dropout_takes_some_leads_of_some_records_and_never_all() -> None:
    torch.manual_seed(0)
    signal, present = torch.ones(500, 12, 3), torch.ones(500, 12)
    present[:, 6:] = 0
    dropped, left = drop_leads(signal, present, 0.5)
    whole = (left.sum(1) == 6).float().mean()
    assert 0.4 < whole < 0.65
    assert int(left.sum(1).min()) >= 1
    assert not left[:, 6:].any(), "what wasn't there doesn't come back"
    assert (dropped == left[..., None]).all()
