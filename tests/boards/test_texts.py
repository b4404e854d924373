"""A board says the same in Markdown, LaTeX, CSV and on a terminal, and no text from outside can break any of them."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

from ecg_bench.boards._csv import as_csv, differences_csv
from ecg_bench.boards._latex import _escape as escape_latex
from ecg_bench.boards._latex import as_latex
from ecg_bench.boards._markdown import _escape as escape_markdown
from ecg_bench.boards._markdown import as_markdown
from ecg_bench.boards._records import BoardRecord, MarkRecord, ReplicatesRecord
from ecg_bench.boards._terminal import print_board
from ecg_bench.boards._words import number, signed, to_best
from ecg_bench.runs import BoundsRecord
from ecg_bench.texts import one_line
from tests.boards.making import HOSTILE, board

SIZES = [(1, 1), (7, 5), (20, 12)]


def changed(whole: BoardRecord, **fields: Any) -> BoardRecord:
    """A board whose first layer's first cell is another."""
    first, *layers = whole.layers
    cells = [first.cells[0].model_copy(update=fields), *first.cells[1:]]
    return whole.model_copy(update={"layers": [first.model_copy(update={"cells": cells}), *layers]})


# Markdown


RENDERER = MarkdownIt("commonmark").enable("table")


def html(markdown: str) -> str:
    return str(RENDERER.render(markdown))


@pytest.mark.parametrize(("systems", "layers"), SIZES)
def test_markdown_has_a_sound_table_for_each_layer_and_one_for_all(systems: int, layers: int) -> None:
    whole = board(systems, layers, hostile=True)
    page = html(as_markdown(whole))
    assert page.count("<table>") == layers + (layers > 1) + 1  # and the medians of ranks
    for table in re.findall(r"<table>.*?</table>", page, re.DOTALL):
        widths = {row.count("<td") + row.count("<th") for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)}
        assert len(widths) == 1


def test_no_text_becomes_markup_a_link_or_a_picture_in_markdown() -> None:
    whole = board(3, 2, hostile=True)
    source = as_markdown(whole)
    page = html(source)
    assert set(re.findall(r"<(\w+)", page)) <= {
        "h1",
        "h2",
        "p",
        "ul",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    assert "&lt;script&gt;alert(" in page
    assert "http://f.example" in page  # shown as it is
    assert "http://" not in source  # but not as sites that make links of addresses look for it
    assert "\x1b" not in source
    assert "\u202e" not in source


# Signs that mean something in one of the forms come up more often than by chance.
HARD = st.text(st.sampled_from("\\`*_{}[]()<>|~$!#@:&/^%.wa h1-+=\n\t\u202e\u00e4")) | st.text()


@given(HARD)
def test_any_text_is_shown_by_markdown_as_it_is(text: str) -> None:
    page = html(f"| x |\n| --- |\n| {escape_markdown(text)} |\n")
    cell = re.search(r"<td>(.*?)</td>", page, re.DOTALL)
    assert cell is not None
    assert unescape(cell[1]) == one_line(text)


@given(HARD)
def test_any_text_is_one_line_of_balanced_latex(text: str) -> None:
    bare = unescaped(escape_latex(text))
    assert "\n" not in bare
    assert not set(re.sub(r"\\text[a-z]+\{\}|\\dots\{\}", "", bare)) & set("\\{}$&#^_~%")


def test_markdown_says_the_numbers_of_a_row() -> None:
    whole = board(3, 1)
    layer = whole.layers[0]
    _, second, third = layer.cells
    lines = as_markdown(whole).splitlines()
    row = next(line for line in lines if line.startswith(f"| {second.system} "))
    one = to_best(layer, second)
    assert one is not None
    assert one.value < 0  # the system's mean less the best one's
    assert one.low is not None
    assert one.high is not None
    assert one.low < one.value < one.high
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:7] == [
        number(second.value, layer),
        f"{number(second.low, layer)} to {number(second.high, layer)}",
        "1–3",
        "a b",
        f"{signed(one.value, layer)} ({signed(one.low, layer)} to {signed(one.high, layer)})",
        "0.004" if one.p_holm == 0.004 else "1.000",
    ]
    assert cells[9] == "ok 185, unparsed 3"
    last = next(line for line in lines if line.startswith(f"| {third.system}¹ "))
    assert "not ranked" in last
    assert "- ¹ serious: the prompt is another than that of the first system." in lines
    assert any("900 samples would separate them" in line for line in lines)
    assert any("sign-flip over clusters, adjusted by Holm over 1 pair." in line for line in lines)


def test_markdown_says_what_errors_leave_open_and_how_far_runs_lie_apart() -> None:
    whole = changed(
        board(2, 1),
        outcomes={"ok": 180, "error": 8},
        bounds=BoundsRecord(worst=0.61, best=0.652),
        replicates=ReplicatesRecord(runs=3, seeds=[0, 1, 2], values=[0.6, 0.61, 0.62], spread=0.01),
    )
    text = as_markdown(whole)
    assert (
        "ok 180, error 8; 0.610 to 0.652 whatever is missing had been; mean of 3 runs, standard deviation 0.010" in text
    )


