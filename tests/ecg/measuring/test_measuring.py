"""Measurements agree with the truth of synthetic ECGs and are sane on real ones; rules read them as published."""

from __future__ import annotations

import ast
import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecg_bench.ecg import LEADS, Ecg
from ecg_bench.ecg.measuring import Measurements, interpret, measure, report
from ecg_bench.ecg.scp import STATEMENTS, codes_in
from ecg_bench.ecg.synthesis import Spec, codes_of, draw_specs, simulate, spec_text, truth_of

Errors = dict[str, list[float]]


def errors(specs: list[Spec]) -> Errors:
    found: Errors = {"rate": [], "pr": [], "qrs": [], "qt": [], "axis": []}
    for spec in specs:
        truth, one = truth_of(spec), measure(simulate(spec))
        assert one.rate is not None
        assert one.qrs_ms is not None
        assert one.axis is not None
        found["rate"].append(one.rate - truth.rate)
        found["qrs"].append(one.qrs_ms - truth.qrs_ms)
        if one.qt_ms is not None:
            found["qt"].append(one.qt_ms - truth.qt_ms)
        if truth.pr_ms is not None and spec.av_block != "wenckebach" and one.pr_ms is not None:
            found["pr"].append(one.pr_ms - truth.pr_ms)
        if spec.rhythm not in ("vt", "paced"):
            found["axis"].append((one.axis - truth.axis + 180) % 360 - 180)
    return found


def within(values: list[float], share: float) -> float:
    """Return the bound that this share of absolute errors stays within."""
    return float(np.quantile(np.abs(values), share))


@pytest.mark.parametrize(
    ("change", "bounds"),
    [
        ({}, {"rate": 5, "pr": 6, "qrs": 8, "qt": 12, "axis": 8}),
        ({"noise_mv": 0.05, "wander_mv": 0.2}, {"rate": 6, "pr": 14, "qrs": 20, "qt": 16, "axis": 10}),
        ({"hertz": 100.0}, {"rate": 6, "pr": 10, "qrs": 12, "qt": 18, "axis": 10}),
    ],
    ids=["as drawn", "noisy", "100 Hz"],
)
def test_nine_in_ten_measurements_are_near_the_truth(change: dict[str, float], bounds: dict[str, float]) -> None:
    found = errors([replace(spec, **change) for spec in draw_specs(60, seed=5)])
    assert len(found["pr"]) > 30
    assert {name: within(values, 0.9) <= bounds[name] for name, values in found.items()} == dict.fromkeys(bounds, True)


def test_rules_find_most_of_what_is_true_of_synthetic_records() -> None:
    hits = said = true = 0
    for spec in draw_specs(90, seed=6):
        found, truth = set(interpret(measure(simulate(spec)))), set(codes_of(spec))
        hits, said, true = hits + len(found & truth), said + len(found), true + len(truth)
    assert hits / said > 0.88
    assert hits / true > 0.88


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (Spec(rate=72), {"SR", "NORM"}),
        (Spec(rate=45), {"SBRAD"}),
        (Spec(rate=125), {"STACH"}),
        (Spec(rhythm="afib", rate=90), {"AFIB"}),
        (Spec(block="lbbb", qrs_ms=150), {"SR", "CLBBB"}),
        (Spec(block="rbbb", qrs_ms=140), {"SR", "CRBBB"}),
        (Spec(rhythm="paced", rate=70, axis=-70), {"PACE"}),
        (Spec(av_block="first", pr_ms=260), {"SR", "1AVB", "LPR"}),
        (Spec(st_mv=(("inferior", 0.3),)), {"SR", "STE_", "IMI"}),
        (Spec(pvc_per_minute=12), {"SR", "PVC"}),
    ],
    ids=lambda one: " ".join(sorted(one)) if isinstance(one, set) else spec_text(one),
)
def test_plain_findings_are_found(spec: Spec, expected: set[str]) -> None:
    assert set(interpret(measure(simulate(spec)))) == expected


