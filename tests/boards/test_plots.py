"""A board's plots show every system of every layer, and nothing from outside can break them."""

from __future__ import annotations

import io
import re
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

import ecg_bench.plots._png as renderer
from ecg_bench import UserError
from ecg_bench.boards._plots import SLICES, SYSTEMS, figures
from ecg_bench.boards._records import SliceCellRecord, SliceRecord
from ecg_bench.plots import Correlation, Mark, Pair, Panel, forest, matrix, pair_grid, panels, png, write_plots
from ecg_bench.published import PublishedCellRecord, PublishedRecord, PublishedTableRecord
from tests.boards.making import board

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


def tips(svg: str, kind: str) -> list[str]:
    root = ElementTree.fromstring(svg)  # noqa: S314
    return [one.findtext(f"{SVG}title", "") for one in root.iter(f"{SVG}{kind}")]


def test_a_board_has_a_plot_of_each_kind_for_what_it_holds() -> None:
    drawn = figures(board(4, 2))
    assert list(drawn) == [
        "overview",
        "forest-ecg-mcq-general-acc",
        "pairs-ecg-mcq-general-acc",
        "forest-ecg-mcq-special-acc",
        "pairs-ecg-mcq-special-acc",
        "correlations",
        "slices-ecg-mcq-general-acc-topic",
    ]


def test_details_have_a_forest_and_no_pairs_and_one_system_has_nobody_to_differ_from() -> None:
    whole = board(4, 2)
    details = whole.layers[1].model_copy(update={"main": False})
    drawn = figures(whole.model_copy(update={"layers": [whole.layers[0], details]}))
    assert "forest-ecg-mcq-special-acc" in drawn
    assert "pairs-ecg-mcq-special-acc" not in drawn
    assert "mcq-special" not in " ".join(texts(drawn["overview"]))
    assert not any(name.startswith("pairs") for name in figures(board(1, 1)))


def test_layers_whose_names_differ_only_in_signs_have_files_of_their_own() -> None:
    whole = board(2, 1)
    twin = whole.layers[0].model_copy(update={"id": "ECG mcq/general:acc", "title": "the twin"})
    drawn = figures(whole.model_copy(update={"layers": [whole.layers[0], twin]}))
    assert texts(drawn["forest-ecg-mcq-general-acc-2"])[0].startswith("the twin")


@pytest.mark.parametrize(("systems", "layers"), [(1, 1), (7, 5), (20, 12)])
def test_every_plot_is_sound_xml_whatever_the_names_hold(systems: int, layers: int) -> None:
    for name, svg in figures(board(systems, layers, hostile=True)).items():
        assert re.fullmatch(r"[a-z0-9._@-]+", name)
        root = ElementTree.fromstring(svg)  # noqa: S314
        assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {"svg", "title", "text", "line", "circle", "rect"}
        assert "\u202e" not in svg


def test_systems_that_are_not_ranked_are_hollow_and_said_to_be() -> None:
    whole = board(5, 1, unranked=2)
    svg = figures(whole)["forest-ecg-mcq-general-acc"]
    hollow = re.findall(r'class="third bar hollow"><title>([^:<]+):', svg)
    assert hollow == [cell.system for cell in whole.layers[0].cells if cell.rank_low is None]
    assert sum(text.endswith("not ranked") for text in texts(svg)) == 2 + 1  # and the legend


def test_the_overview_has_every_system_once_and_a_dot_in_each_layer() -> None:
    whole = board(20, 12)
    svg = figures(whole)["overview"]
    assert Counter(kind[0] for kind in re.findall(r"<(circle)", svg))["c"] == 20 * 12
    assert sum(text.startswith("provider-") for text in texts(svg)) == 2 * 20  # in two bands


