"""The folder of an adapter: what is in it while it is trained, and afterwards."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from ecg_bench.errors import UserError
from ecg_bench.files import make_folder, to_json, write_whole

CARD = "system.json"
CHECKPOINTS = "checkpoints"
MARK = "complete.json"  # written into a checkpoint when all else of it is there
KEPT = "kept-"
WEIGHTS, WEIGHTS_CONFIG = "adapter_model.safetensors", "adapter_config.json"
SCORES = "selection.jsonl"
LOG, PLOT = "log.csv", "loss.svg"
PLAN = ("base", "data", "config", "chat")  # the parts of the card that say what is trained on what
SHOWN = 6  # differences that are told


class AdapterFolder:
    """The folder that ``--out`` names."""

    OWN: ClassVar[tuple[str, ...]] = (WEIGHTS_CONFIG, WEIGHTS, SCORES)  # what kept weights consist of

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()

    @property
    def checkpoints(self) -> Path:
        """Where the checkpoints lie."""
        return self.path / CHECKPOINTS

    def card(self) -> dict[str, Any] | None:
        """Return what the folder says of itself; None where it holds nothing of ours.

        Raises
        ------
        UserError
            If that can't be read.
        """
        path = self.path / CARD
        if not path.is_file():
            return None
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found = None
        if not isinstance(found, dict) or "status" not in found or not all(part in found for part in PLAN):
            raise UserError("is no card of a finetuning: choose another --out", path=path)
        return found

    def open(self, plan: Mapping[str, Any], *, resume: bool) -> dict[str, Any] | None:
        """Make the folder ready, and return the card of what was begun there before, if that goes on.

        Raises
        ------
        UserError
            If it holds something else, or what was begun there isn't what is asked for now.
        """
        card = self.card()
        if card is None:
            if self.path.is_file():
                raise UserError("is a file, but --out must be a folder", path=self.path)
            if self.path.is_dir() and any(not one.name.startswith(".") for one in self.path.iterdir()):
                raise UserError("is not empty: choose another --out; nothing is overwritten", path=self.path)
            return None
        state = "a finished adapter" if card["status"] == "complete" else "an unfinished training"
        if not resume:
            raise UserError(f"holds {state}: go on with --resume, or choose another --out", path=self.path)
        different = differences(card, plan)
        if different:
            more = f"; and {len(different) - SHOWN} more" if len(different) > SHOWN else ""
            raise UserError(
                f"holds {state} of something else, so it can't be resumed: {'; '.join(different[:SHOWN])}{more} "
                "(before → now)",
                path=self.path,
            )
        return card

    def write_card(self, card: Mapping[str, Any]) -> None:
        """Write what the folder says of itself."""
        write_whole(make_folder(self.path) / CARD, to_json(card))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second process from training in the folder.

        Raises
        ------
        UserError
            If there is one.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(make_folder(self.path) / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise UserError("another process is training there: wait for it to end", path=self.path) from None
        try:
            yield
        finally:
            lock.release()

    def last_checkpoint(self) -> Path | None:
        """Return the newest whole checkpoint."""
        whole = [one for one in self.checkpoints.glob("checkpoint-*") if (one / MARK).is_file()]
        return max(whole, key=step_of, default=None)

    def clean(self, step: int) -> None:
        """Remove what was written after a step, and parts of checkpoints."""
        for one in self.checkpoints.glob("checkpoint-*"):
            if step_of(one) > step or not (one / MARK).is_file():
                shutil.rmtree(one)
        for one in self.path.glob(f"{KEPT}*"):
            if one.suffix == ".part" or step_of(one) > step:
                shutil.rmtree(one)

    def kept(self, step: int) -> Path:
        """Return where the weights of a step are kept."""
        return self.path / f"{KEPT}{step}"

    def drop_kept_before(self, step: int) -> None:
        """Remove kept weights of earlier steps."""
        for one in self.path.glob(f"{KEPT}*"):
            if one.suffix != ".part" and step_of(one) < step:
                shutil.rmtree(one)

    def take(self, source: Path) -> None:
        """Make weights that are kept somewhere inside the folder its own."""
        for name in self.OWN:
            if (source / name).exists():
                os.replace(source / name, self.path / name)

    def tidy(self) -> None:
        """Remove what only a resume needs."""
        for one in (self.checkpoints, *self.path.glob(f"{KEPT}*")):
            shutil.rmtree(one, ignore_errors=True)


def is_first() -> bool:
    """Whether this is the only process, or the first of those that accelerate started; only that one writes."""
    return os.environ.get("RANK", "0") == "0"


def step_of(folder: Path) -> int:
    """Return the step in the name of a checkpoint or of kept weights; -1 for a name without one."""
    digits = folder.name.rpartition("-")[2]
    return int(digits) if digits.isdigit() else -1


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return in what two plans differ, one ``field: before → now`` each."""
    one, two = (
        {name: value for name, value in _flat({part: plan[part] for part in PLAN}) if _is_told(name)}
        for plan in (before, now)
    )
    if one.get("base.files.weights") or one.get("base.revision"):
        # A model is its weights; the folder may have been moved.
        one["base.name"] = two.get("base.name")
    return [
        f"{name}: {_shown(one.get(name))} → {_shown(two.get(name))}"
        for name in sorted(one.keys() | two.keys())
        if one.get(name) != two.get(name)
    ]


def _is_told(field: str) -> bool:
    """Whether a difference is told; all else about data follows from these fields."""
    return not field.startswith("data.") or field.endswith((".sha256", ".rows", ".tokens_sha256"))


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, list(value) if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:12]}…"