# LaTeX


def test_latex_escapes_every_sign_that_means_something() -> None:
    whole = board(1, 1).model_copy(update={"marks": [MarkRecord(code="X", severity="note", message=r"_&%$#{}~^\ ä≥…")]})
    wanted = r"\_\&\%\$\#\{\}\textasciitilde{}\textasciicircum{}\textbackslash{} ä≥\dots{}."
    assert wanted in as_latex(whole).splitlines()


def unescaped(latex: str) -> str:
    """LaTeX without the signs that stand for themselves."""
    return re.sub(r"\\[\\{}$&#%_]", "", latex)


@pytest.mark.parametrize("hostile", [False, True])
@pytest.mark.parametrize(("systems", "layers"), SIZES)
def test_latex_is_balanced_and_its_rows_are_as_long_as_their_head(systems: int, layers: int, hostile: bool) -> None:
    source = as_latex(board(systems, layers, hostile=hostile))
    body = "\n".join(line for line in source.splitlines() if not line.startswith("%"))
    bare = unescaped(body.replace(r" \\" + "\n", "\n"))
    depth = 0
    for sign in bare:
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    assert depth == 0
    assert not set(bare) & set("$#%_^~`")
    opened = re.findall(r"\\(begin|end)\{(\w+)\}", body)
    stack: list[str] = []
    for what, name in opened:
        if what == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert not stack
    assert set(re.findall(r"\\([a-zA-Z]+)", re.sub(r"\\\\", "", body))) <= {
        *("begin", "end", "centering", "small", "setlength", "tabcolsep", "caption", "label", "toprule", "midrule"),
        *("bottomrule", "footnotesize", "scriptsize", "textsuperscript", "textit", "emph", "dag", "par", "smallskip"),
        *("linewidth", "textbackslash", "textasciicircum", "textasciitilde", "textless", "textgreater", "textbar"),
        *("textquotedbl", "textasciigrave", "dots"),
    }
    for columns, table in re.findall(r"\\begin\{tabular\}\{(l?c*)\}(.*?)\\end\{tabular\}", body, re.DOTALL):
        rows = [line for line in table.splitlines() if line.endswith(r" \\")]
        assert len(rows) == 2 * systems + 2
        assert {unescaped(row.removesuffix(r" \\")).count("&") + 1 for row in rows} == {len(columns)}


def test_a_name_in_brackets_is_no_option_of_the_row_before() -> None:
    source = as_latex(changed(board(2, 1), system="[2cm]*"))
    assert "{}[2cm]* & " in source
    assert not re.search(r"\\\\\s*[\[*]", source)


def test_latex_splits_a_wide_board_by_kind_and_keeps_a_narrow_one_whole() -> None:
    assert as_latex(board(3, 4)).count(r"\begin{tabular}{lcccc}") == 1
    wide = as_latex(board(3, 12))
    assert [len(one) - 1 for one in re.findall(r"\\begin\{tabular\}\{(lc+)\}", wide)] == [3, 3, 2, 2, 2]


def test_a_heading_says_a_metric_once() -> None:
    whole = board(2, 1)
    layer = whole.layers[0].model_copy(update={"title": "ecg/mcq-general acc"})
    source = as_latex(whole.model_copy(update={"layers": [layer]}))
    assert "{}System & ecg/mcq-general \\\\\n{} & {\\footnotesize acc} \\\\" in source


def test_latex_has_what_a_paper_needs() -> None:
    whole = board(3, 1)
    best, _, last = whole.layers[0].cells
    source = as_latex(whole)
    assert f"{{}}{best.system} & {best.value:.3f}\\textsuperscript{{a,b}} \\\\" in source
    assert f"{{\\scriptsize [{best.low:.3f}, {best.high:.3f}]; 1--2}}" in source
    assert f"\\textit{{{last.value:.3f}}}\\textsuperscript{{\\dag,1}}" in source
    assert r"\textsuperscript{1}serious: the prompt is another than that of the first system." in source
    assert "n = 188" in source
    assert "|" not in "".join(re.findall(r"\\begin\{tabular\}\{.*?\}", source))
    assert r"% Made by ecg-bench 0.1.0. Needs \usepackage{booktabs}" in source


