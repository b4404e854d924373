"""Where a model lies, and why it can't be loaded."""

from __future__ import annotations

from pathlib import Path

from ecg_bench.errors import UserError


def source_of(name: str) -> str:
    """Return what ``transformers`` calls a model: a folder's path, or an id on the hub.

    Raises
    ------
    UserError
        If the name is plainly a path, and there is no such folder.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return str(folder)
    if folder.exists() or name.startswith((".", "/", "~")):
        raise UserError(f"hf/{name}: there is no such folder; save a model there with save_pretrained()")
    return name


def commit_of(source: str, revision: str | None = None) -> str | None:
    """Return the commit on the hub that a model's revision stands for; None for a folder.

    Raises
    ------
    OSError
        If the model is neither on the hub nor in its cache.
    """
    if Path(source).is_dir():
        return None
    from transformers.utils import cached_file, extract_commit_hash

    commit: str | None = extract_commit_hash(cached_file(source, "config.json", revision=revision), None)
    return commit


def reason_of(error: BaseException) -> str:
    """Return the first line of what an error says."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
