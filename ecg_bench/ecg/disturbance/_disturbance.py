"""What is done to an ECG to see how well a system bears it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

from ecg_bench.ecg import Ecg, lead_name
from ecg_bench.ecg.disturbance._noise import LOWEST_RATE, NOISES, Floats, lead_matrix
from ecg_bench.ecg.reading import resample
from ecg_bench.errors import UserError, did_you_mean

_MEIT_DEVIATION = 0.1  # the largest standard deviation of MEIT's noise, of a signal scaled to 0 to 1


@dataclass(frozen=True)
class Disturbance:
    """What is done to an ECG, in this order: time, amplitude, noise, MEIT's noise, loss of leads.

    Parameters
    ----------
    snr : float or None
        Signal-to-noise ratio of the whole record in decibels: 10 log10 of the power of the signal, each lead about its
        mean, over that of the noise, both summed over leads. -40 to 80.
    noise : tuple of str
        Its kinds, of equal power: ``wander`` (0.05 to 0.5 Hz), ``muscle`` (20 to 150 Hz), ``mains`` (50 Hz),
        ``mains60``, ``motion`` (of electrodes) and ``white``.
    lost : tuple of str, or int
        The leads of which nothing is recorded (NaN), or how many of them, drawn under the seed.
    time : float
        By how much longer everything takes, 0.5 to 2 with two decimals: at 2 the heart beats half as fast.
    gain : float
        What amplitudes are multiplied by, 0.01 to 100.
    meit : float
        The largest share of the record that MEIT's noise covers, 0 to 1: a segment whose length is drawn from 0 to this
        share gets the same white noise in all leads, with a standard deviation drawn from 0 to 0.1 of the record's
        range (Wan et al., arXiv 2403.04945, by its released code). It is no signal-to-noise ratio.
    """

    snr: float | None = None
    noise: tuple[str, ...] = ()
    lost: tuple[str, ...] | int = ()
    time: float = 1.0
    gain: float = 1.0
    meit: float = 0.0

    def __post_init__(self) -> None:
        for kind in self.noise:
            if kind not in NOISES:
                raise UserError(f"there is no noise {kind!r}{did_you_mean(kind, NOISES)}")
        if (self.snr is None) != (not self.noise):
            missing = f"of which kind: noise={'|'.join(NOISES)}" if self.snr is not None else "how much: snr=10, in dB"
            raise UserError(f"noise must be given with {missing}")
        for name, low, high in (("snr", -40, 80), ("time", 0.5, 2), ("gain", 0.01, 100), ("meit", 0, 1)):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise UserError(f"{name} must be from {low} to {high}, but is {value:g}")
        if round(self.time, 2) != self.time:
            raise UserError(f"time must have at most two decimals, such as 1.25, but is {self.time:g}")
        if len(set(self.noise)) != len(self.noise):
            raise UserError(f"a noise is given twice in {'+'.join(self.noise)}")
        if isinstance(self.lost, tuple):
            object.__setattr__(self, "lost", tuple(lead_name(lead) for lead in self.lost))
        elif self.lost < 0:
            raise UserError(f"the number of lost leads can't be {self.lost}")

    @classmethod
    def parse(cls, text: str) -> Disturbance:
        """Read a disturbance as it is written on the command line.

        Parameters
        ----------
        text : str
            Such as ``"snr=10,noise=muscle"``, ``"snr=5,noise=wander+mains"``, ``"lost=V1+V6"``, ``"lost=3"``,
            ``"time=1.2,gain=0.5"`` or ``"meit=0.15"``.

        Raises
        ------
        UserError
            If a name is unknown or given twice, or a value is none that it can have.
        """
        values: dict[str, object] = {}
        for part in text.split(","):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals or not value:
                raise UserError(f"a disturbance is written NAME=VALUE, such as snr=10,noise=muscle, not {part!r}")
            if name not in _READERS:
                raise UserError(f"there is no disturbance {name!r}{did_you_mean(name, _READERS)}")
            if name in values:
                raise UserError(f"the disturbance {name!r} is given twice in {text!r}")
            values[name] = _READERS[name](name, value)
        return cls(**values)  # type: ignore[arg-type]  # each reader gives what its field takes

    def __str__(self) -> str:
        """Return it as `parse` reads it; equal disturbances are written alike."""
        parts = []
        for one in fields(self):
            value = getattr(self, one.name)
            if value != one.default:
                written = "+".join(value) if isinstance(value, tuple) else f"{value:.10g}"
                parts.append(f"{one.name}={written}")
        return ",".join(parts)

    def apply(self, ecg: Ecg, seed: int) -> Ecg:
        """Return a disturbed ECG; the same ECG, disturbance and seed give the same samples.

        Parameters
        ----------
        ecg : Ecg
            The record; it is left as it is.
        seed : int
            At least 0.

        Raises
        ------
        UserError
            If the record has no such lead or not as many, is too short or flat, or its rate can't hold the noise.
        """
        # Each kind of disturbance has a generator of its own, so that adding one doesn't change another.
        streams = dict(zip(_STREAMS, np.random.SeedSequence(seed).spawn(len(_STREAMS)), strict=True))
        draw = {name: np.random.default_rng(stream) for name, stream in streams.items()}
        slow = ecg if self.time == 1 else resample(ecg, ecg.rate * self.time)
        values = slow.signal.astype(np.float64) * self.gain
        if self.snr is not None:
            values = values + self._noise(values, ecg, self.snr, draw["noise"])
        if self.meit:
            values = values + _partial_noise(values, self.meit, draw["meit"])
        values[:, self._lost(ecg, draw["lost"])] = np.nan
        return replace(ecg, signal=values.astype(np.float32))

    def _noise(self, values: Floats, ecg: Ecg, snr: float, rng: np.random.Generator) -> Floats:
        what = ecg.record or "the record"
        present = np.isfinite(values)
        power = _power(values, present)
        if not power > 0:
            raise UserError(f"{what} is flat, so that no noise has a signal-to-noise ratio to it")
        total = np.zeros_like(values)
        for kind in self.noise:
            if ecg.rate < LOWEST_RATE.get(kind, 0):
                raise UserError(f"{what} has {ecg.rate:g} samples per second, and {kind} needs {LOWEST_RATE[kind]:g}")
            noise = NOISES[kind](rng, len(values), ecg.rate) @ lead_matrix(ecg.leads)
            total += noise / math.sqrt(_power(noise, present))
        return total * math.sqrt(power / 10 ** (snr / 10) / _power(total, present))

    def _lost(self, ecg: Ecg, rng: np.random.Generator) -> list[int]:
        what = ecg.record or "the record"
        if isinstance(self.lost, int):
            if self.lost > len(ecg.leads):
                raise UserError(f"{what} has {len(ecg.leads)} leads, and can't lose {self.lost}")
            return sorted(rng.choice(len(ecg.leads), self.lost, replace=False).tolist())
        absent = [lead for lead in self.lost if lead not in ecg.leads]
        if absent:
            raise UserError(f"{what} has no lead {absent[0]} to lose: it holds {', '.join(ecg.leads)}")
        return [ecg.leads.index(lead) for lead in self.lost]


_STREAMS = ("noise", "meit", "lost")


def _power(values: Floats, present: np.ndarray) -> float:
    """Return the power of a signal about each lead's mean, over the samples that are there, summed over leads."""
    counts = np.maximum(present.sum(axis=0), 1)
    clean = np.where(present, values, 0)
    means = clean.sum(axis=0) / counts
    return float((np.where(present, clean - means, 0) ** 2).sum(axis=0).dot(1 / counts))


def _partial_noise(values: Floats, largest: float, rng: np.random.Generator) -> Floats:
    samples = len(values)
    length = int(rng.uniform(0, largest) * samples)
    start = int(rng.integers(0, samples - length + 1))
    deviation = rng.uniform(0, _MEIT_DEVIATION)
    noise = np.zeros((samples, 1))
    if np.isfinite(values).any():
        span = float(np.nanmax(values) - np.nanmin(values))
        noise[start : start + length, 0] = rng.standard_normal(length) * deviation * span
    return noise


def _number(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UserError(f"{name} must be a number, but is {value!r}")
    return number


def _names(_name: str, value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split("+"))


def _lost_of(name: str, value: str) -> tuple[str, ...] | int:
    return int(value) if value.isdecimal() else _names(name, value)


_READERS: Mapping[str, Callable[[str, str], object]] = {
    "snr": _number,
    "noise": _names,
    "lost": _lost_of,
    "time": _number,
    "gain": _number,
    "meit": _number,
}