# CSV


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(("systems", "layers"), SIZES)
def test_csv_has_a_row_for_each_layer_and_system_with_its_numbers_in_full(systems: int, layers: int) -> None:
    whole = board(systems, layers)
    found = rows(as_csv(whole))
    cells = [(layer, cell) for layer in whole.layers for cell in layer.cells]
    assert [(row["layer"], row["system"]) for row in found] == [(layer.id, cell.system) for layer, cell in cells]
    for row, (_, cell) in zip(found, cells, strict=True):
        assert (float(row["value"]), float(row["low"]), float(row["high"])) == (cell.value, cell.low, cell.high)
        assert row["rank_low"] == ("" if cell.rank_low is None else str(cell.rank_low))
        assert row["marks"] == " ".join(cell.marks)
        assert {name: int(row[f"outcome_{name}"]) for name in cell.outcomes} == cell.outcomes


def test_csv_has_outcomes_of_every_layer_and_leaves_empty_what_a_layer_has_not() -> None:
    whole = changed(board(2, 2), outcomes={"ok": 3, "judge_unparsed": 4})
    first, *others = rows(as_csv(whole))
    assert (first["outcome_ok"], first["outcome_judge_unparsed"], first["outcome_refused"]) == ("3", "4", "")
    assert {row["outcome_judge_unparsed"] for row in others} == {""}


def test_no_cell_of_a_csv_is_a_formula() -> None:
    whole = changed(board(3, 2, hostile=True), value=-0.25, how='+HYPERLINK("http://f.example")', outcomes={"=1+1": 2})
    for text in (as_csv(whole), differences_csv(whole)):
        for cells in csv.reader(io.StringIO(text)):
            for cell in cells:
                assert not cell.startswith(("=", "+", "@", "\t")), cell
                assert not cell.startswith("-") or float(cell) < 0
    assert rows(as_csv(whole))[0]["value"] == "-0.25"  # a number stays one
    assert rows(as_csv(whole))[0]["how"].startswith("'+HYPERLINK")


def test_differences_are_a_row_for_each_pair_and_say_what_can_be_told_apart() -> None:
    whole = board(5, 2, unranked=0)
    found = rows(differences_csv(whole))
    assert len(found) == 2 * 10
    for row, one in zip(found, [one for layer in whole.layers for one in layer.differences], strict=True):
        assert (row["first"], row["second"], float(row["value"])) == (one.first, one.second, one.value)
        assert row["separable"] == ("yes" if one.p_holm is not None and one.p_holm < 0.05 else "no")


# Terminal


def printed(whole: BoardRecord, width: int, **how: Any) -> str:
    out = io.StringIO()
    print_board(whole, Console(file=out, width=width, emoji=False, highlight=False, **how))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120, 160, 240])
@pytest.mark.parametrize(("systems", "layers"), SIZES)
def test_a_terminal_is_never_too_narrow_and_shows_every_value(systems: int, layers: int, width: int) -> None:
    whole = board(systems, layers)
    text = printed(whole, width)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= min(width, 160)
    for layer in whole.layers:
        for cell in layer.cells:
            assert f"{cell.value:.3f} ({cell.low:.2f}–{cell.high:.2f})" in text


def test_a_terminal_is_told_what_a_cell_s_number_means() -> None:
    text = printed(board(3, 1), 120)
    assert "not ranked¹" in text
    assert "¹ serious: the prompt is another than that of the first system." in text
    assert "1–2 ab" in text
    assert "no clinician has reviewed the items." in text


def test_layers_that_are_details_are_counted_and_not_printed() -> None:
    whole = board(3, 2)
    details = whole.layers[1].model_copy(update={"main": False})
    text = printed(whole.model_copy(update={"layers": [whole.layers[0], details]}), 120)
    assert "mcq-special" not in text
    assert "1 more layer stands in leaderboard.md" in text


def test_no_text_is_a_command_to_the_terminal() -> None:
    text = printed(board(3, 2, hostile=True), 160, force_terminal=True, color_system="truecolor")
    assert set(re.findall(r"\x1b(?:\[[0-9;]*m)?", text)) <= {"\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[1;2m", "\x1b[33m"}
    assert "\x1b[31m" not in text
    assert "[red]" in re.sub(r"\s+", "", text)  # shown, not obeyed
    assert "\u202e" not in text


# All of them


def test_what_a_mark_says_is_never_lost_even_if_no_sentence_was_given() -> None:
    whole = changed(board(2, 1, unranked=0), marks=["SOME_CODE"])
    assert "SOME_CODE" in as_markdown(whole).replace("\\_", "_")
    assert r"SOME\_CODE" in as_latex(whole)
    assert "SOME_CODE" in printed(whole, 100)
    assert "SOME_CODE" in as_csv(whole)


def test_marks_that_say_the_same_share_a_number() -> None:
    text = as_markdown(board(4, 5))
    assert text.count("²") == 0
    assert text.count("not ranked¹") == 5


def test_hostile_texts_are_there_to_be_escaped() -> None:
    """The boards of the tests above do hold the attacks."""
    whole = board(2, 1, hostile=True)
    assert all(HOSTILE in text for text in (whole.systems[0].name, whole.layers[0].title, whole.marks[0].message))
