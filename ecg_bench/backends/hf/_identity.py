"""What tells the files of one model or adapter from those of another of the same name."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ecg_bench.files import sha256_of

WHOLE = 2 * 2**30  # weight files up to this many bytes in all are hashed whole
EDGE = 16 * 2**20  # of larger ones, this much at either end of each file


def digest_of_folder(folder: Path) -> dict[str, str]:
    """Return a hash of the weights, and one of everything else in the folder that shapes answers."""
    weights = sorted(folder.glob("*.safetensors"))
    others = sorted(path for path in folder.iterdir() if path.suffix in (".json", ".jinja", ".model", ".txt"))
    small = sum(path.stat().st_size for path in weights) <= WHOLE
    digest = hashlib.sha256()
    for path in weights:
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            if small:
                digest.update(hashlib.file_digest(file, "sha256").digest())
            else:
                digest.update(file.read(EDGE))
                file.seek(max(EDGE, size - EDGE))
                digest.update(file.read())
    how = "whole files" if small else "sizes and both ends of files"
    rest = sha256_of(*(part for path in others for part in (path.name, path.read_bytes())))
    return {"weights": f"{digest.hexdigest()[:32]} ({how})", "other": rest[:32]}
