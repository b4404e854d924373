"""From a record to what an encoder takes: twelve rows in a fixed order, at one rate, with what is missing told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecg_bench.ecg import LEADS, Ecg
from ecg_bench.errors import UserError

N_LEADS = len(LEADS)
LIMIT = 5.0  # millivolts beyond which nothing of a heart is left to see
SHORTEST_S = 0.5


@dataclass(frozen=True, eq=False)
class Traces:
    """A record as an encoder takes it.

    Attributes
    ----------
    values : array, shape (12, samples), float16
        Millivolts less each lead's median, within ±5; leads in the standard order, and 0 where nothing was recorded.
    present : array of bool, shape (12,)
        Which leads there are.
    """

    values: NDArray[np.float16]
    present: NDArray[np.bool_]


def traces_of(ecg: Ecg, hertz: float) -> Traces:
    """Return a record's leads in the standard order, whichever it has and in whatever order, at a sampling rate.

    The absolute scale is kept, since voltages tell hypertrophy; each lead's median is taken off, since offsets tell
    nothing. What is NaN becomes 0, which is the median. float16 holds 5 mV to 0.004 mV.

    Parameters
    ----------
    ecg : Ecg
        At least half a second with one lead.
    hertz : float
        The rate that the encoder was made for.

    Raises
    ------
    UserError
        If the record is shorter, or all of its leads are empty.
    """
    what = ecg.record or "the record"
    if ecg.duration < SHORTEST_S:
        raise UserError(f"{what} is {ecg.duration:.3g} s long, and an encoder needs at least {SHORTEST_S:g} s")
    rows: list[NDArray[np.float32] | None] = []
    for name in LEADS:
        row = ecg.lead(name) if name in ecg.leads or f"-{name}" in ecg.leads else None
        rows.append(row if row is not None and np.isfinite(row).any() else None)
    present = np.array([row is not None for row in rows])
    if not present.any():
        raise UserError(f"{what} holds none of the twelve leads with a number in it")
    found = np.stack([row for row in rows if row is not None])
    finite = np.isfinite(found)
    if not finite.all():
        found = np.where(finite, found, np.nanmedian(np.where(finite, found, np.nan), axis=1, keepdims=True))
    found = _resampled(found, ecg.rate, hertz)
    found = np.clip(found - np.median(found, axis=1, keepdims=True), -LIMIT, LIMIT)
    values = np.zeros((N_LEADS, found.shape[1]), dtype=np.float16)
    values[present] = found
    return Traces(values, present)


def _resampled(values: NDArray[np.float32], rate: float, hertz: float) -> NDArray[np.float32]:
    """Return rows at another rate, by a polyphase filter that leaves no aliases."""
    if rate == hertz:
        return values
    from scipy.signal import resample_poly

    up, down = round(hertz * 1000), round(rate * 1000)
    common = gcd(up, down)
    found: NDArray[np.float32] = resample_poly(values, up // common, down // common, axis=1, padtype="line")
    return found


def stacked(records: Sequence[Traces]) -> dict[str, Any]:
    """Return records as one batch, padded with 0 at the end.

    Returns
    -------
    dict
        ``signal``, shape (records, 12, samples), float32; ``lengths``, shape (records,); ``present``, shape
        (records, 12), float32: all of torch.
    """
    import torch

    lengths = [record.values.shape[1] for record in records]
    signal = torch.zeros(len(records), N_LEADS, max(lengths))
    for n, record in enumerate(records):
        signal[n, :, : lengths[n]] = torch.from_numpy(record.values).float()
    present = torch.from_numpy(np.stack([record.present for record in records])).float()
    return {"signal": signal, "lengths": torch.tensor(lengths), "present": present}
