"""Curves of scores over disturbances."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ecg_bench import UserError, evaluate
from ecg_bench.robustness import robustness

LIMIT = 24


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Runs of the rule reader on the same questions: as they are, disturbed, and without ECGs."""
    folder = tmp_path_factory.mktemp("runs")
    wanted = {
        "clean": {},
        "snr20": {"perturb": "snr=20,noise=muscle"},
        "snr-10": {"perturb": "snr=-10,noise=muscle"},
        "meit": {"perturb": "meit=0.2"},
        "blind": {"no_signal": True, "system": "the same without ECG"},
    }
    for name, settings in wanted.items():
        evaluate("baseline/rule-reader", ["ecg/signal-qa"], out=folder / name, limit=LIMIT, quiet=True, **settings)
    return {name: folder / name for name in wanted}


def test_runs_become_curves_from_the_undisturbed_on(runs: dict[str, Path]) -> None:
    found = robustness([runs[name] for name in ("snr-10", "meit", "clean", "blind", "snr20")])
    noise, meit = found.curves
    assert (noise.task, noise.metric, noise.system) == ("ecg/signal-qa", "acc", "baseline/rule-reader")
    assert noise.disturbance == "signal-to-noise ratio in dB, muscle noise"
    assert [point.level for point in noise.points] == [None, 20, -10]
    assert meit.disturbance == "largest share under MEIT's noise"
    assert [point.level for point in meit.points] == [None, 0.2]
    assert found.notices == []
    assert noise.control == meit.control
    assert noise.control is not None
    assert noise.control.value < noise.points[0].estimate.value


def test_every_point_has_an_interval_and_is_compared_with_the_undisturbed(runs: dict[str, Path]) -> None:
    (curve,) = robustness([runs[name] for name in ("clean", "snr20", "snr-10")]).curves
    clean, *others = curve.points
    assert clean.difference is None
    for point in others:
        assert point.difference is not None
        assert point.difference.n == LIMIT
        assert point.difference.value == pytest.approx(point.estimate.value - clean.estimate.value)
        assert point.difference.p is not None
        assert point.difference.p_holm is not None
        assert point.difference.p_holm >= point.difference.p
    worst = others[-1]
    assert worst.estimate.high < clean.estimate.value
    assert worst.difference.p_holm < 0.01  # type: ignore[operator, union-attr]


def test_without_an_undisturbed_run_nothing_is_compared_and_it_is_said(runs: dict[str, Path]) -> None:
    found = robustness([runs["snr20"], runs["snr-10"]])
    assert [point.level for point in found.curves[0].points] == [20, -10]
    assert all(point.difference is None for point in found.curves[0].points)
    assert "there is no undisturbed run to compare with" in found.notices[0]


def test_requests_that_ended_in_errors_are_not_passed_off_as_a_fall(runs: dict[str, Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(runs["snr20"], broken)
    results = json.loads((broken / "results.json").read_text())
    results["tasks"]["ecg/signal-qa"]["outcomes"] |= {"error": 5}
    (broken / "results.json").write_text(json.dumps(results))
    (notice,) = robustness([runs["clean"], broken]).notices
    assert f"snr=20,noise=muscle: 5 of {LIMIT} requests ended in errors" in notice
    assert "no fall of the system" in notice


def test_runs_that_cant_make_a_curve_are_refused(runs: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none of these runs has a disturbance: make some"):
        robustness([runs["clean"], runs["blind"]])
    with pytest.raises(UserError, match="no task of these runs has the metric 'bleu'"):
        robustness([runs["clean"], runs["snr20"]], metric="bleu")
    both = tmp_path / "both"
    evaluate("baseline/constant", ["ecg/signal-qa"], out=both, limit=2, perturb="gain=0.5,time=1.2", quiet=True)
    with pytest.raises(UserError, match="varies time and gain at once: a curve is of one"):
        robustness([both])


def test_runs_of_other_settings_make_no_common_curve(runs: dict[str, Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    evaluate("baseline/rule-reader", ["ecg/signal-qa"], out=other, limit=8, seed=5, quiet=True)
    found = robustness([other, runs["snr20"]])
    assert [point.level for point in found.curves[0].points] == [20]


def test_the_command_writes_tables_and_plots(runs: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "curves"
    made = subprocess.run(
        [sys.executable, "-m", "ecg_bench", "robustness", *map(str, runs.values()), "--out", str(out)],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "Without any ECG" in made.stdout
    data = json.loads((out / "robustness.json").read_text())
    with (out / "robustness.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(len(curve["points"]) for curve in data["curves"]) == 5
    assert (out / "robustness.md").read_text().count("## ") == 2
    svgs = sorted(out.glob("*.svg"))
    assert len(svgs) == 2
    assert all("undisturbed" in path.read_text() for path in svgs)
