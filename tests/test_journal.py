"""The journal is whole again after a kill at any byte, holds nothing twice and loses nothing that was finished."""

from __future__ import annotations

import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench.errors import UserError
from ecg_bench.runs import Journal, Slots
from ecg_bench.samples import GenerationParams, Mode, Request

SIZES = {"t/a": (4, 2, 2), "t/b": (5, 1, 1)}
Key = tuple[str, int, int, int]
KEYS: list[Key] = [
    (task, index, epoch, order)
    for task, (n, epochs, permutations) in SIZES.items()
    for index in range(n)
    for epoch in range(epochs)
    for order in range(permutations)
]


def request(key: Key) -> Request:
    task, index, epoch, permutation = key
    params = GenerationParams(max_tokens=1, temperature=0.0, seed=0)
    return Request(task, "", index, permutation, Mode.GENERATE, (), params, "", epoch=epoch)


def line(key: Key, outcome: str = "ok", padding: int = 0) -> bytes:
    record = dict(zip(("task", "index", "epoch", "permutation"), key, strict=True))
    record |= {"outcome": outcome, "output": "ä" * padding}
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


def keys_in(path: Path) -> list[Key]:
    lines = map(json.loads, path.read_bytes().splitlines())
    return [(r["task"], r["index"], r["epoch"], r["permutation"]) for r in lines]


def test_slots_number_every_request_once() -> None:
    slots = Slots(SIZES)
    assert [slots.number(*key) for key in KEYS] == list(range(slots.total))
    for wrong in (("t/c", 0, 0, 0), ("t/a", 4, 0, 0), ("t/a", 0, 2, 0), ("t/a", 0, 0, 2), ("t/b", -1, 0, 0)):
        with pytest.raises(KeyError):
            slots.number(*wrong)


@given(
    order=st.permutations(KEYS),
    outcomes=st.lists(st.sampled_from(["ok", "unparsed", "error"]), min_size=len(KEYS), max_size=len(KEYS)),
    padding=st.lists(st.integers(0, 5), min_size=len(KEYS), max_size=len(KEYS)),
    cut=st.integers(0, 100_000),
)
def test_a_journal_cut_at_any_byte_is_taken_up_where_it_was_whole(
    order: list[Key], outcomes: list[str], padding: list[int], cut: int
) -> None:
    lines = [line(*parts) for parts in zip(order, outcomes, padding, strict=True)]
    whole = b"".join(lines)
    left = whole[: cut % (len(whole) + 1)]
    finished = left.count(b"\n")
    kept = [key for key, outcome in zip(order[:finished], outcomes, strict=False) if outcome != "error"]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "samples.jsonl"
        path.write_bytes(left)
        with Journal(path, Slots(SIZES)) as journal:
            assert journal.count == len(kept)
            assert [key for key in KEYS if journal.done(request(key))] == sorted(kept)
            assert keys_in(path) == kept
            missing = [key for key in KEYS if not journal.done(request(key))]
            random.Random(cut).shuffle(missing)
            journal.append([line(key) for key in missing])
        journal.arrange()
        assert keys_in(path) == KEYS


def test_arranging_puts_lines_in_order_and_changes_none(tmp_path: Path) -> None:
    lines = {key: line(key, padding=n) for n, key in enumerate(KEYS)}
    shuffled = random.Random(0).sample(KEYS, len(KEYS))
    journal = Journal(tmp_path / "s.jsonl", Slots(SIZES))
    with journal:
        journal.append([lines[key] for key in shuffled])
    journal.arrange()
    assert journal.path.read_bytes() == b"".join(lines[key] for key in KEYS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (line(KEYS[0]) + b"{broken}\n" + line(KEYS[1]), ":2: is no sample of a run"),
        (line(KEYS[0]) + line(KEYS[0]), ":2: answers a sample that an earlier line has answered"),
        (line(("t/z", 0, 0, 0)), ":1: belongs to no sample of this run"),
    ],
)
def test_a_journal_changed_by_hand_is_refused_and_left_alone(tmp_path: Path, text: bytes, said: str) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_bytes(text)
    with pytest.raises(UserError, match=said), Journal(path, Slots(SIZES)):
        pass
    assert path.read_bytes() == text


def test_a_disk_that_fills_up_while_lines_are_arranged_leaves_them_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "s.jsonl", Slots(SIZES))
    with journal:
        journal.append([line(key) for key in reversed(KEYS)])
    before = journal.path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ecg_bench.files.os.replace", full)
    with pytest.raises(UserError, match="cannot be written: No space left on device"):
        journal.arrange()
    assert journal.path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [journal.path]


def test_a_full_disk_is_said_and_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    with Journal(path, Slots(SIZES)) as journal:
        journal.append([line(KEYS[0])])
    before = path.read_bytes()
    full = Journal(Path("/dev/full"), Slots(SIZES))
    full._recover = lambda: None  # type: ignore[method-assign]  # a device has no lines to take up
    with full, pytest.raises(UserError, match="No space left on device; 0 finished samples are safe"):
        full.append([line(KEYS[1])])
    assert path.read_bytes() == before