def test_the_text_says_what_was_measured_and_no_diagnosis() -> None:
    one = measure(simulate(Spec(rate=60, seed=4)))
    text = one.text()
    assert "Ventricular rate: 60 per minute" in text
    assert f"PR interval: {one.pr_ms:.0f} ms" in text
    assert [line.split(":")[0] for line in text.splitlines()[-12:]] == list(LEADS)
    assert not codes_in(text)


def test_a_report_says_what_the_rules_find() -> None:
    one = measure(simulate(Spec(rhythm="afib", rate=95, seed=2)))
    assert codes_in(report(one)) == set(interpret(one))
    assert "Ventricular rate" in report(one)


@pytest.mark.parametrize(
    "signal",
    [np.zeros((5000, 12)), np.full((5000, 12), np.nan), np.ones((300, 12)), np.zeros((1, 12))],
    ids=["flat", "nothing", "short", "one sample"],
)
def test_a_record_without_a_signal_has_no_measurements(signal: np.ndarray) -> None:
    one = measure(Ecg(signal.astype(np.float32), LEADS, 500.0))
    assert (one.beats, one.rate, interpret(one)) == (0, None, ())
    assert "can't be read" in report(one)
    assert one.text()


@pytest.mark.parametrize("seed", range(3))
def test_noise_alone_is_measured_without_an_error(seed: int) -> None:
    noise = np.random.default_rng(seed).standard_normal((2000, 12)).astype(np.float32)
    assert set(interpret(measure(Ecg(noise, LEADS, 500.0)))) <= set(STATEMENTS)


def test_leads_may_be_few_turned_upside_down_or_partly_missing() -> None:
    ecg = simulate(Spec(rate=80, axis=40))
    whole = measure(ecg)
    lead = measure(ecg.select(["II"]))
    assert (round(lead.rate or 0), lead.axis) == (80, None)
    signal = ecg.signal.copy()
    signal[:, LEADS.index("aVR")] *= -1
    signal[1000:1100, LEADS.index("V3")] = np.nan
    names = tuple("-aVR" if name == "aVR" else name for name in LEADS)
    turned = measure(Ecg(signal, names, 500.0))
    assert turned.axis == pytest.approx(whole.axis, abs=2)
    assert turned.waves["aVR"].s == pytest.approx(whole.waves["aVR"].s, abs=0.05)


def test_measuring_twice_gives_the_same() -> None:
    ecg = simulate(draw_specs(1, seed=9)[0])
    assert measure(ecg) == measure(ecg)


@pytest.fixture(scope="module")
def real(test_data: Path) -> list[tuple[Measurements, set[str]]]:
    """Return the first 150 records of PTB-XL at 100 Hz, measured, with their codes."""
    found = []
    folder = test_data / "ptbxl"
    with (folder / "ptbxl_database.csv").open(encoding="utf-8", newline="") as file:
        for row in list(csv.DictReader(file))[:150]:
            # Format 16, gain 1000 per mV, 12 leads: the header of every record of PTB-XL says so.
            raw = np.fromfile(folder / f"{row['filename_lr']}.dat", dtype="<i2").reshape(-1, 12)
            ecg = Ecg((raw / 1000).astype(np.float32), LEADS, 100.0)
            found.append((measure(ecg), set(ast.literal_eval(row["scp_codes"]))))
    return found


def test_normal_records_of_ptb_xl_have_normal_intervals(real: list[tuple[Measurements, set[str]]]) -> None:
    normal = [one for one, codes in real if {"NORM", "SR"} <= codes]
    for name, low, high in (("rate", 48, 102), ("pr_ms", 110, 230), ("qrs_ms", 60, 115), ("qtc_ms", 330, 470)):
        values = [getattr(one, name) for one in normal]
        assert np.mean([value is not None and low <= value <= high for value in values]) > 0.95, name


def test_rhythm_of_ptb_xl_records_is_mostly_found(real: list[tuple[Measurements, set[str]]]) -> None:
    sinus = [{"SR"} & set(interpret(one)) for one, codes in real if "SR" in codes]
    assert np.mean([bool(found) for found in sinus]) > 0.8
