"""The page: what is drawn where, to scale; in SVG by its own numbers, in PNG by its pixels."""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ET
import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecg_bench.ecg import LEADS, Ecg
from ecg_bench.ecg.page import page_png, page_svg, write_page
from ecg_bench.ecg.page._raster import LEVELS
from ecg_bench.ecg.page._text import _unfiltered
from ecg_bench.ecg.synthesis import Spec, simulate
from ecg_bench.errors import UserError

NORMAL = simulate(Spec(seed=1))
MM = 100  # coordinates of a trace are hundredths of a millimetre


def traces(svg: str) -> list[NDArray[np.int64]]:
    """Return the points of each trace that is one stretch, in hundredths of a millimetre."""
    found = []
    for path in re.findall(r'class="trace"[^>]* d="M([-\d ]+)l([-\d ]+)"', svg):
        steps = np.array([*map(int, path[0].split()), *map(int, path[1].split())]).reshape(-1, 2)
        found.append(np.cumsum(steps, axis=0))
    return found


def pixels(png: bytes) -> NDArray[np.uint8]:
    """Return the palette's number of each pixel."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack_from(">II", png, 16)
    start = png.index(b"IDAT")
    (size,) = struct.unpack_from(">I", png, start - 4)
    data = np.frombuffer(zlib.decompress(png[start + 4 : start + 4 + size]), dtype=np.uint8)
    return data.reshape(height, width + 1)[:, 1:]


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  # our own


def words(svg: str) -> list[str]:
    return [text.text or "" for text in parsed(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_a_page_names_every_lead_the_rhythm_strip_and_the_scale() -> None:
    found = words(page_svg(NORMAL))
    assert sorted(found[:13]) == sorted([*LEADS, "II"])
    assert found[13] == "25 mm/s \u00a0 10 mm/mV \u00a0 500 Hz \u00a0 no filter added"


def test_each_trace_is_the_lead_itself_to_scale_column_after_column() -> None:
    drawn = traces(page_svg(NORMAL))
    assert len(drawn) == 13
    order = ["I", "aVR", "V1", "V4", "II", "aVL", "V2", "V5", "III", "aVF", "V3", "V6", "II"]
    for number, (lead, trace) in enumerate(zip(order, drawn, strict=True)):
        start = 0 if number == 12 else (number % 4) * 1250
        signal = NORMAL.lead(lead)[start : start + len(trace)].astype(float)
        assert len(trace) == 5000 if number == 12 else len(trace) in (1250, 1251)
        np.testing.assert_allclose((trace[:, 0] - trace[0, 0]) / MM, np.arange(len(trace)) / 500 * 25, atol=0.011)
        drawn_mv = (trace[0, 1] - trace[:, 1]) / MM / 10
        np.testing.assert_allclose(drawn_mv, signal - signal[0], atol=0.0021)
        assert trace[0, 0] == (15 + start / 500 * 25) * MM  # simultaneous with the strip below


def test_a_calibration_pulse_of_1_mv_for_200_ms_stands_before_each_row() -> None:
    pulses = re.findall(r'd="M600 (\d+)h100v-1000h500v1000h100"', page_svg(NORMAL))
    assert len(pulses) == 4
    rows = sorted({int(y) for y in pulses})
    assert all(after - before >= 25 * MM for before, after in pairwise(rows))


def test_the_paper_has_lines_every_millimetre_and_stronger_ones_every_five() -> None:
    svg = page_svg(NORMAL)
    minor, major = (re.search(rf'class="{kind}" d="([^"]+)"', svg)[1] for kind in ("minor", "major"))  # type: ignore[index]
    width, height = (float(x) for x in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())  # type: ignore[union-attr]
    assert minor.count("V") == width + 1
    assert major.count("V") == width / 5 + 1
    assert minor.count("H") == height + 1
    assert f'width="{width:g}mm"' in svg  # prints at its true size


def test_rows_move_apart_for_tall_traces_but_not_for_a_single_spike() -> None:
    tall = Ecg(NORMAL.signal * 3, LEADS, 500)
    spike = NORMAL.signal.copy()
    spike[2000, :] = 40.0
    heights = [float(re.search(r'height="([\d.]+)mm"', page_svg(x))[1]) for x in (NORMAL, tall, Ecg(spike, LEADS, 500))]  # type: ignore[index]
    assert heights[1] > heights[0] + 20
    assert heights[2] == heights[0]


@pytest.mark.parametrize(("peak", "above"), [(0.2, 7.0), (1.4, 15.0), (5.0, 20.0)])
def test_a_name_stands_above_what_the_trace_does_below_it(peak: float, above: float) -> None:
    signal = np.zeros((5000, 12), dtype=np.float32)
    signal[20] = peak  # a beat at the very beginning, under the names of the first column
    svg = page_svg(Ecg(signal, LEADS, 500.0))
    heights = {text.text: float(text.get("y", "")) for text in parsed(svg).iter("{http://www.w3.org/2000/svg}text")}
    baseline = {lead: trace[0, 1] / MM for lead, trace in zip(("I", "aVR"), traces(svg), strict=False)}
    assert baseline["I"] - heights["I"] == pytest.approx(above)
    assert baseline["aVR"] - heights["aVR"] == pytest.approx(7.0)  # its own stretch begins 2.5 s later


def test_nothing_but_the_title_says_whose_record_it_is_or_what_it_shows() -> None:
    ecg = Ecg(NORMAL.signal, LEADS, 500, record="rec17", patient="p42", metadata={"codes": ("AFIB",), "age": 81})
    svg = page_svg(ecg)
    for secret in ("rec17", "p42", "AFIB", "81"):
        assert secret not in re.sub(r' d="[^"]*"', "", svg)
    assert page_png(ecg) == page_png(NORMAL)


def test_a_title_is_escaped_and_shortened() -> None:
    svg = page_svg(NORMAL, title="<script>&\x00\u202e" + "x" * 300)
    found = [text for text in words(svg) if text.startswith("<script>&x")]
    assert len(found) == 1
    assert len(found[0]) <= 110
    assert found[0].endswith("…")


def test_missing_samples_leave_a_gap() -> None:
    signal = NORMAL.signal.copy()
    signal[400:600, 0] = np.nan
    signal[:, 3] = np.nan
    svg = page_svg(Ecg(signal, LEADS, 500))
    paths = re.findall(r'class="trace"[^>]* d="(M[^"]+l[^"]+)"', svg)
    assert paths[0].count("M") == 2
    assert len(paths) == 12  # nothing of aVR
    page_png(Ecg(signal, LEADS, 500))


@pytest.mark.parametrize("leads", [("II",), ("V1", "II", "V5"), ("I", "II", "III", "aVR", "aVL", "aVF")])
def test_few_leads_stand_one_under_another_in_their_whole_length(leads: tuple[str, ...]) -> None:
    svg = page_svg(NORMAL.select(leads))
    assert words(svg)[:-1] == [name for name in LEADS if name in leads]
    assert {len(trace) for trace in traces(svg)} == {5000}


def test_a_lead_kept_upside_down_is_turned() -> None:
    turned = NORMAL.select([*LEADS[:3], "-aVR", *LEADS[4:]])
    assert page_svg(turned) == page_svg(NORMAL)


def test_the_place_of_a_lead_that_is_not_there_stays_empty() -> None:
    svg = page_svg(NORMAL.select(("I", "II", *LEADS[6:])))
    assert sorted(words(svg)[:-1]) == sorted(["I", "II", "II", *LEADS[6:]])


@pytest.mark.parametrize(
    ("seconds", "foot"),
    [(30.0, "first 10 s of 30 s"), (4.0, "4 s; every column begins at 0 s"), (1.0, "1 s; every column begins at 0 s")],
)
def test_other_lengths_are_said(seconds: float, foot: str) -> None:
    ecg = simulate(Spec(seconds=seconds, rate=100))
    svg = page_svg(ecg)
    assert foot in words(svg)[-1]
    drawn = traces(svg)
    assert len(drawn) == 13
    assert len(drawn[-1]) == min(seconds, 10) * 500
    page_png(ecg)


@settings(max_examples=25, deadline=None)
@given(
    samples=st.integers(1, 400),
    leads=st.lists(st.sampled_from(LEADS), min_size=1, max_size=12, unique=True),
    rate=st.sampled_from([50.0, 128.0, 500.0]),
    size=st.sampled_from([0.0, 1.0, 1000.0, 1e6]),
    gaps=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_any_record_can_be_drawn(
    samples: int, leads: list[str], rate: float, size: float, gaps: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    signal = (rng.standard_normal((samples, len(leads))) * size).astype(np.float32)
    signal[rng.random(signal.shape) < gaps] = np.nan
    ecg = Ecg(signal, tuple(leads), rate)
    parsed(page_svg(ecg))
    assert pixels(page_png(ecg, width=600)).shape[1] == 600


def test_the_png_inks_the_trace_where_it_is_and_nothing_elsewhere() -> None:
    ecg = NORMAL.select(("V4",))
    svg = page_svg(ecg)
    (trace,) = traces(svg)
    drawn = pixels(page_png(ecg, width=1350))
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])  # type: ignore[index]
    scale = 1350 / width
    ink = drawn % LEVELS
    x, y = trace[:, 0] / MM * scale, trace[:, 1] / MM * scale
    # Every sample lies on ink, and the strip between the traces and the words is empty.
    assert (ink[y.astype(int), x.astype(int)] > 0).mean() > 0.999
    right = ink[:, round(20 * scale) : round(260 * scale)]
    rows = np.flatnonzero((right > 0).any(axis=1))
    highest, lowest = y.min(), y.max()
    assert abs(rows[0] - highest) < 0.5 * scale
    assert np.abs(rows - lowest).min() < 0.5 * scale
    clear = slice(round(lowest + scale), round(lowest + 3 * scale))
    assert not ink[clear, round(20 * scale) :].any()


def test_the_png_has_words_where_the_svg_has_them() -> None:
    plain, titled = (pixels(page_png(NORMAL, title=title)) % LEVELS for title in ("", "A title"))
    rows, columns = np.nonzero(plain != titled)
    scale = 1600 / 270
    assert 3 * scale < rows.min() < rows.max() < 11 * scale
    assert 4 * scale < columns.min() < columns.max() < 30 * scale
    assert (titled[rows, columns] == LEVELS - 1).any()


def test_the_same_record_gives_the_same_file() -> None:
    assert page_png(NORMAL, title="x") == page_png(NORMAL, title="x")
    assert page_svg(NORMAL) == page_svg(NORMAL)


@given(data=st.data(), kind=st.integers(0, 4))
def test_a_filtered_line_is_read_as_the_png_specification_says(data: st.DataObject, kind: int) -> None:
    line, above = (data.draw(st.lists(st.integers(0, 255), min_size=12, max_size=12)) for _ in range(2))

    def guess(i: int) -> int:
        left, up, corner = (line[i - 1] if i else 0), above[i], (above[i - 1] if i else 0)
        p = left + up - corner
        near = sorted((abs(p - value), order, value) for order, value in enumerate((left, up, corner)))
        return (0, left, up, (left + up) // 2, near[0][2])[kind]

    filtered = np.array([(value - guess(i)) % 256 for i, value in enumerate(line)], dtype=np.uint8)
    assert _unfiltered(kind, filtered, np.array(above, dtype=np.uint8)).tolist() == line


@pytest.mark.parametrize("width", [0, 399, 100_000])
def test_a_width_out_of_range_is_refused(width: int) -> None:
    with pytest.raises(UserError, match="width of a page"):
        page_png(NORMAL, width=width)


def test_a_page_is_written_by_its_suffix_and_other_suffixes_are_refused(tmp_path: Path) -> None:
    assert write_page(NORMAL, tmp_path / "new" / "a.PNG").read_bytes().startswith(b"\x89PNG")
    assert write_page(NORMAL, tmp_path / "a.svg", title="t").read_text() == page_svg(NORMAL, title="t")
    with pytest.raises(UserError, match=r"must end in \.png or \.svg"):
        write_page(NORMAL, tmp_path / "a.pdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "new"]


def test_real_records_are_drawn(test_data: Path) -> None:
    from ecg_bench.ecg.reading import read_ecg

    for name in ("records500/00000/00001_hr", "records100/00000/00180_lr", "records100/00000/00143_lr"):
        svg = page_svg(read_ecg(test_data / "ptbxl" / name))
        assert len(traces(svg)) == 13
