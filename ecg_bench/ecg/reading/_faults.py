"""What is wrong with a record's samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecg_bench.ecg import CHEST, LIMB, Ecg

Kind = Literal["missing", "flat", "clipped", "einthoven", "units"]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

FLAT_SECONDS = 1.0
CLIPPED_SECONDS = 0.02
CLIPPED_TIMES = 3
EINTHOVEN_SHARE = 0.2
EINTHOVEN_MV = 0.03
LEAST_MV = 0.05
MOST_MV = 20.0

# What the limb leads obey, as machines form them: two of them determine the other four.
_LAWS: tuple[tuple[tuple[str, ...], str, Callable[..., Floats]], ...] = (
    (("I", "II", "III"), "II = I + III", lambda i, ii, iii: i + iii - ii),
    (("I", "II", "aVR"), "aVR = -(I + II) / 2", lambda i, ii, avr: avr + (i + ii) / 2),
    (("I", "III", "aVL"), "aVL = (I - III) / 2", lambda i, iii, avl: avl - (i - iii) / 2),
    (("II", "III", "aVF"), "aVF = (II + III) / 2", lambda ii, iii, avf: avf - (ii + iii) / 2),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a record.

    Parameters
    ----------
    kind : {"missing", "flat", "clipped", "einthoven", "units"}
        Samples that are NaN; leads that don't change; leads cut off at the limit of the recorder; limb leads that
        contradict each other; amplitudes that no heart has.
    leads : tuple of str
        Where.
    share : float
        Of the samples of these leads that are concerned, 0 to 1; of ``"einthoven"`` the contradiction's size over that
        of the leads, which may be above 1.
    text : str
        The same in words.
    """

    kind: Kind
    leads: tuple[str, ...]
    share: float
    text: str


def inspect(ecg: Ecg) -> tuple[Fault, ...]:
    """Say what is wrong with a record's samples; nothing, for most.

    A lead is flat where it keeps one value for a second or longer. It is clipped where it stays at its highest or
    lowest value for 20 ms or longer (at least three samples), three times or more. Limb leads contradict each other
    where one of Einthoven's and Goldberger's equations is off by more than a fifth of the leads' size (root mean
    square, each about its mean) and by more than 0.03 mV; which lead is wrong, that doesn't say. Units are implausible
    where the median lead spans less than 0.05 or more than 20 mV. The limits are the project's own.

    Parameters
    ----------
    ecg : Ecg
        The record.

    Returns
    -------
    tuple of Fault
        In the order of the kinds.
    """
    return (*_missing(ecg), *_flat(ecg), *_clipped(ecg), *_einthoven(ecg), *_units(ecg))


def _missing(ecg: Ecg) -> list[Fault]:
    shares = 1 - np.isfinite(ecg.signal).mean(axis=0)
    found = _by_lead(ecg, shares)
    return (
        [Fault("missing", *found, f"{found[1]:.1%} of the samples of {_list(found[0])} are missing")] if found else []
    )


def _flat(ecg: Ecg) -> list[Fault]:
    least = max(2, round(FLAT_SECONDS * ecg.rate))
    shares = np.zeros(len(ecg.leads))
    for column, values in enumerate(ecg.signal.T):
        starts, lengths = _runs(values)
        long = np.isfinite(values[starts]) & (lengths >= min(least, len(values)))
        shares[column] = lengths[long].sum() / len(values) if len(values) > 1 else 0
    found = _by_lead(ecg, shares)
    return [Fault("flat", *found, f"{_list(found[0])} keep one value for {found[1]:.1%} of the time")] if found else []


def _clipped(ecg: Ecg) -> list[Fault]:
    least = max(3, round(CLIPPED_SECONDS * ecg.rate))
    flat = round(FLAT_SECONDS * ecg.rate)
    shares = np.zeros(len(ecg.leads))
    for column, values in enumerate(ecg.signal.T):
        if not np.isfinite(values).any():
            continue
        starts, lengths = _runs(values)
        for extreme in (np.nanmin(values), np.nanmax(values)):
            at = (values[starts] == extreme) & (lengths >= least) & (lengths < flat)
            if at.sum() >= CLIPPED_TIMES:
                shares[column] += lengths[at].sum() / len(values)
    found = _by_lead(ecg, shares)
    return (
        [Fault("clipped", *found, f"{_list(found[0])} are cut off at their highest or lowest value")] if found else []
    )


def _einthoven(ecg: Ecg) -> list[Fault]:
    faults = []
    bare = {name.removeprefix("-") for name in ecg.leads}
    centred = {name: _centred(ecg.lead(name)) for name in LIMB if name in bare}
    for names, law, error_of in _LAWS:
        if not all(name in centred for name in names):
            continue
        parts = [centred[name] for name in names]
        error, size = _size(error_of(*parts)), max(map(_size, parts))
        if error > EINTHOVEN_MV and error > EINTHOVEN_SHARE * size:
            text = f"{law} doesn't hold: it is off by {error:.2f} mV, where the leads have {size:.2f} mV"
            faults.append(Fault("einthoven", names, error / size, text))
    return faults


def _units(ecg: Ecg) -> list[Fault]:
    spans = []
    for values in ecg.signal.T:
        present = values[np.isfinite(values)]
        if len(present):
            low, high = np.percentile(present, [0.5, 99.5])
            spans.append(float(high - low))
    span = float(np.median(spans)) if spans else 1.0
    if not span or LEAST_MV <= span <= MOST_MV:  # a record without any change is flat, whatever its units
        return []
    guess = "are these microvolts?" if span > MOST_MV else "are these volts?"
    return [Fault("units", ecg.leads, 1.0, f"the median lead spans {span:.3g} mV, as no heart does: {guess}")]


def _runs(values: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where runs of one value begin, and how long they are."""
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    return starts, np.diff(np.append(starts, len(values)))


def _centred(values: NDArray[np.float32]) -> Floats:
    present = np.isfinite(values)
    wide = values.astype(np.float64)
    return wide - wide[present].mean() if present.any() else wide


def _size(values: Floats) -> float:
    present = values[np.isfinite(values)]
    return float(np.sqrt((present**2).mean())) if len(present) else 0.0


def _by_lead(ecg: Ecg, shares: Floats) -> tuple[tuple[str, ...], float] | None:
    """Return the leads with a share above 0, and their mean share."""
    concerned: Bools = shares > 0
    if not concerned.any():
        return None
    return tuple(name for name, one in zip(ecg.leads, concerned, strict=True) if one), float(shares[concerned].mean())


def _list(leads: tuple[str, ...]) -> str:
    return f"all {len(leads)} leads" if len(leads) == len(CHEST) + len(LIMB) else ", ".join(leads)
