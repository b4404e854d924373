"""SCP codes from measurements, by published criteria.

Where a criterion depends on sex or age, which measurements don't hold, the value for all adults is taken. Sources are
named by these letters: A, AHA/ACCF/HRS recommendations for the standardization and interpretation of the
electrocardiogram, parts III to VI (2009); B, ACC/AHA/HRS guideline on bradycardia (2018); C, ESC guideline on
atrial fibrillation (2020); D, fourth universal definition of myocardial infarction (2018); E, ACC/AHA/HRS guideline on
supraventricular tachycardia (2015).
"""

from __future__ import annotations

from ecg_bench.ecg.measuring._conduction import conduction
from ecg_bench.ecg.measuring._measurements import Measurements
from ecg_bench.ecg.measuring._repolarisation import repolarisation
from ecg_bench.ecg.measuring._rhythm import rhythm
from ecg_bench.ecg.scp import STATEMENTS, describe

_NORMAL_ALONE = {"SR", "SARRH", "VCLVH"}  # voltage alone is no disease (A, part V)
_ENDS_THERE = {"PACE", "ABQRS"}  # where beats begin in a ventricle QRS, ST and T say nothing else


def interpret(measurements: Measurements) -> tuple[str, ...]:
    """Return the SCP codes that rules find in measurements, in the order of `ecg_bench.ecg.scp.STATEMENTS`.

    Returns
    -------
    tuple of str
        ``NORM`` where the rhythm is sinus at 55 to 100 a minute, the axis lies between -30 and 90 degrees and
        nothing else is found but voltage; empty where no beats were found.
    """
    if measurements.rate is None:
        return ()
    found = rhythm(measurements)
    if not found & _ENDS_THERE:
        found |= conduction(measurements)
        found |= repolarisation(measurements, found)
    # A, part III: the normal axis of adults is -30 to 90 degrees.
    upright = measurements.axis is not None and -30 <= measurements.axis <= 90
    if found & {"SR", "SARRH"} and found <= _NORMAL_ALONE and upright:
        found.add("NORM")
    return tuple(code for code in STATEMENTS if code in found)


def report(measurements: Measurements) -> str:
    """Return a short report of a record: its rhythm with the rate, what the rules find, and the intervals.

    Returns
    -------
    str
        One line in English; where no beats were found it says so.
    """
    if measurements.rate is None:
        return "No QRS complexes could be found; the ECG can't be read."
    codes = interpret(measurements)
    parts = [describe(codes)] if codes else []
    parts.append(f"Ventricular rate {measurements.rate:.0f} per minute.")
    intervals = [
        f"{name} {value:.0f} ms"
        for name, value in (("PR", measurements.pr_ms), ("QRS", measurements.qrs_ms), ("QTc", measurements.qtc_ms))
        if value is not None
    ]
    if intervals:
        parts.append(f"{', '.join(intervals)}.")
    if measurements.axis is not None:
        parts.append(f"Axis {measurements.axis:.0f} degrees.")
    return " ".join(parts)
