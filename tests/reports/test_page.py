"""The page of a leaderboard as text: what it says, what it escapes, and how large it is."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench.boards._records import BoardRecord, LayerRecord
from ecg_bench.reports import page
from ecg_bench.reports._headline import headline
from ecg_bench.reports._words import brief, number, p_value, places, plain, share, signed
from tests.reports.making import PLANTED, board, hostile


class Reader(HTMLParser):
    """Collects the text that a page shows, its elements, and its scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag if tag in self.raw else ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.raw[self._inside].append(data)
        else:
            self.text.append(data)

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.text))


def read(record: BoardRecord, **more: object) -> Reader:
    reader = Reader()
    reader.feed("".join(page(record, **more)))  # type: ignore[arg-type]
    reader.close()
    return reader


def with_ranks(ranks: list[tuple[int, int] | None]) -> BoardRecord:
    """One layer whose systems have these ranks."""
    base = board(max(len(ranks), 2), 1, extras=False)
    cells = [
        cell.model_copy(update={"rank_low": one and one[0], "rank_high": one and one[1]})
        for cell, one in zip(base.layers[0].cells, ranks, strict=False)
    ]
    named = {"cells": cells, "title": "mcq-general acc", "metric": "acc"}
    layer: LayerRecord = base.layers[0].model_copy(update=named)
    return base.model_copy(update={"layers": [layer]})


def test_every_cell_says_value_interval_rank_letters_n_and_what_was_not_read() -> None:
    words = read(board(4, 6)).words
    cell = board(4, 6).layers[0].cells[0]
    assert cell.value is not None
    assert cell.low is not None
    assert cell.high is not None
    assert f"{cell.value:.3f}" in words
    assert f"{cell.low:.3f} to {cell.high:.3f}" in words
    assert f"rank {cell.rank_low}–{cell.rank_high} · n 800" in words
    assert "unread 4.5 %" in words
    assert "errors 0.5 %" in words
    assert "not ranked" in words
    assert board(4, 6).layers[0].power.sentence in words  # type: ignore[union-attr]


def test_not_separable_is_said_of_a_pair_and_of_a_layer() -> None:
    level = with_ranks([(1, 3), (1, 3), (1, 3)])
    assert "On mcq-general acc no ranked system can be told apart from another." in headline(level)
    assert "not separable" in read(board(4, 6)).words


@pytest.mark.parametrize(
    ("ranks", "said"),
    [
        ([(1, 1), (2, 3), (2, 3)], "system A is better than every other ranked system on mcq-general acc."),
        (
            [(1, 2), (1, 2), (3, 3)],
            "On mcq-general acc several share the first place and can't be told apart there; "
            "they are system A and system B.",
        ),
        ([(1, 1), None], "On mcq-general acc there are not two ranked systems to compare."),
    ],
)
def test_the_headline_says_no_more_than_the_tests_do(ranks: list[tuple[int, int] | None], said: str) -> None:
    assert headline(with_ranks(ranks)) == [said]


def test_a_board_without_runs_still_has_a_page() -> None:
    words = read(board(0, 0, extras=False).model_copy(update={"published": board().published})).words
    assert "Nothing was measured" in words
    assert "published, not rerun" in words


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 2), (12, 9)])
@pytest.mark.parametrize("extras", [True, False])
def test_boards_of_all_sizes_have_a_page_with_headings_in_order(size: tuple[int, int], extras: bool) -> None:
    reader = read(board(*size, extras=extras))
    levels = [int(tag[1]) for tag, _ in reader.elements if re.fullmatch("h[1-6]", tag)]
    dialog = levels.pop()  # stands outside of the page's order
    assert dialog == 2
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_identifier_is_given_once_and_every_inner_link_leads_somewhere() -> None:
    reader = read(board(5, 9))
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {attributes["href"] or "" for tag, attributes in reader.elements if tag == "a"}
    inner = {link[1:] for link in links if link.startswith("#") and "=" not in link}
    assert inner <= set(ids)
    assert {link for link in links if not link.startswith("#")} == {"https://example.org/paper"}


def test_disagreements_and_slices_link_to_the_answers_if_the_page_has_them() -> None:
    def links(reader: Reader) -> set[str]:
        return {
            a["href"] or ""
            for tag, a in reader.elements
            if tag == "a" and (a.get("href") or "").startswith("#samples?")
        }

    assert links(read(board(4, 6))) == set()
    found = links(read(board(4, 6), samples=["<script type='application/json'>{}</script>"]))
    assert "#samples?task=ecg/mcq-5&id=open-000&system=system%20A" in found
    assert "#samples?task=ecg/mcq-0&topic=arrhythmia" in found


