"""From what goes with a question to the ECG itself."""

from __future__ import annotations

import hashlib
from glob import escape
from pathlib import Path, PurePosixPath

from ecg_bench.ecg._record import Ecg
from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of_file
from ecg_bench.samples import Media

SYNTHETIC = "synthetic:"
SUFFIXES = (".hea", ".dat", ".npy", ".npz", ".csv", ".tsv", ".xml", ".dcm")


def open_media(media: Media) -> Ecg:
    """Return the ECG that goes with a question, disturbed as the run asks for.

    Parameters
    ----------
    media : Media
        Of kind ``"ecg"``: a file, or ``synthetic:`` and the text of a spec.

    Raises
    ------
    UserError
        If it is no ECG, or can't be read.
    """
    if media.kind != "ecg":
        raise UserError(f"{media.path} is no ECG, but an {media.kind}")
    ecg = _simulated(media.path) if is_synthetic(media) else _read(media.file)
    if not media.disturbance:
        return ecg
    from ecg_bench.ecg.disturbance import Disturbance

    return Disturbance.parse(media.disturbance).apply(ecg, media.seed)


def is_synthetic(media: Media) -> bool:
    """Whether an ECG is made rather than read."""
    return media.path.startswith(SYNTHETIC)


def fingerprint(media: Media) -> str:
    """Return what tells an ECG from every other one: its spec, or the hash of its files, and its disturbance.

    Of a WFDB record all files count, since its header alone says little of its signal. A file that can't be read is
    told by its path; whoever opens it says what is wrong.
    """
    digest = hashlib.sha256(f"{media.disturbance}\n{media.seed}\n".encode())
    if is_synthetic(media):
        digest.update(media.path.encode())
        return digest.hexdigest()
    for path in _files(media.file):
        try:
            digest.update(sha256_of_file(path).encode())
        except OSError:
            digest.update(str(path).encode())
    return digest.hexdigest()


def record_of(path: str) -> str:
    """Return what names a record wherever it lies and at whatever rate: its file's name, or the spec of a made one.

    Parameters
    ----------
    path : str
        Of a medium: ``records100/00000/00017_lr.hea`` and ``records500/00000/00017_hr`` are both ``00017``.
    """
    if path.startswith(SYNTHETIC):
        return path
    name = PurePosixPath(path).name
    stem = name.rsplit(".", 1)[0] if name.endswith(SUFFIXES) else name
    return stem.removesuffix("_lr").removesuffix("_hr")


def _files(path: Path) -> list[Path]:
    if path.suffix.lower() not in ("", ".hea", ".dat"):
        return [path]
    stem = path.with_suffix("")
    return sorted(other for other in stem.parent.glob(f"{escape(stem.name)}.*") if other.is_file()) or [path]


def _simulated(path: str) -> Ecg:
    from ecg_bench.ecg.synthesis import read_spec, simulate

    return simulate(read_spec(path.removeprefix(SYNTHETIC)))


def _read(path: Path) -> Ecg:
    from ecg_bench.ecg.reading import read_ecg

    return read_ecg(path)
