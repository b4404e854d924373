"""The arithmetic of the ECG agrees with published values and with its own laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench.tasks.ecg import calculations as ecg


@pytest.mark.parametrize(
    ("formula", "qt", "rr", "expected"),
    [
        # Worked by hand from the published equations.
        (ecg.qtc_bazett, 400, 1000, 400.0),
        (ecg.qtc_bazett, 360, 640, 450.0),  # the root of 0.64 is 0.8
        (ecg.qtc_bazett, 480, 1440, 400.0),
        (ecg.qtc_fridericia, 400, 1000, 400.0),
        (ecg.qtc_fridericia, 320, 512, 400.0),  # the cube root of 0.512 is 0.8
        (ecg.qtc_framingham, 360, 500, 437.0),
        (ecg.qtc_hodges, 360, 600, 430.0),
    ],
)
def test_corrected_qt(formula: object, qt: float, rr: float, expected: float) -> None:
    assert formula(qt, rr) == pytest.approx(expected)  # type: ignore[operator]


@given(st.floats(250, 600))
def test_all_formulas_agree_at_a_rate_of_60(qt: float) -> None:
    for formula in (ecg.qtc_bazett, ecg.qtc_fridericia, ecg.qtc_framingham, ecg.qtc_hodges):
        assert formula(qt, 1000) == pytest.approx(qt)


@given(st.floats(250, 600), st.floats(350, 990))
def test_bazett_corrects_more_than_fridericia_at_fast_rates_and_both_upwards(qt: float, rr: float) -> None:
    assert qt < ecg.qtc_fridericia(qt, rr) < ecg.qtc_bazett(qt, rr)


@pytest.mark.parametrize(("large", "rate"), [(1, 300), (2, 150), (3, 100), (4, 75), (5, 60), (6, 50)])
def test_the_rule_of_300(large: int, rate: int) -> None:
    assert ecg.rate_from_squares(5 * large) == rate
    assert ecg.rate_from_squares(5 * large, speed_mm_s=50) == 2 * rate
    assert ecg.rate_from_rr(200 * large) == rate


def test_rates_of_strips_and_conduction() -> None:
    assert ecg.rate_from_strip(12, 6) == 120
    assert ecg.rate_from_strip(12, 10) == 72
    assert ecg.ventricular_rate(300, 4) == 75
    assert ecg.ventricular_rate(80, 4, 3) == 60


@pytest.mark.parametrize(
    ("isoelectric", "other", "positive", "axis"),
    [
        ("aVL", "II", True, 60),
        ("aVL", "II", False, -120),
        ("III", "aVR", False, 30),
        ("III", "aVR", True, -150),
        ("II", "aVL", True, -30),
        ("II", "aVL", False, 150),
        ("aVF", "I", True, 0),
        ("aVF", "I", False, 180),
        ("I", "aVF", True, 90),
        ("I", "aVF", False, -90),
        ("aVR", "III", True, 120),
        ("aVR", "III", False, -60),
    ],
)
def test_the_axis_is_across_the_isoelectric_lead(isoelectric: str, other: str, positive: bool, axis: int) -> None:
    assert ecg.axis_from_isoelectric(isoelectric, other, positive) == axis


def test_a_lead_that_does_not_tell_the_sides_apart_is_refused() -> None:
    with pytest.raises(ValueError, match="does not tell"):
        ecg.axis_from_isoelectric("I", "I", True)


@given(st.floats(-20, 20), st.floats(-20, 20))
def test_einthoven_and_goldberger(lead_i: float, lead_ii: float) -> None:
    iii = ecg.lead_iii(lead_i, lead_ii)
    assert lead_i + iii == pytest.approx(lead_ii)
    avl = (lead_i - iii) / 2
    assert ecg.lead_avr(lead_i, lead_ii) + avl + ecg.lead_avf(lead_ii, iii) == pytest.approx(0, abs=1e-9)


def test_voltage_criteria_at_their_limits() -> None:
    assert ecg.sokolow_lyon(15, 20, 18) == (35, True)
    assert ecg.sokolow_lyon(15, 18, 19.5) == (34.5, False)
    assert ecg.cornell_voltage(10, 18, "man") == (28, False)
    assert ecg.cornell_voltage(10, 18.5, "man") == (28.5, True)
    assert ecg.cornell_voltage(8, 12, "woman") == (20, False)
    assert ecg.cornell_voltage(8, 12.5, "woman") == (20.5, True)
    assert ecg.cornell_product(12, 13, 100) == (2500, True)
    assert ecg.cornell_product(12, 12, 100) == (2400, False)
    assert ecg.peguero_lo_presti(16, 12, "man") == (28, True)
    assert ecg.peguero_lo_presti(13, 10, "woman") == (23, True)
    assert ecg.peguero_lo_presti(13, 9.5, "woman") == (22.5, False)


@pytest.mark.parametrize(
    ("findings", "points"),
    [((1, 0, 0), 5), ((0, 1, 0), 3), ((0, 0, 5), 2), ((1, 1, 5), 10), ((0.5, 0.5, 4.5), 0), ((0, 2, 6), 5)],
)
def test_sgarbossa(findings: tuple[float, float, float], points: int) -> None:
    assert ecg.sgarbossa(*findings) == points


def test_smith() -> None:
    assert ecg.smith_ratio(3, 12) == (0.25, True)
    assert ecg.smith_ratio(2, 12) == (pytest.approx(1 / 6), False)
    assert ecg.smith_ratio(0.5, 1) == (0.5, False)


@pytest.mark.parametrize(
    ("sex", "age", "lead", "limit"),
    [
        ("man", 40, "V2", 2),
        ("man", 39, "V3", 2.5),
        ("woman", 30, "V2", 1.5),
        ("woman", 80, "V3", 1.5),
        ("man", 30, "II", 1),
    ],
)
def test_thresholds_of_the_universal_definition(sex: str, age: int, lead: str, limit: float) -> None:
    assert ecg.stemi_threshold(sex, age, lead) == limit
