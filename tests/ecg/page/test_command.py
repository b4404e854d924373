"""``ecg-bench ecg``, as a user runs it."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest

from ecg_bench.cli import main
from ecg_bench.ecg.reading import read_ecg
from ecg_bench.ecg.synthesis import Spec, simulate


def run(*arguments: object) -> tuple[int, str, str]:
    """Run the command in this process, through the entry point of the script."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["ecg-bench", "ecg", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0), out.getvalue(), err.getvalue()


def test_a_record_is_made_and_shown(tmp_path: Path) -> None:
    code, out, _ = run("simulate", "--rhythm", "afib", "--rate", 110, "--seed", 1, "--out", tmp_path / "REC")
    assert code == 0
    assert "fibrillation" in out
    assert "SCP codes: AFIB" in out
    made = read_ecg(tmp_path / "REC.hea")
    np.testing.assert_allclose(made.signal, simulate(Spec(rhythm="afib", rate=110, seed=1)).signal, atol=0.0006)
    for name in ("page.png", "page.svg"):
        code, out, _ = run("show", tmp_path / "REC", "--out", tmp_path / name)
        assert (code, out) == (0, f"{tmp_path / name}: 12 leads, 10 s at 500 Hz\n")
    assert ">REC</text>" in (tmp_path / "page.svg").read_text()


def test_both_speak_json(tmp_path: Path) -> None:
    options = ("--st", "inferior=0.3", "--st", "lateral=-0.1", "--t-inverted", "septal", "--pvc", 6)
    said = json.loads(run("simulate", *options, "--out", tmp_path / "REC", "--json")[1])
    assert {"STE_", "IMI", "STD_", "ISCLA", "INVT", "PVC", "SR"} == set(said["codes"])
    assert json.loads(said["spec"])["st_mv"] == [["inferior", 0.3], ["lateral", -0.1]]
    shown = json.loads(run("show", said["record"], "--out", tmp_path / "p.png", "--json")[1])
    assert shown["seconds"] == 10
    assert len(shown["leads"]) == 12


def test_what_is_wrong_with_a_record_is_said(tmp_path: Path) -> None:
    table = tmp_path / "flat.csv"
    signal = simulate(Spec(seconds=4, hertz=100)).select(("I", "II")).signal.copy()
    signal[:, 0] = 0.0
    table.write_text("I,II\n" + "".join(f"{a:.4f},{b:.4f}\n" for a, b in signal))
    code, out, err = run("show", table, "--rate", 100, "--units", "mV", "--out", tmp_path / "p.svg")
    assert code == 0, err
    assert "I keep one value for 100.0% of the time" in out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("show", "nowhere", "--out", "p.png"), "no such ECG record"),
        (("simulate", "--rate", 5, "--out", "REC"), "rate must be 20 to 300"),
        (("simulate", "--rhythm", "afib", "--av-block", "first", "--out", "REC"), "needs sinus rhythm"),
        (("simulate", "--st", "inferior", "--out", "REC"), "write it as inferior=0.3"),
        (("simulate", "--st", "belly=1", "--out", "REC"), "no territory 'belly'"),
        (("simulate", "--rhythm", "afibb", "--out", "REC"), "afib"),
        (("simulate", "--out", "a b"), "WFDB record can't be called"),
    ],
    ids=str,
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(
    arguments: tuple[object, ...], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert why in err
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_a_page_of_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    run("simulate", "--out", tmp_path / "REC")
    code, _, err = run("show", tmp_path / "REC", "--out", tmp_path / "p.pdf")
    assert code == 2
    assert "must end in .png or .svg" in err
