"""The files of a rating study: whatever raters do, and whenever it is cut off, what was saved is there again."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecg_bench import UserError
from ecg_bench.ratings import Rating, Scale, read_ratings, write_ratings
from ecg_bench.ratings.serving import Study, prepare
from ecg_bench.ratings.serving._events import Event, name_of
from ecg_bench.ratings.serving._journal import Journal
from ecg_bench.ratings.serving._ledger import Ledger
from tests.ratings.served import SYSTEMS, event, make_runs

N = 4


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("study")
    return prepare(make_runs(folder, N // 2, SYSTEMS[:2]), include=[folder / "toy"])


actions = st.tuples(
    st.sampled_from(["Anna", "Ben"]),
    st.integers(1, N),
    st.sampled_from(["mark", "skip", "comment", "undo"]),
    st.lists(st.integers(0, 3), unique=True, max_size=3),
    st.text(max_size=8),
    st.sampled_from(["", "", "", "stop", "kill", "tear", "twice"]),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(actions, max_size=25))
def test_any_sequence_of_presses_stops_and_kills_leaves_the_last_state_of_each(
    study: Study, script: list[tuple[str, int, str, list[int], str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "ratings.csv"
        ledger = Ledger(study, out).__enter__()
        said: dict[tuple[str, int], tuple[tuple[str, ...], str]] = {}
        for number, (rater, position, kind, levels, comment, then) in enumerate(script):
            skipped = kind == "skip"
            made = Event.model_validate(
                event(number, position, *([] if skipped else levels), kind=kind, skipped=skipped, comment=comment)
            )
            for _ in range(2 if then == "twice" else 1):
                ledger.take(ledger.book(rater), [made])
            chosen = () if skipped else tuple(study.scale.levels[level] for level in sorted(levels))
            said[rater, position] = chosen, made.comment
            if not (chosen or skipped or made.comment):
                del said[rater, position]
            if then in ("stop", "kill", "tear"):
                if then == "stop":
                    ledger.__exit__(None, None, None)
                ledger.close()
                if then == "tear":  # the first half of a line that nobody was told is saved
                    with Path(f"{out}.journal").open("ab") as file:
                        file.write(b'{"event": "0123')
                ledger = Ledger(study, out).__enter__()
        ledger.__exit__(None, None, None)
        rows = read_ratings(out)
        assert {(one.rater, one.position): (one.levels, one.comment) for one in rows} == said
        lines = Path(f"{out}.journal").read_text(encoding="utf-8").split("\n")
        assert len(lines) == len(script) + 2, "one for each press, one at the beginning, and nothing after the last"


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_text_comes_back_from_the_table_as_it_was(text: str, tmp_path: Path) -> None:
    one = Rating(system="s", rater="r", scale=Scale.even(("no", "yes")), question=text, answer=text, comment=text)
    write_ratings(tmp_path / "ratings.csv", [one, one])
    assert read_ratings(tmp_path / "ratings.csv") == [one, one]


@given(text=st.text(max_size=70))
def test_a_name_is_clean_or_refused(text: str) -> None:
    try:
        name = name_of(text)
    except UserError:
        return
    assert name_of(name) == name
    assert name.encode("utf-8")
    assert name == " ".join(name.split()) != ""


@pytest.fixture
def journal(study: Study, tmp_path: Path) -> Iterator[Path]:
    with Ledger(study, tmp_path / "ratings.csv") as ledger:
        for number in (1, 2):
            ledger.take(ledger.book("Anna"), [Event.model_validate(event(number, number, 3))])
    return tmp_path / "ratings.csv.journal"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"version": "1"', '"version": "2"', "is a journal of version '2'"),
        ('"ecg-bench ratings"', '"something"', ":1: is no journal of ratings"),
        ('"rater": "Anna", "position": 1', '"rater": "Anna", "position', ":2: is no line of a journal"),
        ('"sample": "', '"sample": "x', ":2: belongs to no answer"),
        ('["correct"]', '["excellent"]', ":2: belongs to no answer"),
        ('"kind"', '"kin"', ":2: belongs to no answer"),
    ],
)
def test_a_journal_changed_by_hand_is_refused_with_its_line(
    study: Study, journal: Path, old: str, new: str, words: str
) -> None:
    text = journal.read_text(encoding="utf-8")
    assert old in text
    journal.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError) as told, Ledger(study, journal.with_suffix("")):
        pass
    assert words in str(told.value)
    assert len(read_ratings(journal.with_suffix(""))) == 2


@pytest.mark.parametrize("content", ["no newline, and none of ours", '{"journal": "other"}', "x\n"])
def test_a_file_in_the_place_of_the_journal_is_left_alone(study: Study, tmp_path: Path, content: str) -> None:
    path = tmp_path / "ratings.csv.journal"
    path.write_text(content)
    with pytest.raises(UserError, match=r"ratings\.csv\.journal"), Ledger(study, tmp_path / "ratings.csv"):
        pass
    assert path.read_text() == content


def test_a_first_line_torn_by_a_kill_is_written_anew(study: Study, journal: Path) -> None:
    first = journal.read_bytes().splitlines()[0]
    for length in (0, 1, 15, 40, len(first)):
        journal.write_bytes(first[:length])
        opened = Journal(journal)
        assert opened.head is None
        opened.open({"study": "x", "design": {}})
        opened.close()
        assert json.loads(journal.read_text())["study"] == "x"


def test_a_table_of_imported_ratings_is_gone_on_with(study: Study, tmp_path: Path) -> None:
    """Rows of other answers, and of names that nobody could rate under, stay as they are."""
    out = tmp_path / "ratings.csv"
    (card, *_) = study.deal("Anna")
    answer = card.drawn[0].answer
    known = Rating(
        task=answer.task, sample=answer.sample, system=answer.system, rater="Anna", scale=study.scale,
        levels=("incorrect",), time="last summer",
    )  # fmt: skip
    others = [
        Rating(system="elsewhere", question="Q", answer="A", rater="Anna", scale=study.scale, levels=("correct",)),
        Rating(task=answer.task, sample=answer.sample, system=answer.system, rater="x" * 99, scale=study.scale),
        Rating(system="s", rater="Anna", scale=Scale.even(("no", "yes")), levels=("yes",)),
    ]
    write_ratings(out, [*others, known])
    with Ledger(study, out) as ledger:
        assert ledger.book("anna").mark(next(iter(ledger.book("anna").cards))).levels == ("incorrect",)
    rows = read_ratings(out)
    assert rows[:3] == others
    assert (rows[3].levels, rows[3].time, rows[3].answer) == (("incorrect",), "last summer", answer.text)
    with Ledger(study, out):
        pass
    assert read_ratings(out) == rows
