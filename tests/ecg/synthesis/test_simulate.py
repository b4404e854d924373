"""Synthetic ECGs show what their spec says, and obey what electrodes obey."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from ecg_bench.ecg import LEADS
from ecg_bench.ecg.synthesis import KINDS, Spec, Territory, draw_specs, simulate, simulate_many, truth_of
from tests.ecg.synthesis.specs import beat, first_beat, frontal_axis, specs

CLEAN = Spec(noise_mv=0.0, rate_variation=0.0)
# Lead II at 2 s, 2.1 s and so on.
REFERENCE = [0.000, 0.000, 0.116, 0.000, 0.000, 0.100, 0.225, 0.005]


@settings(max_examples=60, deadline=None)
@given(spec=specs())
def test_limb_leads_obey_einthoven_and_goldberger_exactly(spec: Spec) -> None:
    ecg = simulate(spec)
    one, two, three, right, left, foot = (ecg.lead(name) for name in LEADS[:6])
    np.testing.assert_array_equal(one + three, two)
    np.testing.assert_array_equal(right, -(one + two) / 2)
    np.testing.assert_array_equal(left, (one - three) / 2)
    np.testing.assert_array_equal(foot, (two + three) / 2)
    np.testing.assert_array_equal(right + left + foot, np.zeros_like(one))


@settings(max_examples=60, deadline=None)
@given(spec=specs())
def test_every_record_has_its_length_and_amplitudes_of_a_heart(spec: Spec) -> None:
    ecg = simulate(spec)
    assert ecg.signal.shape == (round(spec.seconds * spec.hertz), 12)
    assert ecg.leads == LEADS
    assert ecg.rate == spec.hertz
    assert np.isfinite(ecg.signal).all()
    still = simulate(replace(spec, noise_mv=0.0, wander_mv=0.0, st_mv=(), seconds=6))
    assert 0.05 < np.abs(still.signal).max() < 6


@settings(max_examples=20, deadline=None)
@given(spec=specs())
def test_the_same_spec_gives_the_same_samples_alone_or_among_others(spec: Spec) -> None:
    alone = simulate(spec)
    among = simulate_many([replace(spec, seed=spec.seed + 1), spec, spec])
    np.testing.assert_array_equal(alone.signal, among[1].signal)
    np.testing.assert_array_equal(alone.signal, among[2].signal)
    assert not np.array_equal(alone.signal, among[0].signal)


def test_samples_stay_what_they_are_from_version_to_version() -> None:
    """Shipped tasks are made from seeds: a change of the generator changes them, and must be known."""
    made = simulate(Spec(noise_mv=0.0, seed=7))
    np.testing.assert_allclose(made.lead("II")[1000:1400:50], REFERENCE, atol=0.002)


@pytest.mark.parametrize("rate", [40, 60, 75, 100, 140])
def test_beats_come_at_the_rate(rate: float) -> None:
    ecg = simulate(replace(CLEAN, rate=rate, seconds=30))
    intervals = np.diff(ecg.metadata["beats"])
    np.testing.assert_allclose(intervals, 60 / rate, atol=1e-5)
    # Each beat is where the metadata says: its steepest slope lies within the QRS.
    slope = np.abs(np.diff(ecg.lead("V5")))
    for onset in ecg.metadata["beats"][1:-1]:
        around = slice(round((onset - 0.2) * ecg.rate), round((onset + 0.3) * ecg.rate))
        steepest = onset - 0.2 + int(slope[around].argmax()) / ecg.rate
        assert onset <= steepest <= onset + 0.1


@pytest.mark.parametrize("variation", [0.02, 0.1, 0.2])
def test_intervals_vary_as_much_as_asked(variation: float) -> None:
    intervals = np.diff(simulate(Spec(rate_variation=variation, seconds=120)).metadata["beats"])
    assert intervals.std() / intervals.mean() == pytest.approx(variation, rel=0.15)
    assert intervals.mean() == pytest.approx(60 / 70, rel=0.03)


@pytest.mark.parametrize("pr", [130, 160, 220, 280])
def test_p_begins_its_interval_before_the_qrs(pr: float) -> None:
    ecg = simulate(replace(CLEAN, pr_ms=pr, rate=50))
    before = beat(ecg, "II", -0.45, 0.0)
    visible = np.flatnonzero(before > 0.08 * before.max())
    assert 0.45 - visible[0] / ecg.rate == pytest.approx(pr / 1000, abs=0.01)


@pytest.mark.parametrize(
    "spec", [CLEAN, replace(CLEAN, qrs_ms=110), replace(CLEAN, block="lbbb"), replace(CLEAN, block="rbbb")]
)
def test_the_qrs_is_as_wide_as_the_truth_says(spec: Spec) -> None:
    ecg = simulate(spec)
    # All leads together: QRS begins where the first one leaves the baseline, and slopes end at J.
    around = np.stack([beat(ecg, name, -0.03, 0.25) for name in LEADS], axis=1)
    fast = np.flatnonzero(np.abs(np.diff(around, axis=0)).max(axis=1) > 0.02)
    assert (fast[-1] - fast[0]) / ecg.rate * 1000 == pytest.approx(truth_of(spec).qrs_ms, abs=12)


@pytest.mark.parametrize("qt", [340, 400, 480, 540])
def test_the_tangent_of_t_ends_at_qt(qt: float) -> None:
    """Lepeschkin and Surawicz (1952): where the steepest tangent down from T meets the baseline."""
    ecg = simulate(replace(CLEAN, qt_ms=qt, rate=50))
    after = beat(ecg, "V5", 0.2, 0.75).astype(float)
    slope = np.diff(after)
    steepest = int(slope.argmin())
    end = 0.2 + (steepest + 0.5 - (after[steepest] + after[steepest + 1]) / 2 / slope[steepest]) / ecg.rate
    assert end * 1000 == pytest.approx(qt, abs=10)


@pytest.mark.parametrize("block", ["none", "lbbb", "rbbb", "ivcd"])
@pytest.mark.parametrize("axis", [-150, -60, -30, 0, 45, 90, 120, 180])
def test_the_net_area_of_qrs_points_along_the_axis(axis: float, block: str) -> None:
    spec = replace(CLEAN, axis=axis, block=block, qrs_ms=130 if block != "none" else 90, rate=50, hertz=1000)
    ecg = simulate(spec)
    onset = first_beat(ecg)
    found = frontal_axis(ecg, (onset - 0.005, onset + spec.qrs_ms / 1000 + 0.003))
    assert (found - axis + 180) % 360 - 180 == pytest.approx(0, abs=3)


@pytest.mark.parametrize(
    ("territory", "leads"),
    [
        ("inferior", ("II", "III", "aVF")),
        ("anterior", ("V2", "V3", "V4")),
        ("lateral", ("I", "V5", "V6")),
        ("septal", ("V1", "V2")),
    ],
)
@pytest.mark.parametrize("axis", [0, 30, 70])
def test_q_waves_are_pathological_and_leave_the_axis_where_it_is(
    territory: Territory, leads: tuple[str, ...], axis: float
) -> None:
    """At least 30 ms long and 0.1 mV deep (Thygesen et al. 2018), and before any R."""
    ecg = simulate(replace(CLEAN, axis=axis, q_waves=(territory,), rate=50, hertz=1000))
    onset = first_beat(ecg)
    assert frontal_axis(ecg, (onset - 0.005, onset + 0.093)) == pytest.approx(axis, abs=3)
    for name in leads:
        qrs = beat(ecg, name, 0.0, 0.09)
        q = qrs[: int(qrs.argmax())] if qrs.max() > 0.05 else qrs
        assert q.min() < -0.1
        assert (q < 0).sum() >= 30


def test_r_grows_and_s_shrinks_from_v1_to_v5() -> None:
    ecg = simulate(CLEAN)
    waves = [beat(ecg, f"V{n}", 0.0, 0.09) for n in range(1, 7)]
    share = [float(w.max() / (w.max() - w.min())) for w in waves]
    assert share[:5] == sorted(share[:5])
    assert share[0] < 0.3
    assert share[4] > 0.7
    assert min(waves[5][:20]) < -0.02  # the septal q


def test_left_bundle_branch_block_has_its_shape() -> None:
    ecg = simulate(replace(CLEAN, block="lbbb", axis=-10))
    v1, v6, one = (beat(ecg, name, 0.0, 0.15) for name in ("V1", "V6", "I"))
    assert v1.min() < -0.8
    assert v1.max() < 0.2
    assert min(v6[:70].min(), one[:70].min()) >= 0  # no q, no S before ST
    peaks = np.flatnonzero((v6[1:-1] > v6[:-2]) & (v6[1:-1] >= v6[2:]) & (v6[1:-1] > 0.5))
    assert len(peaks) == 2  # notched
    assert beat(ecg, "V6", 0.25, 0.4).min() < -0.1 < 0.1 < beat(ecg, "V1", 0.25, 0.4).max()  # discordant


def test_right_bundle_branch_block_has_its_shape() -> None:
    ecg = simulate(replace(CLEAN, block="rbbb"))
    early, late = beat(ecg, "V1", 0.0, 0.06), beat(ecg, "V1", 0.06, 0.14)
    assert early.max() > 0.1
    assert early.min() < -0.3
    assert late.max() > early.max()  # rSR'
    for name in ("I", "V6"):
        s = beat(ecg, name, 0.06, 0.14)
        assert (s < -0.1).sum() / ecg.rate > 0.04  # wide
    assert beat(ecg, "V1", 0.25, 0.36).min() < -0.08


def test_fascicular_blocks_turn_first_and_main_forces_against_each_other() -> None:
    front, back = (simulate(replace(CLEAN, block=block)) for block in ("lafb", "lpfb"))
    for ecg, begins_below, begins_above in ((front, "aVL", "III"), (back, "III", "aVL")):
        q_first, r_first = beat(ecg, begins_below, 0.0, 0.09), beat(ecg, begins_above, 0.0, 0.09)
        assert q_first.argmin() < q_first.argmax()
        assert r_first.argmax() < r_first.argmin()
        assert q_first.max() > -r_first.min() * 0.5


def test_inferior_elevation_depresses_what_stands_opposite() -> None:
    base, ecg = simulate(CLEAN), simulate(replace(CLEAN, st_mv=(("inferior", 0.3),)))
    shift = {name: float((beat(ecg, name, 0.1, 0.105) - beat(base, name, 0.1, 0.105)).mean()) for name in LEADS}
    assert shift["III"] == pytest.approx(0.3, abs=0.02)
    assert shift["II"] > 0.15
    assert shift["aVF"] > 0.2
    assert shift["aVL"] < -0.15
    assert shift["I"] < -0.05
    assert shift["V2"] < -0.05


@pytest.mark.parametrize(
    ("territory", "leads"),
    [
        ("inferior", ("II", "III", "aVF")),
        ("anterior", ("V2", "V3", "V4")),
        ("lateral", ("I", "aVL", "V5", "V6")),
        ("septal", ("V1", "V2")),
    ],
)
def test_inverted_t_and_depressed_st_are_in_the_leads_of_their_territory(
    territory: Territory, leads: tuple[str, ...]
) -> None:
    ecg = simulate(replace(CLEAN, t_inverted=(territory,)))
    low = simulate(replace(CLEAN, st_mv=((territory, -0.2),)))
    base = simulate(CLEAN)
    for name in leads:
        assert beat(ecg, name, 0.22, 0.34).min() < -0.08
        assert (beat(low, name, 0.1, 0.12) - beat(base, name, 0.1, 0.12)).mean() < -0.08


def test_hypertrophy_meets_the_voltage_criteria() -> None:
    """Sokolow and Lyon (1949): S in V1 and R in V5 or V6 of 3.5 mV together; R over S in V1 for the right ventricle."""
    for seed in range(8):
        left = simulate(replace(CLEAN, hypertrophy="left", axis=0, seed=seed))
        assert -beat(left, "V1", 0, 0.09).min() + max(beat(left, n, 0, 0.09).max() for n in ("V5", "V6")) > 3.4
        right = simulate(replace(CLEAN, hypertrophy="right", seed=seed))
        v1 = beat(right, "V1", 0, 0.09)
        assert v1.max() > -v1.min()
        assert v1.max() > 0.5
    normal = simulate(CLEAN)
    assert -beat(normal, "V1", 0, 0.09).min() + beat(normal, "V5", 0, 0.09).max() < 3.4


def test_every_kind_that_is_drawn_can_be_simulated_and_no_two_hearts_are_the_same() -> None:
    found = simulate_many(draw_specs(3 * len(KINDS), seed=4, hertz=100))
    normal = [ecg.lead("V4") for ecg in found if "NORM" in ecg.metadata["codes"]]
    assert len({round(float(lead.max()), 3) for lead in normal}) > len(normal) / 2


def test_noise_is_as_strong_as_asked_and_wander_is_slow() -> None:
    still, noisy, slow = (
        simulate(replace(CLEAN, **change)).lead("V3") for change in ({}, {"noise_mv": 0.05}, {"wander_mv": 0.3})
    )
    assert (noisy - still).std() == pytest.approx(0.05, rel=0.05)
    wander = slow - still
    assert 0.1 < np.abs(wander).max() <= 0.31
    assert np.abs(np.diff(wander)).max() < 0.005