def test_parts_of_different_sizes_say_theirs_with_each_value() -> None:
    record = board(3, 1)
    part = record.slices[0]
    cells = [cell.model_copy(update={"n": 71 + n}) for n, cell in enumerate(part.cells)]
    uneven = part.model_copy(update={"cells": cells, "differences": []})
    words = read(record.model_copy(update={"slices": [uneven]})).words
    for n in (71, 72, 73):
        assert f", n {n}" in words
    assert "n 71, 24 groups" not in words
    assert "n 80, 24 groups" in read(record).words


def test_a_mark_stands_once_with_the_row_column_or_cell_that_it_is_about() -> None:
    elements = read(board(4, 6)).elements
    links = [a["href"] or "" for tag, a in elements if tag == "a" and (a.get("href") or "").startswith("#mark-")]
    assert sorted(links) == ["#mark-1", "#mark-2", "#mark-3"]  # the fourth is about the whole board


def test_answers_are_taken_one_by_one_and_after_the_page_was_given_out() -> None:
    taken: list[int] = []

    def answers() -> Iterator[str]:
        for n in range(3):
            taken.append(n)
            yield f"<script type='application/json'>{n}</script>"

    pieces = page(board(2, 1), samples=answers())
    before = ""
    while "</dialog>" not in before:
        before += next(pieces)
    assert taken == [0]
    rest = "".join(pieces)
    assert taken == [0, 1, 2]
    assert re.findall(r"json'>(\d)<", before + rest) == ["0", "1", "2"]
    assert rest.endswith("</body></html>\n")


def test_nothing_planted_becomes_an_element_or_an_attribute() -> None:
    record = hostile(board(4, 6))
    reader, honest = read(record), read(board(4, 6))
    assert [tag for tag, _ in reader.elements] == [
        tag for tag, attributes in honest.elements if not (attributes.get("href") or "").startswith("https:")
    ]
    assert not [a for _, attributes in reader.elements for a in attributes if a.startswith("on") or a == "src"]
    assert not [a for _, attributes in reader.elements if (a := attributes.get("href") or "#")[0] != "#"]
    words = reader.words
    for planted in PLANTED[:-1]:
        assert planted in words
    assert "a\u2028b" not in "".join(reader.raw["script"])
    assert "[U+202E]" in words
    assert "\u202e" not in "".join(page(record))
    assert "{{ 7 * 7 }}" in words


def test_the_data_of_the_script_is_json_without_characters_that_could_end_it() -> None:
    scripts = read(hostile(board(4, 6))).raw["script"][1:]
    assert not set("<>&\u2028\u2029") & set(scripts[0])
    assert json.loads(scripts[0])["systems"][1] == plain(hostile(board(4, 6)).systems[1].name)


def test_only_the_pages_own_script_and_style_may_run() -> None:
    reader = read(board(4, 6))
    policy = next(a["content"] or "" for tag, a in reader.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for text in (reader.raw["script"][0], reader.raw["script"][2], reader.raw["style"][0]):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
    assert not [tag for tag, attributes in reader.elements if "style" in attributes]


def test_a_page_of_20_systems_and_20_layers_is_below_3_mb() -> None:
    assert sum(len(piece.encode()) for piece in page(board(20, 20))) < 3_000_000


def test_a_page_is_the_same_each_time() -> None:
    assert list(page(board(4, 6))) == list(page(board(4, 6)))


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_numbers_round_and_carry_their_sign(value: float, digits: int) -> None:
    shown = number(value, digits).replace("−", "-")
    assert abs(float(shown) - value) <= 0.5 * 10**-digits * 1.000001 + 1e-9
    assert not shown.startswith("-0") or float(shown) != 0
    assert signed(value, digits).replace("+", "") == number(value, digits)
    assert float(brief(number(value, digits)).replace("−", "-")) == float(shown)


def test_what_is_printed_of_p_values_shares_and_scales() -> None:
    assert [p_value(p) for p in (None, 0.0004, 0.0312, 1.0)] == ["–", "< .001", ".031", "1"]
    assert [share(one) for one in (0, 0.004, 0.123, 1)] == ["0 %", "0.4 %", "12 %", "100 %"]
    layer = board(2, 1).layers[0]
    assert places(layer) == 3
    assert places(layer.model_copy(update={"domain": (0.0, 100.0)})) == 1
    assert places(layer.model_copy(update={"domain": None})) == 3


def test_contamination_is_a_column_of_the_first_table_where_it_is_known() -> None:
    made = board(3, 4, extras=True)
    text = "".join(page(made))
    head = text[text.index('id="main-board"') : text.index("</table>")]
    assert "Seen before" in head
    known = {one.system for one in made.contamination}
    assert head.count("passages ") == len({one.system for one in made.contamination if one.passages_seen is not None})
    assert head.count("not known") == len(made.systems) - len(known)
    bare = "".join(page(made.model_copy(update={"contamination": []})))
    assert "Seen before" not in bare
