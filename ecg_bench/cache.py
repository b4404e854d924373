"""The response cache: what a model answered once, it need not be asked again, in any run or process.

An entry's key is a hash of everything that can change the answer: the model with its revision or file hashes, its
arguments, the prompt as it is sent, the parameters and the epoch. Two models can therefore never share an entry.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from platformdirs import user_cache_path

from ecg_bench._version import VERSION as ECG_BENCH
from ecg_bench.ecg.media import fingerprint
from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of_file
from ecg_bench.log import get_logger
from ecg_bench.redaction import redact
from ecg_bench.samples import Excerpt, Media, Request, Response, TokenLogprob, Usage

VARIABLE = "ECG_BENCH_CACHE"
VERSION = 1  # of the keys and values; raised when either changes its meaning
BUSY_S = 10.0  # how long to wait for another process
PENDING = 64  # answers kept back at most before they are written, so that a transaction serves many
PENDING_S = 1.0
FAILURES = 3  # in a row, after which a run does without the cache
DAY_S = 86_400

_log = get_logger("cache")
Result = TypeVar("Result")

_TABLE = """
create table if not exists responses (
    key blob primary key, model text not null, value text not null, digest blob not null, used integer not null
) without rowid
"""

_GET = "select value, digest from responses where key = ?"
_BY_MODEL = "select model, count(*) from responses group by model order by model"


def cache_path() -> Path:
    """Return the file of the cache: in the folder that ``ECG_BENCH_CACHE`` names, else in the user's cache folder."""
    folder = os.environ.get(VARIABLE)
    return (Path(folder).expanduser() if folder else user_cache_path("ecg-bench")) / "responses.sqlite"


class KeyMaker:
    """Makes the keys of one model's requests.

    Parameters
    ----------
    provider, name : str
        As in ``--model provider/name``.
    arguments, identity : mapping
        What tells this model from others; anything that JSON can hold.
    """

    def __init__(self, provider: str, name: str, arguments: Any, identity: Any) -> None:
        model = {"version": VERSION, "model": [provider, name], "arguments": arguments, "identity": identity}
        self._model = hashlib.sha256(json.dumps(model, sort_keys=True, default=str).encode())
        self._files: dict[tuple[Path, int], str] = {}

    def key(self, request: Request) -> bytes:
        """Return the key of a request, 32 bytes."""
        parts = [
            request.mode,
            [(message.role, message.content) for message in request.messages],
            request.prefill,
            request.continuations,
            (request.params.max_tokens, request.params.temperature, request.params.seed),
            request.epoch,
            request.schema,
            [self._media(media) for media in request.media],
        ]
        digest = self._model.copy()
        digest.update(json.dumps(parts, sort_keys=True).encode())
        return digest.digest()

    def _media(self, media: Media) -> str:
        """Return what tells a medium from others; of an ECG its picture too, which a later version may draw anew."""
        return f"{ECG_BENCH} {fingerprint(media)}" if media.kind == "ecg" else self._file(media.file)

    def _file(self, path: Path) -> str:
        try:
            known = (path, path.stat().st_mtime_ns)
            if known not in self._files:
                self._files[known] = sha256_of_file(path)
        except OSError:
            return str(path)  # the backend says what is wrong with it
        return self._files[known]


@dataclass(frozen=True)
class CacheStats:
    """What a cache holds.

    Attributes
    ----------
    path : Path
        Its file.
    entries, size : int
        How many answers, and bytes on disk.
    models : mapping of str to int
        Answers by model.
    """

    path: Path
    entries: int
    size: int
    models: dict[str, int]


