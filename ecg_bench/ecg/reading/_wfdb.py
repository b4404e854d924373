"""WFDB records: formats 16, 61, 160 and 212 read here, all others by the package wfdb."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecg_bench.ecg import Ecg
from ecg_bench.ecg.reading._header import Header, SignalLine, read_header
from ecg_bench.ecg.reading._names import Wanted
from ecg_bench.errors import UserError

Digital = NDArray[np.int64] | NDArray[np.int32] | NDArray[np.int16]
_INVALID = {16: -(1 << 15), 212: -(1 << 11), 80: -128, 61: -(1 << 15), 160: -(1 << 15), 310: -512, 311: -512} | {
    24: -(1 << 23),
    32: -(1 << 31),
    508: -128,
    516: -(1 << 15),
    524: -(1 << 23),
}


def read_wfdb(path: Path, leads: Sequence[str] | None = None) -> Ecg:
    """Read a WFDB record from its header.

    Parameters
    ----------
    path : Path
        The header, ``.hea``.
    leads : sequence of str, optional
        The leads wanted; all, if not given.

    Returns
    -------
    Ecg
        In millivolts. Comments of the form ``key: value`` are metadata (``patient`` is the patient); the others stand
        under ``"comments"``.

    Raises
    ------
    UserError
        If a file is missing or too short, a checksum doesn't agree, a lead is unknown or uncalibrated, or the units
        are none of potential.
    """
    header = read_header(path)
    if not header.signals:
        raise UserError("has no signals", path=path)
    wanted = Wanted.of([signal.name for signal in header.signals], leads, path, header.signals[0].line)
    digital = _read_digital(path, header)
    chosen = [header.signals[column] for column in wanted.columns]
    for signal in chosen:
        _check_scale(signal, path)
    if digital.shape[0] == 0:
        raise UserError("has no samples: its signal file is empty", path=path)
    if wanted.columns != tuple(range(len(header.signals))):
        digital = digital[:, list(wanted.columns)]
    gains = np.array([signal.gain for signal in chosen])
    baselines = np.array([signal.baseline for signal in chosen])
    factors = np.array([signal.to_millivolts for signal in chosen])
    values = (digital - baselines) / gains
    if (factors != 1).any():
        values *= factors
    for column, signal in enumerate(chosen):
        invalid = _INVALID.get(signal.format)
        if invalid is not None and signal.frame == 1:
            missing = digital[:, column] == invalid
            if missing.any():
                values[missing, column] = np.nan
    named, others = _comments(header)
    return Ecg(
        values.astype(np.float32) * wanted.signs,
        wanted.names,
        header.rate,
        record=header.name,
        patient=named.pop("patient", ""),
        metadata={**named, "comments": others} if others else named,
    )


def _check_scale(signal: SignalLine, path: Path) -> None:
    if math.isnan(signal.to_millivolts):
        raise UserError(
            f"the lead {signal.name} is in {signal.units!r}, but an ECG is in V, mV, uV or nV",
            path=path,
            line=signal.line,
        )
    if not signal.gain or not math.isfinite(signal.gain):
        raise UserError(
            f"the lead {signal.name} is not calibrated: it must say its steps per mV, such as 1000/mV",
            path=path,
            line=signal.line,
        )


def _comments(header: Header) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the comments of the form ``key: value``, and the others."""
    named = {}
    others = []
    for comment in header.comments:
        key, colon, value = comment.partition(":")
        if colon and key.strip() and " " not in key.strip():
            named[key.strip()] = value.strip()
        else:
            others.append(comment)
    return named, tuple(others)


def _read_digital(path: Path, header: Header) -> Any:
    """Return the digital values as they lie in the files, shape (samples, signals), with their checksums verified."""
    files: dict[str, list[SignalLine]] = {}
    for signal in header.signals:
        files.setdefault(signal.file, []).append(signal)
    for name in files:
        if not (path.parent / name).is_file():
            raise UserError(f"its signal file {name} is missing: it must lie in the same folder", path=path)
    parts = []
    for name, signals in files.items():
        reader = _READERS.get(signals[0].format)
        if reader is None or any(
            (one.format, one.frame, one.skew, one.offset) != (signals[0].format, 1, 0, signals[0].offset)
            for one in signals
        ):
            return _read_by_package(path, header)
        parts.append(reader(path.parent / name, len(signals), header.samples, signals[0].offset))
    if len({len(part) for part in parts}) > 1:
        raise UserError("its signal files are not of one length, and the header doesn't say it", path=path)
    order = [signal for signals in files.values() for signal in signals]
    digital = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
    _verify(digital.sum(axis=0, dtype=np.int64).tolist(), order, path)
    if order == list(header.signals):
        return digital
    return digital[:, [order.index(signal) for signal in header.signals]]


