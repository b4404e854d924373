"""WFDB records are read as the package wfdb reads them, and damaged ones are told from whole ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ecg_bench.ecg import LEADS, Ecg
from ecg_bench.ecg.reading import read_ecg, read_many, write_wfdb
from ecg_bench.errors import UserError
from tests.ecg.folders import heart

wfdb: Any = pytest.importorskip("wfdb")
NAMES = ["II", "V1", "aVR"]


def by_wfdb(folder: Path, fmt: str, samples: int = 101, **options: Any) -> Path:
    """Let wfdb write a record of three leads with a missing sample."""
    rng = np.random.default_rng(1)
    signal = np.cumsum(rng.normal(0, 0.05, (samples, 3)), axis=0)
    if fmt not in ("508", "516", "524"):
        signal[3, 1] = np.nan
    gains = {"8": 20, "80": 20, "508": 20, "212": 200, "310": 50, "311": 50}
    wfdb.wrsamp(
        "rec",
        fs=250,
        units=["mV"] * 3,
        sig_name=NAMES,
        p_signal=signal,
        fmt=[fmt] * 3,
        adc_gain=[gains.get(fmt, 1000)] * 3,
        baseline=[0, 3, -2],
        write_dir=str(folder),
        **options,
    )
    return folder / "rec.hea"


@pytest.mark.parametrize("fmt", ["16", "212"])
@pytest.mark.parametrize("samples", [1, 100, 101, 102])
def test_common_formats_give_the_values_of_wfdb(fmt: str, samples: int, tmp_path: Path) -> None:
    path = by_wfdb(tmp_path, fmt, max(samples, 4))
    expected, _ = wfdb.rdsamp(str(path.with_suffix("")))
    ecg = read_ecg(path)
    assert ecg.leads == tuple(NAMES)
    assert ecg.rate == 250
    np.testing.assert_array_equal(ecg.signal, expected.astype(np.float32))


@pytest.mark.parametrize("fmt", ["24", "32", "80", "508", "516", "524"])
def test_other_formats_give_the_values_of_wfdb(fmt: str, tmp_path: Path) -> None:
    if fmt.startswith("5"):
        pytest.importorskip("soundfile")
    path = by_wfdb(tmp_path, fmt, 128)
    expected, _ = wfdb.rdsamp(str(path.with_suffix("")))
    np.testing.assert_array_equal(read_ecg(path).signal, expected.astype(np.float32))


@pytest.mark.parametrize("fmt", ["310", "311"])
def test_formats_that_wfdb_only_reads_give_its_values(fmt: str, tmp_path: Path) -> None:
    (tmp_path / "rec.dat").write_bytes(np.random.default_rng(0).bytes(4 * 50))  # three samples in four bytes
    sums = [0, 0, 0]
    for _ in range(2):  # the first time to see what the samples are
        lines = [f"rec.dat {fmt} 50/mV 10 0 0 {total} 0 {name}\n" for name, total in zip(NAMES, sums, strict=True)]
        (tmp_path / "rec.hea").write_text(f"rec 3 250 50\n{''.join(lines)}")
        sums = wfdb.rdrecord(str(tmp_path / "rec"), physical=False).d_signal.sum(axis=0)
    expected, _ = wfdb.rdsamp(str(tmp_path / "rec"))
    np.testing.assert_array_equal(read_ecg(tmp_path / "rec").signal, expected.astype(np.float32))


@pytest.mark.parametrize(("fmt", "kind", "zero"), [("61", ">i2", 0), ("160", "<u2", 1 << 15)])
def test_other_orders_of_sixteen_bits_are_read(fmt: str, kind: str, zero: int, tmp_path: Path) -> None:
    stored = np.array([[0, -5], [7, 300], [-(1 << 15), 9]])
    (tmp_path / "rec.dat").write_bytes((stored + zero).astype(kind).tobytes())
    sums = stored.sum(axis=0)
    lines = [f"rec.dat {fmt} 10/mV 16 0 0 {total} 0 {name}\n" for name, total in zip(NAMES, sums, strict=False)]
    (tmp_path / "rec.hea").write_text(f"rec 2 250 3\n{''.join(lines)}")
    expected = np.where(stored == -(1 << 15), np.nan, stored / 10)
    np.testing.assert_array_equal(read_ecg(tmp_path / "rec").signal, expected.astype(np.float32))


def test_of_several_samples_in_a_frame_their_mean_is_taken(tmp_path: Path) -> None:
    frames = np.array([[1, 2, 10], [3, 6, 20], [-(1 << 15), 8, 30]], dtype="<i2")  # twice lead II, once V1
    (tmp_path / "rec.dat").write_bytes(frames.tobytes())
    totals = int(frames[:, :2].sum(dtype=int)), 60
    (tmp_path / "rec.hea").write_text(
        f"rec 2 250 3\nrec.dat 16x2 10/mV 16 0 0 {totals[0]} 0 II\nrec.dat 16 10/mV 16 0 0 {totals[1]} 0 V1\n"
    )
    np.testing.assert_array_equal(read_ecg(tmp_path / "rec").lead("II"), np.float32([0.15, 0.45, np.nan]))


def test_a_signal_that_lags_is_put_in_its_place(tmp_path: Path) -> None:
    values = np.arange(20, dtype="<i2").reshape(10, 2)
    (tmp_path / "rec.dat").write_bytes(values.tobytes())
    (tmp_path / "rec.hea").write_text(
        "rec 2 250 10\nrec.dat 16 1/mV 16 0 0 90 0 II\nrec.dat 16:2 1/mV 16 0 1 100 0 V1\n"
    )
    ecg = read_ecg(tmp_path / "rec")
    np.testing.assert_array_equal(ecg.lead("II"), values[:, 0])
    np.testing.assert_array_equal(ecg.lead("V1"), [*values[2:, 1], np.nan, np.nan])


@given(
    arrays(np.float32, st.tuples(st.integers(1, 40), st.just(2)), elements=st.floats(-3, 3, width=32)),
    st.floats(1, 2000),
)
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read_again_by_us_and_by_wfdb(
    tmp_path_factory: pytest.TempPathFactory, signal: np.ndarray, rate: float
) -> None:
    folder = tmp_path_factory.mktemp("rec")
    path = write_wfdb(Ecg(signal, ("I", "-aVR"), rate), folder, "rec")
    ecg = read_ecg(path)
    assert np.abs(ecg.signal - signal).max() <= 0.5e-4 + 1e-6
    assert ecg.leads == ("I", "-aVR")
    assert ecg.rate == pytest.approx(rate, rel=1e-9)
    np.testing.assert_array_equal(ecg.signal, wfdb.rdsamp(str(path.with_suffix("")))[0].astype(np.float32))


def test_patient_missing_samples_and_facts_survive_writing(tmp_path: Path) -> None:
    signal = heart().signal.copy()
    signal[5:9, 2] = np.nan
    ecg = Ecg(signal, LEADS, 100, patient="p 7", metadata={"age": 61.5, "codes": ("SR", "AFIB"), "spec": "a\n#b: c"})
    read = read_ecg(write_wfdb(ecg, tmp_path / "new" / "folder", "rec_1"))
    np.testing.assert_array_equal(np.isnan(read.signal), np.isnan(signal))
    assert (read.record, read.patient) == ("rec_1", "p 7")
    assert read.metadata == {"age": "61.5", "codes": "SR, AFIB", "spec": "a #b: c"}


@pytest.mark.parametrize("top", [3.2, 30.0, 300.0])
def test_high_amplitudes_cost_precision_and_are_not_cut(top: float, tmp_path: Path) -> None:
    ecg = Ecg(np.array([[top], [-top], [0.1]]), ("II",), 100)
    read = read_ecg(write_wfdb(ecg, tmp_path, "rec"))
    np.testing.assert_allclose(read.signal, ecg.signal, rtol=1e-3)


def test_amplitudes_that_the_format_cannot_hold_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="beyond what a WFDB record of an ECG holds"):
        write_wfdb(Ecg(np.array([[5000.0]]), ("II",), 100), tmp_path, "rec")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "a b", "../a", "a/b", "ä"])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't be called"):
        write_wfdb(heart(), tmp_path, name)


def test_a_record_may_be_named_with_and_without_suffix(tmp_path: Path) -> None:
    write_wfdb(heart(), tmp_path, "rec")
    found = read_many([tmp_path / "rec", tmp_path / "rec.hea", str(tmp_path / "rec.dat")])
    assert len({one.signal.tobytes() for one in found}) == 1


def test_leads_wanted_come_in_the_order_wanted_and_turned_if_need_be(tmp_path: Path) -> None:
    path = write_wfdb(heart(), tmp_path, "rec")
    whole, part = read_ecg(path), read_ecg(path, leads=["v1", "-AVR", "II"])
    assert part.leads == ("V1", "-aVR", "II")
    np.testing.assert_array_equal(part.signal, np.stack([whole.lead(n) for n in ("V1", "-aVR", "II")], axis=1))


def test_leads_in_several_files_and_behind_other_bytes_are_put_together(tmp_path: Path) -> None:
    first, second = np.arange(6, dtype="<i2").reshape(3, 2), np.arange(10, 13, dtype="<i2")
    (tmp_path / "a.mat").write_bytes(b"x" * 24 + first.tobytes())
    (tmp_path / "b.dat").write_bytes(second.tobytes())
    (tmp_path / "rec.hea").write_text(
        "rec 3 100 3\na.mat 16+24 10/mV 16 0 0 6 0 I\n"
        "b.dat 16 10000/V 16 0 10 33 0 V2\na.mat 16+24 10/mV 16 0 1 9 0 II\n"
    )
    ecg = read_ecg(tmp_path / "rec.hea")
    assert ecg.leads == ("I", "V2", "II")
    np.testing.assert_allclose(ecg.signal, [[0, 1, 0.1], [0.2, 1.1, 0.3], [0.4, 1.2, 0.5]])


def test_a_header_without_length_and_rate_has_those_of_its_file_and_of_the_format(tmp_path: Path) -> None:
    (tmp_path / "rec.dat").write_bytes(np.arange(8, dtype="<i2").tobytes())
    (tmp_path / "rec.hea").write_text(
        "# of our own\nrec 2\nrec.dat 16 200/mV 16 0 0 12 0 I\nrec.dat 16 200/mV 16 0 1 16 0 II\n"
    )
    ecg = read_ecg(tmp_path / "rec")
    assert (len(ecg.signal), ecg.rate) == (4, 250)
    assert ecg.metadata == {"comments": ("of our own",)}


def broken(tmp_path: Path, change: tuple[str, str] | None = None, data: bytes | None = None) -> Path:
    path = write_wfdb(heart(), tmp_path, "rec")
    if change:
        text, count = re.subn(*change, path.read_text(), count=1)
        assert count == 1
        path.write_text(text)
    if data is not None:
        path.with_suffix(".dat").write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((r"0 I\n", "0 X9\n"), r"rec.hea:2: there is no ECG lead 'X9'"),
        ((r"0 II\n", "0 I\n"), "the lead I stands twice"),
        ((r"/mV", "/mmHg"), r"rec.hea:2: the lead I is in 'mmHg', but an ECG is in V, mV, uV or nV"),
        ((r"16 10000\(0\)/mV", "16 0(0)/mV"), r"rec.hea:2: the lead I is not calibrated"),
        ((r"^rec 12", "rec 13"), r"rec.hea:1: says 13 signals, but describes 12"),
        ((r"^rec 12 100 200", "rec 12 100 201"), r"rec.dat: is too short: it holds 200 samples .* says 201"),
        ((r"^rec 12 100", "rec 12 0"), r"rec.hea:1: its sampling rate must be above 0 Hz, but is 0"),
        ((r"^rec 12", "rec/3 12"), r"record of 3 segments"),
        ((r"^rec 12", "twelve leads"), r"rec.hea:1: is no WFDB header"),
        ((r"rec.dat 16 ", "rec.dat sixteen "), r"rec.hea:2: is no line of a WFDB header"),
        ((r"rec.dat", "../rec.dat"), r"rec.hea:2: names the file '../rec.dat', which must lie in the header's folder"),
        ((r"^rec 12", "rec 12345678901234567890"), r"is no WFDB header"),
    ],
)
def test_a_wrong_header_is_answered_with_what_is_wrong(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        read_ecg(broken(tmp_path, change))


def test_a_checksum_that_does_not_agree_names_signal_and_file(tmp_path: Path) -> None:
    data = bytearray(write_wfdb(heart(), tmp_path, "rec").with_suffix(".dat").read_bytes())
    data[4] ^= 1  # the lowest bit of the first sample of lead III
    with pytest.raises(UserError, match=r"rec.hea:4: the checksum of the signal III is \d+, where the header says \d+"):
        read_ecg(broken(tmp_path, data=bytes(data)))


def test_a_checksum_is_verified_in_formats_read_by_wfdb_too(tmp_path: Path) -> None:
    path = by_wfdb(tmp_path, "24")
    data = bytearray(path.with_suffix(".dat").read_bytes())
    data[0] ^= 1
    path.with_suffix(".dat").write_bytes(bytes(data))
    with pytest.raises(UserError, match="the checksum of the signal II"):
        read_ecg(path)


def test_a_missing_signal_file_is_named(tmp_path: Path) -> None:
    path = broken(tmp_path)
    path.with_suffix(".dat").unlink()
    with pytest.raises(UserError, match=r"rec.hea: its signal file rec.dat is missing"):
        read_ecg(path)


def test_a_record_of_no_samples_is_refused(tmp_path: Path) -> None:
    path = broken(tmp_path, (r"^rec 12 100 200", "rec 12 100 0"), b"")
    path.write_text(re.sub(r" \d+ 0 (?=\S+\n)", " 0 0 ", path.read_text()))
    with pytest.raises(UserError, match="has no samples"):
        read_ecg(path)


def test_an_empty_header_and_a_record_that_is_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "rec.hea").write_text("# nothing\n")
    with pytest.raises(UserError, match="is empty"):
        read_ecg(tmp_path / "rec.hea")
    with pytest.raises(UserError, match=r"none: no such ECG record"):
        read_ecg(tmp_path / "none")
    with pytest.raises(UserError, match=r"none.hea: no such file"):
        read_ecg(tmp_path / "none.hea")


def test_channels_that_are_no_leads_are_passed_over_only_where_leads_are_named(tmp_path: Path) -> None:
    path = broken(tmp_path, (r"0 V6\n", "0 RESP\n"))
    assert read_ecg(path, leads=["II"]).leads == ("II",)
    with pytest.raises(UserError, match=r"rec.hea:13: there is no ECG lead 'RESP'"):
        read_ecg(path)
    with pytest.raises(UserError, match="has no lead V6: it holds I, II"):
        read_ecg(path, leads=["V6"])


def test_a_rate_or_units_that_the_file_contradicts_are_a_mistake(tmp_path: Path) -> None:
    path = broken(tmp_path)
    assert read_ecg(path, rate=100).rate == 100
    with pytest.raises(UserError, match=r"says 100 samples per second, and rate=500 was given"):
        read_ecg(path, rate=500)
    with pytest.raises(UserError, match="says its units itself"):
        read_ecg(path, units="mV")


def test_real_records_have_the_values_of_wfdb(test_data: Path) -> None:
    for folder in ("records100", "records500"):
        paths = sorted((test_data / "ptbxl" / folder).glob("*/*.hea"))[:40]
        assert paths
        for ecg, path in zip(read_many(paths), paths, strict=True):
            expected, fields = wfdb.rdsamp(str(path.with_suffix("")))
            np.testing.assert_array_equal(ecg.signal, expected.astype(np.float32))
            assert ecg.rate == fields["fs"]
            assert ecg.leads == LEADS