class ResponseCache:
    """A file of answers that several processes may use at once.

    Every entry carries a checksum, and an entry that fails it counts as absent. A file that is no database any more is
    set aside and begun anew: a cache may be slow or empty, but never wrong, and never the end of a run.

    Parameters
    ----------
    path : Path, optional
        The file; `cache_path()` if not given.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or cache_path()
        self._db: sqlite3.Connection | None = None
        self._pending: dict[bytes, tuple[str, str]] = {}
        self._touched: set[bytes] = set()
        self._last_flush = time.monotonic()
        self._failures = 0

    def get(self, key: bytes) -> Response | None:
        """Return an answer, marked as cached, or None."""
        row = self._with(lambda db: db.execute(_GET, (key,)).fetchone(), None)
        if row is None or _digest(key, row[0]) != row[1]:
            return None
        self._touched.add(key)
        return _from_json(row[0])

    def put(self, key: bytes, model: str, response: Response) -> None:
        """Keep an answer; written at the latest by `flush` or `close`."""
        self._pending[key] = (model, _to_json(response))
        if len(self._pending) >= PENDING or time.monotonic() - self._last_flush > PENDING_S:
            self.flush()

    def flush(self) -> None:
        """Write what is kept back."""
        self._last_flush = time.monotonic()
        pending, self._pending = self._pending, {}
        touched, self._touched = self._touched, set()
        if not pending and not touched:
            return
        now = int(time.time())
        rows = [(key, model, value, _digest(key, value), now) for key, (model, value) in pending.items()]
        used = [(now, key) for key in touched]

        def write(db: sqlite3.Connection) -> None:
            with db:
                db.executemany("insert or replace into responses values (?, ?, ?, ?, ?)", rows)
                db.executemany("update responses set used = ? where key = ?", used)

        self._with(write, None)

    def close(self) -> None:
        """Write what is kept back and let go of the file."""
        self.flush()
        if self._db is not None:
            self._db.close()
            self._db = None

    def stats(self) -> CacheStats:
        """Count what the cache holds."""
        models: dict[str, int] = {}
        if self.path.exists():
            models = self._with(lambda db: dict(db.execute(_BY_MODEL)), {})
        return CacheStats(self.path, sum(models.values()), self._size(), models)

    def prune(self, *, older_than_days: float | None = None, model: str | None = None) -> CacheStats:
        """Delete answers and return what was deleted.

        Parameters
        ----------
        older_than_days : float, optional
            Only answers that were not used for so long.
        model : str, optional
            Only answers of this model, as `stats` names it.

        Raises
        ------
        UserError
            If another process keeps the file busy, or it is damaged.
        """
        if not self.path.exists():
            return CacheStats(self.path, 0, 0, {})
        limit = time.time() - older_than_days * DAY_S if older_than_days is not None else time.time() + DAY_S
        where = "used < ? and (? is null or model = ?)"
        before = self._size()
        models: dict[str, int] = {}
        try:
            db = self._open()
            with db:
                counted = f"select model, count(*) from responses where {where} group by model"  # noqa: S608
                models = dict(db.execute(counted, (limit, model, model)))
                db.execute(f"delete from responses where {where}", (limit, model, model))  # noqa: S608
            db.execute("vacuum")
            db.execute("pragma wal_checkpoint(truncate)")
        except sqlite3.OperationalError as error:
            raise UserError(f"can't be pruned now ({error}): is a run using it?", path=self.path) from None
        except sqlite3.DatabaseError as error:
            raise UserError(f"is damaged ({error}): delete it", path=self.path) from None
        return CacheStats(self.path, sum(models.values()), max(0, before - self._size()), models)

    def _size(self) -> int:
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(path.stat().st_size for path in files if path.exists())

    def _with(self, use: Callable[[sqlite3.Connection], Result], default: Result) -> Result:
        """Use the database; whatever is wrong with it is logged, gives the default, and never reaches the run."""
        if self._failures >= FAILURES:
            return default
        try:
            result = use(self._open())
            self._failures = 0
            return result
        except sqlite3.OperationalError as error:  # busy, read-only, full: the answer is asked for, or not kept
            self._failures += 1
            left = "; left alone from now on" if self._failures == FAILURES else ""
            _log.warning(f"the cache could not be used{left}", extra={"error": str(error), "path": str(self.path)})
        except (sqlite3.DatabaseError, OSError) as error:
            self._set_aside(str(error))
        return default

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level="IMMEDIATE", check_same_thread=False)
            try:
                db.execute("pragma journal_mode = wal")  # readers and a writer don't wait for each other
                db.execute("pragma synchronous = normal")  # a power cut may cost the last answers, never the file
                db.execute(_TABLE)
            except BaseException:
                db.close()
                raise
            self._db = db
        return self._db

    def _set_aside(self, error: str) -> None:
        if self._db is not None:
            with suppress(sqlite3.Error):
                self._db.close()
            self._db = None
        aside = self.path.with_name(f"{self.path.name}.broken-{time.time_ns()}")
        with suppress(OSError):
            os.replace(self.path, aside)
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        _log.warning("the cache was damaged and begins anew", extra={"error": error, "set_aside": str(aside)})


def _digest(key: bytes, value: str) -> bytes:
    return hashlib.sha256(key + value.encode()).digest()[:16]


def _to_json(response: Response) -> str:
    kept = {name: value for name, value in asdict(response).items() if name not in ("retries", "cached", "error")}
    return redact(json.dumps(kept, ensure_ascii=False))


def _from_json(text: str) -> Response:
    kept = json.loads(text)
    usage = kept.pop("usage")
    logprobs = tuple(
        TokenLogprob(one["token"], one["logprob"], tuple((token, value) for token, value in one["top"]))
        for one in kept.pop("logprobs")
    )
    kept["loglikelihoods"] = tuple(kept["loglikelihoods"])
    if kept.get("context") is not None:  # answers of earlier versions don't have it
        kept["context"] = tuple(Excerpt(**one) for one in kept["context"])
    response = Response(**kept, usage=Usage(**usage) if usage else None, logprobs=logprobs)
    return replace(response, cached=True)
