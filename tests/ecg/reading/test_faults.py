"""Records that can't be right are said to be so; those that can are not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecg_bench.ecg import LEADS, Ecg
from ecg_bench.ecg.reading import Fault, inspect, read_many
from tests.ecg.folders import heart

SOUND = heart(10.0, 500.0)


def changed(lead: str, *, ecg: Ecg = SOUND, add: float = 0.0, times: float = 1.0, where: slice = slice(None)) -> Ecg:
    signal = ecg.signal.copy()
    column = ecg.leads.index(lead)
    signal[where, column] = signal[where, column] * np.float32(times) + np.float32(add)
    return replace(ecg, signal=signal)


def only(ecg: Ecg) -> Fault:
    (found,) = inspect(ecg)
    return found


def test_a_sound_record_has_no_faults() -> None:
    assert inspect(SOUND) == ()
    assert inspect(SOUND.select(["V2", "-aVR"])) == ()
    assert inspect(Ecg(np.zeros((1, 1)), ("II",), 100)) == ()


def test_missing_samples_are_counted() -> None:
    found = only(changed("V3", add=np.nan, where=slice(0, 500)))
    assert (found.kind, found.leads, found.share) == ("missing", ("V3",), pytest.approx(0.1))


def test_a_lead_that_keeps_a_value_for_a_second_is_flat() -> None:
    found = only(changed("V5", times=0, where=slice(1000, 2000)))
    assert (found.kind, found.leads, found.share) == ("flat", ("V5",), pytest.approx(0.2))
    assert inspect(changed("V5", times=0, where=slice(1000, 1400))) == ()


def test_a_record_of_nothing_is_flat_in_all_leads_whatever_its_units() -> None:
    found = only(Ecg(np.full((1000, 12), 0.3), LEADS, 100))
    assert (found.kind, found.share) == ("flat", 1)
    assert "all 12 leads" in found.text


@pytest.mark.parametrize("side", [-1, 1])
def test_a_lead_that_is_cut_off_at_the_recorders_limit_is_clipped(side: int) -> None:
    large = replace(SOUND, signal=SOUND.signal * 2 * side)
    limit = 0.5 * np.abs(large.lead("V2")).max()
    found = only(
        replace(large, signal=np.where(np.arange(12) == 7, np.clip(large.signal, -limit, limit), large.signal))
    )
    assert (found.kind, found.leads) == ("clipped", ("V2",))


@pytest.mark.parametrize(
    ("lead", "times", "laws"), [("aVR", -1, {"aVR"}), ("II", -1, {"II", "aVR", "aVF"}), ("aVL", 0, {"aVL"})]
)
def test_limb_leads_that_contradict_each_other_are_told(lead: str, times: float, laws: set[str]) -> None:
    found = [one for one in inspect(changed(lead, times=times)) if one.kind == "einthoven"]
    assert {one.text.split(" = ")[0] for one in found} == laws
    assert all(one.share > 0.2 for one in found)


def test_a_lead_that_is_kept_upside_down_and_named_so_contradicts_nothing() -> None:
    turned = changed("aVR", times=-1)
    assert inspect(replace(turned, leads=("I", "II", "III", "-aVR", *LEADS[4:]))) == ()


def test_offsets_of_the_baseline_contradict_nothing() -> None:
    assert inspect(changed("II", add=1.5)) == ()


@pytest.mark.parametrize(("times", "guess"), [(1000, "microvolts"), (0.001, "volts")])
def test_units_that_no_heart_has_are_told(times: float, guess: str) -> None:
    found = only(replace(SOUND, signal=SOUND.signal * times))
    assert found.kind == "units"
    assert guess in found.text


def test_a_record_of_missing_samples_alone_is_only_that() -> None:
    assert only(Ecg(np.full((300, 2), np.nan), ("I", "II"), 100)).kind == "missing"


def test_real_records_are_sound(test_data: Path) -> None:
    paths = sorted((test_data / "ptbxl" / "records100").glob("*/*.hea"))
    assert [ecg.record for ecg in read_many(paths) if inspect(ecg)] == []
