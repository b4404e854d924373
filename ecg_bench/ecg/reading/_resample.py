"""Changing the sampling rate."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from ecg_bench.ecg import Ecg
from ecg_bench.errors import UserError

_LARGEST = 1000  # of both terms of the ratio of rates; beyond it the filter is longer than the record


def resample(ecg: Ecg, hertz: float) -> Ecg:
    """Return a record at another sampling rate, filtered so that nothing aliases.

    A polyphase filter (`scipy.signal.resample_poly`), which takes the record to go on along the line through its first
    and last sample. Where samples are missing, the line between their neighbours is filtered, and what lies there is
    missing again.

    Parameters
    ----------
    ecg : Ecg
        The record; it is returned as it is, if it has this rate.
    hertz : float
        Samples per second, above 0.

    Returns
    -------
    Ecg
        With round-up of samples x hertz / rate samples.

    Raises
    ------
    UserError
        If the rate is not above 0, or no ratio of whole numbers up to 1,000 to the record's.
    """
    if not 0 < hertz < float("inf"):
        raise UserError(f"the sampling rate must be above 0 Hz, but is {hertz:g}")
    if hertz == ecg.rate:
        return ecg
    ratio = Fraction(hertz / ecg.rate).limit_denominator(_LARGEST)
    if ratio.numerator > _LARGEST or not ratio or abs(float(ratio) * ecg.rate / hertz - 1) > 1e-6:
        raise UserError(
            f"a record of {ecg.rate:g} Hz can't be brought to {hertz:g} Hz: choose a simpler ratio of the two"
        )
    from scipy.signal import resample_poly

    values = ecg.signal.astype(np.float64)
    missing = ~np.isfinite(values)
    at = np.arange(len(values))
    for column in np.flatnonzero(missing.any(axis=0)):
        there = ~missing[:, column]
        values[:, column] = np.interp(at, at[there], values[there, column]) if there.any() else 0
    changed = resample_poly(values, ratio.numerator, ratio.denominator, axis=0, padtype="line")
    if missing.any():
        nearest = np.minimum(np.rint(np.arange(len(changed)) / float(ratio)).astype(int), len(values) - 1)
        changed[missing[nearest]] = np.nan
    return replace(ecg, signal=changed.astype(np.float32), rate=float(hertz))