def _verify(sums: Sequence[Any], signals: Sequence[SignalLine], path: Path) -> None:
    for total, signal in zip(sums, signals, strict=True):
        if signal.checksum is not None and (int(total) - signal.checksum) % 65536:
            raise UserError(
                f"the checksum of the signal {signal.name or signal.file} is {int(total) % 65536}, where the header "
                f"says {signal.checksum % 65536}: {signal.file} is damaged or belongs to another record",
                path=path,
                line=signal.line,
            )


def _short(file: Path, found: int, expected: int) -> UserError:
    return UserError(
        f"is too short: it holds {found} samples of each signal, and the header says {expected}", path=file
    )


def _read_words(file: Path, signals: int, samples: int, offset: int, kind: str = "<i2") -> Any:
    """Return what a file of 16-bit integers holds."""
    values = np.frombuffer(file.read_bytes()[offset:][: samples * signals * 2 or None], dtype=np.uint8)
    whole = len(values) // (2 * signals)
    if whole < samples:
        raise _short(file, whole, samples)
    words = values[: whole * signals * 2].view(kind).reshape(whole, signals)
    return words.astype(np.int32) - (1 << 15) if kind == "<u2" else words


def _read_212(file: Path, signals: int, samples: int, offset: int) -> Any:
    """Return what a file of 12-bit integers holds: two of them in three bytes, the high bits in the middle one."""
    raw = np.frombuffer(file.read_bytes(), dtype=np.uint8)[offset:]
    held = len(raw) // 3 * 2 + (len(raw) % 3 == 2)
    whole = held // signals
    if whole < samples:
        raise _short(file, whole, samples)
    count = (samples or whole) * signals
    triples = np.zeros((-(-count // 2), 3), dtype=np.int16)
    flat = raw[: -(-count * 3 // 2)]
    triples.reshape(-1)[: len(flat)] = flat
    values = np.empty((len(triples), 2), dtype=np.int16)
    values[:, 0] = triples[:, 0] | (triples[:, 1] & 0x0F) << 8
    values[:, 1] = triples[:, 2] | (triples[:, 1] & 0xF0) << 4
    values[values > 2047] -= 4096
    return values.reshape(-1)[:count].reshape(-1, signals)


_READERS: dict[int, Callable[[Path, int, int, int], Any]] = {
    16: _read_words,
    61: partial(_read_words, kind=">i2"),
    160: partial(_read_words, kind="<u2"),
    212: _read_212,
}


def _read_by_package(path: Path, header: Header) -> Any:
    """Return the digital values by the package wfdb; of a frame of several samples, their mean."""
    try:
        import wfdb  # type: ignore[import-untyped]
    except ImportError:
        kinds = sorted({signal.format for signal in header.signals} - set(_READERS))
        raise UserError(
            f"is in the WFDB format {kinds[0] if kinds else 'with frames'}, which needs: pip install 'ecg-bench[ecg]'",
            path=path,
        ) from None
    try:
        record = wfdb.rdrecord(str(path.with_suffix("")), physical=False, smooth_frames=False)
    except Exception as error:  # the package has no class of its own for a file that it can't read
        raise UserError(f"can't be read by the package wfdb: {error}", path=path) from None
    # The package has shifted signals that lag, so that samples are missing which their checksums hold.
    sums = [
        (np.sum(values, dtype=np.int64), signal)
        for values, signal in zip(record.e_d_signal, header.signals, strict=True)
        if not signal.skew
    ]
    _verify([total for total, _ in sums], [signal for _, signal in sums], path)
    columns = []
    for values, signal in zip(record.e_d_signal, header.signals, strict=True):
        invalid = _INVALID.get(signal.format)
        frames = np.asarray(values, dtype=np.float64).reshape(-1, signal.frame)
        if signal.frame > 1:
            frames = np.where(frames == invalid, np.nan, frames)
        columns.append(frames.mean(axis=1))
    return np.stack(columns, axis=1)
