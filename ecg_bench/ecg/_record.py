"""The record: what a 12-lead machine (or any part of one) wrote down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecg_bench.ecg._leads import lead_name
from ecg_bench.errors import UserError

Signal = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Ecg:
    """An ECG record.

    Parameters
    ----------
    signal : array, shape (samples, leads), float32
        Potentials in millivolts; NaN where nothing was recorded.
    leads : tuple of str
        The name of each column, as `lead_name` writes them; any subset of the leads, in any order.
    rate : float
        Samples per second.
    record, patient : str
        Their ids; empty where they aren't known.
    metadata : mapping
        Whatever else came with it, such as age, sex or the truth of a synthetic record.

    Raises
    ------
    UserError
        If the shape doesn't fit the names, a name stands twice or is no lead, the rate is not above 0, or the record
        holds no sample.
    """

    signal: Signal
    leads: tuple[str, ...]
    rate: float
    record: str = ""
    patient: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        what = self.record or "the record"
        signal = np.asarray(self.signal, dtype=np.float32)
        names = tuple(lead_name(name) for name in self.leads)
        if signal.ndim != 2 or signal.shape[1] != len(names):
            raise UserError(
                f"{what}: {len(names)} leads need an array of shape (samples, {len(names)}), not {signal.shape}"
            )
        if not len(signal) or not names:
            raise UserError(f"{what} has no samples: give a record with at least one sample and one lead")
        if len(set(names)) != len(names):
            raise UserError(f"{what}: a lead stands twice in {', '.join(names)}")
        if not self.rate > 0 or not np.isfinite(self.rate):
            raise UserError(f"{what}: the sampling rate must be above 0 Hz, but is {self.rate:g}")
        object.__setattr__(self, "signal", signal)
        object.__setattr__(self, "leads", names)

    @property
    def duration(self) -> float:
        """Its length in seconds."""
        return len(self.signal) / self.rate

    def lead(self, name: str) -> NDArray[np.float32]:
        """Return one lead in millivolts, shape (samples,); a lead that is kept upside down is turned.

        Raises
        ------
        UserError
            If the record doesn't hold it.
        """
        wanted = lead_name(name)
        if wanted in self.leads:
            return self.signal[:, self.leads.index(wanted)]
        turned = wanted[1:] if wanted.startswith("-") else f"-{wanted}"
        if turned in self.leads:
            return -self.signal[:, self.leads.index(turned)]
        raise UserError(f"{self.record or 'the record'} has no lead {wanted}: it holds {', '.join(self.leads)}")

    def select(self, leads: Sequence[str]) -> Ecg:
        """Return the record with these leads, in this order.

        Raises
        ------
        UserError
            If it doesn't hold one of them.
        """
        names = tuple(lead_name(name) for name in leads)
        return replace(self, signal=np.stack([self.lead(name) for name in names], axis=1), leads=names)