def test_a_system_without_a_value_is_a_dash_and_not_a_dot() -> None:
    whole = board(3, 1, unranked=0)
    layer = whole.layers[0]
    cells = [*layer.cells[:2], layer.cells[2].model_copy(update={"value": None, "low": None, "high": None})]
    drawn = figures(whole.model_copy(update={"layers": [layer.model_copy(update={"cells": cells})]}))
    assert "–" in texts(drawn["overview"])
    assert drawn["overview"].count("<circle") == 2


def test_what_can_be_told_apart_is_strong_and_what_cannot_has_a_sign() -> None:
    svg = pair_grid(["a", "b", "c"], [Pair("a", "b", 0.3, True), Pair("a", "c", 0.02, False)], title="t")
    assert tips(svg, "rect")[:4] == [
        "a less b: +0.30, separable.",
        "a less c: +0.02, not separable.",
        "b less a: −0.30, separable.",
        "c less a: −0.02, not separable.",
    ]
    strong = re.findall(r'class="(cell(?: other)?)" fill-opacity="(1.000|0.100)"><title>. less', svg)
    assert strong == [("cell", "1.000"), ("cell", "0.100"), ("cell other", "1.000"), ("cell other", "0.100")]
    assert texts(svg).count("≈") == 2


def test_small_differences_keep_a_digit_more_and_large_ones_fit() -> None:
    assert "+0.012" in texts(pair_grid(["a", "b"], [Pair("a", "b", 0.0123, True)], title="t"))
    assert "+123" in texts(pair_grid(["a", "b"], [Pair("a", "b", 123.4, True)], title="t"))


def test_a_correlation_is_strong_only_where_it_is_more_than_chance() -> None:
    entries = {
        (0, 1): Correlation(0.9, 0.2, 1.0, 4),
        (0, 2): Correlation(0.9, 0.5, 1.0, 12, strong=True),
        (1, 2): Correlation(None, n=2),
    }
    svg = matrix(["a", "b", "c"], entries, title="t", unit="systems")
    assert len(re.findall(r'fill-opacity="1.000"', svg)) == 2
    assert tips(svg, "rect")[4:] == [f"{pair}: can't be computed, 2 systems" for pair in ("b and c", "c and b")]
    assert texts(svg).count("0.20 to 1.00") == 2


def test_names_are_cut_in_their_middle_so_that_versions_stay_apart() -> None:
    long = "a-provider/a-model-with-a-very-long-name-and-further-words-in-it"
    svg = panels([f"{long}-v1", f"{long}-v2"], [Panel("layer", (Mark(0.5), Mark(0.6)))], title="t")
    assert [text[-3:] for text in texts(svg) if text.startswith("a-provider")] == ["-v1", "-v2"]


def test_slices_are_limited_to_the_largest_parts_and_the_first_systems_and_say_so() -> None:
    whole = board(9, 1, unranked=0)
    cells = whole.layers[0].cells
    parts = [
        SliceRecord(
            layer=whole.layers[0].id,
            facet="topic",
            name=f"topic {n}",
            cells=[SliceCellRecord(system=one.system, value=0.5, low=0.4, high=0.6, n=n, clusters=2) for one in cells],
            differences=[],
        )
        for n in range(1, 31)
    ]
    drawn = texts(figures(whole.model_copy(update={"slices": parts}))["slices-ecg-mcq-general-acc-topic"])
    rows = [text for text in drawn if text.startswith("topic ")]
    assert rows == [f"topic {n}, n = {n}" for n in range(31 - SLICES, 31)]
    assert sum(text.startswith("provider-") for text in drawn) == SYSTEMS
    assert drawn[-1] == "Dashed: the system on all samples; 24 of 30 parts; first 6 of 9 systems"


def pixels(picture: bytes, box: tuple[float, float, float, float] | None = None) -> Counter[tuple[int, int, int]]:
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    if box is not None:
        width, height = image.size
        image = image.crop((int(box[0] * width), int(box[1] * height), int(box[2] * width), int(box[3] * height)))
    data = image.tobytes()
    return Counter(zip(data[::3], data[1::3], data[2::3], strict=True))


