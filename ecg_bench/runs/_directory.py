"""A run directory: who may write to it, whether it may be resumed, and what it holds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError

from ecg_bench.errors import UserError
from ecg_bench.files import PART, describe, to_json, write_whole
from ecg_bench.redaction import redact
from ecg_bench.runs._journal import Journal, Slots, read_samples
from ecg_bench.runs._records import SCHEMA_VERSION, ResultsRecord, RunRecord, SessionRecord, Status
from ecg_bench.runs._table import SCORES

Model = TypeVar("Model", bound=BaseModel)
_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){1,3}")

RUN, SAMPLES, RESULTS = "run.json", "samples.jsonl", "results.json"
LOG, BATCHES, LOCK = "log.jsonl", "batches.json", "run.lock"
SCORINGS, JUDGEMENTS = "scorings", "judgements"
OURS = {RUN, SAMPLES, RESULTS, SCORES, LOG, BATCHES, LOCK, SCORINGS, JUDGEMENTS}

# Runs that are a part of something else, by the type of their tasks: only these commands know what they belong to.
OWN_COMMANDS = {"judgement": "ecg-bench judge", "writing": "ecg-bench datagen"}

# Tasks that read their answers as names and score them in full, so that no text metric and no judge has a place.
NAMED_ANSWERS = frozenset({"multiple_choice", "ecg_labels", "ecg_qa"})


def now() -> str:
    """Return the time in UTC, to the second, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class RunDirectory:
    """Reads what a run left.

    Parameters
    ----------
    path : Path
        The directory.

    Raises
    ------
    UserError
        If it holds no run, or one of another version of the contract.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not (path / RUN).is_file():
            raise UserError(f"is no run directory: it holds no {RUN}", path=path)

    @cached_property
    def header(self) -> RunRecord:
        """``run.json``."""
        return read_record(self.path / RUN, RunRecord)

    @cached_property
    def results(self) -> ResultsRecord:
        """``results.json``; only of a complete run."""
        if self.header.status != "complete":
            raise UserError(
                f"the run is not complete ({self.header.status}): finish it with "
                f"ecg-bench eval --resume --out {self.path}",
                path=self.path,
            )
        return read_record(self.path / RESULTS, ResultsRecord)

    def samples(self) -> Iterator[dict[str, Any]]:
        """Yield the finished samples, one at a time."""
        if (self.path / SAMPLES).exists():
            yield from read_samples(self.path / SAMPLES)


def read_record(path: Path, model: type[Model]) -> Model:
    """Return what a file of a run holds.

    Raises
    ------
    UserError
        If it is missing, damaged, or of another version of the contract.
    """
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UserError("no such file: the run is damaged", path=path) from None
    except ValidationError as error:
        _refuse_other_version(path)
        raise UserError(f"does not fit this version's run contract: {describe(error)}", path=path) from None


def _refuse_other_version(path: Path) -> None:
    """Raise if a file of a run was written under another version of the contract."""
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return
    version = found.get("schema_version") if isinstance(found, dict) else None
    if not isinstance(version, str) or not _VERSION.fullmatch(version) or version == SCHEMA_VERSION:
        return
    by = found.get("ecg_bench")
    writer = f" by ecg-bench {by}" if isinstance(by, str) and _VERSION.fullmatch(by) else ""
    older = [int(part) for part in version.split(".")] < [int(part) for part in SCHEMA_VERSION.split(".")]
    advice = (
        "evaluate again into another folder; answers in the response cache are not paid twice"
        if older
        else "update ecg-bench to read it"
    )
    raise UserError(f"was written{writer} under run contract {version}, this is {SCHEMA_VERSION}: {advice}", path=path)


class RunWriter:
    """Takes a run directory for writing, and gives it back whatever happens.

    Parameters
    ----------
    path : Path
        The directory; made if it does not exist.
    header : RunRecord
        What the run is. A directory that holds a run with another fingerprint is refused.
    slots : Slots
        Numbers the run's requests.
    limits : mapping
        What this session may take; recorded with it.
    on_kept : callable, optional
        Is told of each finished sample that an earlier session left.

    Raises
    ------
    UserError
        If the directory can't be written, is in use, holds something else, or another run.
    """

    def __init__(
        self,
        path: Path,
        header: RunRecord,
        slots: Slots,
        limits: Mapping[str, Any],
        on_kept: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        self.path = path
        self.header = header
        self.journal = Journal(path / SAMPLES, slots, on_kept)
        self._limits = dict(limits)
        self._lock = FileLock(path / LOCK)

    def __enter__(self) -> RunWriter:
        missing = [folder for folder in (self.path, *self.path.parents) if not folder.exists()]
        locked = (self.path / LOCK).exists()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise UserError(
                "another process is writing to this run: wait for it, or give another --out", path=self.path
            ) from None
        except OSError as error:
            raise UserError(f"cannot be written: {error.strerror or error}", path=self.path) from None
        try:
            self._take_up()
            self.journal.__enter__()
        except BaseException:
            self._lock.release()
            for name in (OURS - {SCORINGS, JUDGEMENTS}) if missing else () if locked else (LOCK,):
                (self.path / name).unlink(missing_ok=True)
            with suppress(OSError):
                for folder in missing:
                    folder.rmdir()
            raise
        return self

    def _take_up(self) -> None:
        others = {entry.name for entry in self.path.iterdir()} - OURS
        others = {name for name in others if not name.endswith(PART)}
        if not (self.path / RUN).exists():
            if others or (self.path / SAMPLES).exists():
                found = min(others or {SAMPLES})
                raise UserError(f"is not empty and holds no run (it has {found}): give another --out", path=self.path)
            sessions: list[SessionRecord] = []
        else:
            before = RunDirectory(self.path).header
            if before.fingerprint != self.header.fingerprint:
                differences = "; ".join(difference(before, self.header)) or "something the header does not show"
                raise UserError(
                    f"holds another run ({differences}): give another --out, or the same settings to go on",
                    path=self.path,
                )
            sessions = before.sessions
        session = SessionRecord(started=now(), finished=None, asked=0, limits=self._limits, stopped=None)
        sessions = [*sessions, session]
        self.header = self.header.model_copy(update={"sessions": sessions})
        self.write_header("running")

    def write_header(self, status: Status, **changes: Any) -> None:
        """Write ``run.json`` anew."""
        self.header = self.header.model_copy(update={"status": status, **changes})
        write_whole(self.path / RUN, redact(to_json(self.header.model_dump(mode="json"))))

    def end_session(self, status: Status, asked: int, *, stopped: str | None = None, **changes: Any) -> None:
        """Note what this process did, and why it stopped before the end."""
        done = {"finished": now(), "asked": asked, "stopped": stopped}
        last = self.header.sessions[-1].model_copy(update=done)
        self.write_header(status, sessions=[*self.header.sessions[:-1], last], **changes)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.journal.__exit__(kind, error, trace)
        self._lock.release()


def difference(before: RunRecord, after: RunRecord) -> list[str]:
    """Say where two runs differ in what makes their fingerprint, one short phrase each."""
    tasks = [[task.name for task in header.tasks] for header in (before, after)]
    if tasks[0] != tasks[1]:
        return [f"its tasks are {', '.join(tasks[0])}, those here {', '.join(tasks[1])}"]
    old, new = _flat(identity(before)), _flat(identity(after))
    names = sorted(old.keys() | new.keys(), key=lambda name: (not name.startswith("settings"), name))
    return [
        f"{name} is {json.dumps(old.get(name))} there and {json.dumps(new.get(name))} here"
        for name in names
        if old.get(name) != new.get(name)
    ][:5]


def identity(header: RunRecord) -> dict[str, Any]:
    """Return the part of a header that must be equal for a run to be resumed."""
    whole = header.model_dump(mode="json")
    tasks = {task.pop("name"): task for task in whole["tasks"]}
    for task in tasks.values():
        # The data themselves are told by their hash, wherever on this machine they lie.
        for prose in ("title", "made", "verified", "data_file", "arguments"):
            del task[prose]
    return {name: whole[name] for name in ("ecg_bench", "system", "settings")} | {"tasks": tasks}


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        return {name: value}
    return {k: v for key, part in value.items() for k, v in _flat(part, f"{name}.{key}" if name else key).items()}
