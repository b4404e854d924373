"""NumPy files, tables and annotated ECGs are read in millivolts, and what they don't say is asked for."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecg_bench.ecg.reading import read_ecg
from ecg_bench.errors import UserError

VALUES = np.array([[1.0, -2.0], [3.0, 4.5], [np.nan, 0.0]])
SAID: dict[str, Any] = {"leads": ("II", "V1"), "units": "mV", "rate": 500}


def npy(folder: Path, values: Any = VALUES) -> Path:
    np.save(folder / "a.npy", values)
    return folder / "a.npy"


def table(folder: Path, text: str, name: str = "a.csv") -> Path:
    (folder / name).write_text(text)
    return folder / name


@pytest.mark.parametrize(
    ("units", "factor"), [("mV", 1), ("mv", 1), ("uV", 1e-3), ("µV", 1e-3), ("μV", 1e-3), ("V", 1e3), ("nV", 1e-6)]
)
def test_every_unit_becomes_millivolts(units: str, factor: float, tmp_path: Path) -> None:
    ecg = read_ecg(npy(tmp_path), leads=("II", "V1"), units=units, rate=500)
    np.testing.assert_allclose(ecg.signal, VALUES * factor, rtol=1e-6)
    assert (ecg.leads, ecg.rate, ecg.record) == (("II", "V1"), 500, "a")


@pytest.mark.parametrize("missing", ["leads", "units", "rate"])
def test_what_an_array_does_not_say_must_be_given(missing: str, tmp_path: Path) -> None:
    given = {name: value for name, value in SAID.items() if name != missing}
    with pytest.raises(UserError, match=rf"a.npy: doesn't say its .*: give {missing}="):
        read_ecg(npy(tmp_path), **given)


def test_an_archive_says_it_all(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "b.npz", signal=VALUES * 1000, leads=["AVR", "v6"], rate=250, units="uV", record="r1", patient="p"
    )
    ecg = read_ecg(tmp_path / "b.npz")
    np.testing.assert_allclose(ecg.signal, VALUES, rtol=1e-6)
    assert (ecg.leads, ecg.rate, ecg.record, ecg.patient) == (("aVR", "V6"), 250, "r1", "p")
    assert read_ecg(tmp_path / "b.npz", leads=["V6"]).leads == ("V6",)
    with pytest.raises(UserError, match="says uV, and units='mV' was given"):
        read_ecg(tmp_path / "b.npz", units="mV")


@pytest.mark.parametrize(
    ("values", "changes", "said"),
    [
        (VALUES, {"units": "kg"}, "'kg' are no units of an ECG"),
        (VALUES, {"leads": ("II", "V1", "V2")}, "has 2 columns, where 3 leads are named: is it turned"),
        (VALUES, {"leads": ("II",)}, "has 2 columns, where 1 leads are named$"),
        (VALUES, {"leads": ("II", "V9")}, "a.npy: there is no ECG lead 'V9'"),
        (VALUES, {"leads": ("II", "ii")}, "the lead II stands twice"),
        (VALUES, {"rate": 0}, "a.npy: .*sampling rate must be above 0 Hz"),
        (VALUES[:0], {}, "a.npy: has no samples"),
        (VALUES[0], {}, r"numbers of shape \(samples, leads\), but holds float64 of shape \(2,\)"),
        (np.array([["a", "b"]]), {}, "must hold numbers"),
    ],
)
def test_a_wrong_array_is_answered_with_what_is_wrong(
    values: np.ndarray, changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=said):
        read_ecg(npy(tmp_path, values), **SAID | changes)


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (open, ("bomb-went-off", "w"))


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_a_file_with_python_objects_is_refused_and_nothing_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    if name == "a.npy":
        np.save(path, np.array([[Bomb()]], dtype=object), allow_pickle=True)
    else:
        np.savez(path, signal=np.array([[Bomb()]], dtype=object))
    with pytest.raises(UserError, match=r"is no .* of numbers"):
        read_ecg(path, **SAID)
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(UserError, match="is no NumPy file of numbers"):
        read_ecg(path, **SAID)
    assert not (tmp_path / "bomb-went-off").exists()


def test_a_table_says_leads_units_and_rate(tmp_path: Path) -> None:
    text = "time,II (uV),V1 (uV)\n0.000,1000,-2000\n0.002,3000,4500\n0.004,,0\n"
    ecg = read_ecg(table(tmp_path, text))
    np.testing.assert_allclose(ecg.signal, VALUES)
    assert (ecg.leads, ecg.rate) == (("II", "V1"), 500)


def test_times_of_few_digits_still_give_the_rate(tmp_path: Path) -> None:
    rows = "".join(f"{n * 1000 / 360:.3f};{n}\n" for n in range(1000))
    assert read_ecg(table(tmp_path, f"time_ms;II [mV]\n{rows}")).rate == pytest.approx(360, abs=1e-3)


def test_a_tab_separated_table_without_units_takes_those_given(tmp_path: Path) -> None:
    ecg = read_ecg(table(tmp_path, "II\tV1\n1\t2\n", "a.tsv"), units="mV", rate=100)
    assert ecg.signal.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("II\n1\nx\n", "a.csv:3: the cell of II is no number: 'x'"),
        ("II\n", "a.csv: has no samples"),
        ("II,V1\n1\n", "a.csv:2: has 1 cells where the header has 2"),
        ("time,II\n0,1\n1,2\n3,3\n4,5\n", "a.csv:4: the time doesn't go on in equal steps"),
        ("time,II\n0,1\n0,2\n", "the time doesn't go on in equal steps"),
        ("I (mV),II (uV)\n1,2\n", "a.csv:1: its leads are in several units, mV, uV"),
        ("I (kg),II (kg)\n1,2\n", "a.csv: 'kg' are no units of an ECG"),
        ("I,pulse\n1,2\n", "a.csv: there is no ECG lead 'pulse'"),
    ],
)
def test_a_wrong_table_is_answered_with_what_is_wrong(text: str, said: str, tmp_path: Path) -> None:
    units = None if "(" in text else "mV"
    rate = None if "time" in text else 100
    with pytest.raises(UserError, match=said):
        read_ecg(table(tmp_path, text), units=units, rate=rate)


def test_a_file_of_another_kind_says_which_kinds_there_are(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"must end in one of .hea, .npy, .npz, .csv, .tsv, .xml"):
        read_ecg(table(tmp_path, "", "a.pdf"))


AECG = """<?xml version="1.0" encoding="UTF-8"?>{doctype}
<AnnotatedECG xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<id root="1.2.3" extension="trial-7"/>
<component><series><component><sequenceSet>
<component><sequence><code code="TIME_ABSOLUTE"/><value xsi:type="GLIST_TS"><head value="20200101120000"/>
<increment value="{step}" unit="{unit}"/></value></sequence></component>
<component><sequence><code code="MDC_ECG_LEAD_II"/><value xsi:type="SLIST_PQ"><origin value="100" unit="uV"/>
<scale value="2.5" unit="{units}"/><digits>{digits}</digits></value></sequence></component>
<component><sequence><code code="MDC_ECG_LEAD_AVR"/><value xsi:type="SLIST_PQ"><origin value="0" unit="uV"/>
<scale value="5" unit="uV"/><digits>1 2 3</digits></value></sequence></component>
</sequenceSet></component></series></component></AnnotatedECG>
"""
GOOD = {"doctype": "", "step": "0.002", "unit": "s", "units": "uV", "digits": "0 40\n-40"}


def aecg(folder: Path, **changes: str) -> Path:
    return table(folder, AECG.format(**GOOD | changes), "a.xml")


def test_an_annotated_ecg_is_read_with_its_origin_and_scale(tmp_path: Path) -> None:
    ecg = read_ecg(aecg(tmp_path))
    np.testing.assert_allclose(ecg.signal, [[0.1, 0.005], [0.2, 0.01], [0.0, 0.015]], atol=1e-7)
    assert (ecg.leads, ecg.rate, ecg.record) == (("II", "aVR"), 500, "trial-7")
    assert read_ecg(aecg(tmp_path, step="2", unit="ms"), leads=["aVR"]).rate == 500


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"digits": "0 1"}, "its leads are not of one length"),
        ({"digits": "0 one 2"}, "the samples of MDC_ECG_LEAD_II are no numbers"),
        ({"digits": "0 1-2 2"}, "the samples of MDC_ECG_LEAD_II are no numbers"),
        ({"digits": " "}, "MDC_ECG_LEAD_II has no samples"),
        ({"units": "kg"}, "MDC_ECG_LEAD_II: 'kg' are no units"),
        ({"step": "0"}, "must lie apart by a time"),
        ({"step": "x"}, "the increment of the time is no number: 'x'"),
        ({"digits": "<"}, "a.xml:8: is not valid XML"),
        ({"doctype": '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>', "digits": "&e;"}, "a document type"),
    ],
)
def test_a_wrong_annotated_ecg_is_answered_with_what_is_wrong(
    changes: dict[str, str], said: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=said):
        read_ecg(aecg(tmp_path, **changes))


def test_other_xml_is_no_ecg(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no HL7 annotated ECG: its root is 'svg'"):
        read_ecg(table(tmp_path, "<svg/>", "a.xml"))


def test_entities_that_blow_up_are_refused_before_they_do(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "{"0 " * 100}">{entities}]>'
    with pytest.raises(UserError, match="a document type"):
        read_ecg(aecg(tmp_path, doctype=bomb, digits="&e11;"))