def dark(seen: Counter[tuple[int, int, int]]) -> int:
    return sum(count for colour, count in seen.items() if max(colour) < 110)


def needs_font() -> None:
    try:
        png(pair_grid(["a"], [], title="t"))
    except UserError:
        pytest.skip("no font on this machine")


@pytest.mark.parametrize("name", ["overview", "forest", "pairs", "correlations", "slices"])
def test_pictures_are_drawn_with_their_words_in_light_colours_on_white(name: str) -> None:
    pytest.importorskip("PIL")
    needs_font()
    whole = board(7, 5)
    svg = next(svg for key, svg in figures(whole).items() if key.startswith(name))
    picture = png(svg)
    everywhere = pixels(picture)
    assert everywhere.most_common(1)[0][0] == (255, 255, 255)
    assert everywhere[0x17, 0x69, 0xAA] > 50  # the first colour, in light
    assert not everywhere[0x16, 0x1C, 0x23]  # the paper of dark screens
    assert dark(pixels(picture, (0.0, 0.3, 0.15, 0.95))) > 200  # the names at the left


def test_without_its_words_a_picture_has_nothing_at_the_left() -> None:
    """The measure of the test above is able to fail."""
    pytest.importorskip("PIL")
    needs_font()
    svg = re.sub(r"<text.*?</text>", "", figures(board(7, 5))["overview"])
    assert dark(pixels(png(svg), (0.0, 0.3, 0.15, 0.95))) == 0


def test_a_picture_is_as_large_as_asked_with_a_margin() -> None:
    pytest.importorskip("PIL")
    from PIL import Image

    needs_font()
    svg = forest([], title="nothing", axis="")
    width, height = (float(part) for part in re.findall(r'(?:width|height)="([0-9.]+)"', svg)[:2])
    image = Image.open(io.BytesIO(png(svg, scale=3)))
    assert image.size == (pytest.approx(3 * (width + 24), abs=2), pytest.approx(3 * (height + 24), abs=2))


@pytest.fixture
def no_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    import resvg_py

    real = resvg_py.svg_to_bytes
    monkeypatch.setattr(resvg_py, "svg_to_bytes", lambda **given: real(**given, skip_system_fonts=True))
    renderer._family.cache_clear()


@pytest.mark.usefixtures("no_fonts")
def test_a_machine_without_fonts_says_so_and_still_gets_every_svg(tmp_path: Path) -> None:
    drawn = figures(board(3, 1))
    with pytest.raises(UserError, match="no font"):
        png(drawn["overview"])
    note = write_plots(drawn, tmp_path)
    assert note.startswith("no PNGs were written: this machine has no font")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{name}.svg" for name in drawn)


def test_plots_are_written_in_both_forms(tmp_path: Path) -> None:
    needs_font()
    drawn = {"overview": figures(board(3, 1))["overview"]}
    assert write_plots(drawn, tmp_path) == ""
    assert (tmp_path / "overview.png").read_bytes().startswith(b"\x89PNG")
    assert "<style>" in (tmp_path / "overview.svg").read_text(encoding="utf-8")
    assert len(list(tmp_path.iterdir())) == 2


def test_the_renderer_is_imported_only_when_a_picture_is_made() -> None:
    import subprocess

    code = "import ecg_bench.plots, sys; sys.exit('resvg_py' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_published_values_are_in_no_plot() -> None:
    cell = PublishedCellRecord(system="a printed system", column="acc", value=0.9)
    table = PublishedTableRecord(name="Table 1", title="", page="", unit="", columns=["acc"], cells=[cell], notes=[])
    paper = PublishedRecord(
        name="paper", title="", source="", url="", tables=[table], contradictions=[], untestable="no single answers"
    )
    drawn = figures(board(3, 2).model_copy(update={"published": [paper]}))
    assert not any("a printed system" in svg for svg in drawn.values())
