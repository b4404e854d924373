"""What is true of a synthetic ECG, in the words in which it is asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from ecg_bench.ecg.synthesis import Spec, codes_of, qtc_of, truth_of

# The names of ECG-QA's vocabulary where it has one for the finding.
RHYTHMS: Final = {
    "SR": "sinus rhythm",
    "SARRH": "sinus arrhythmia",
    "SBRAD": "sinus bradycardia",
    "STACH": "sinus tachycardia",
    "AFIB": "atrial fibrillation",
    "AFLT": "atrial flutter",
    "SVTAC": "supraventricular tachycardia",
    "SVARR": "junctional rhythm",
    "PACE": "normal functioning artificial pacemaker",
}
VT: Final = "ventricular tachycardia"  # which has no code among those of PTB-XL
CONDUCTION: Final = {
    "CLBBB": "complete left bundle branch block",
    "CRBBB": "complete right bundle branch block",
    "ILBBB": "incomplete left bundle branch block",
    "IRBBB": "incomplete right bundle branch block",
    "LAFB": "left anterior fascicular block",
    "LPFB": "left posterior fascicular block",
    "IVCD": "non-specific intraventricular conduction disturbance (block)",
    "1AVB": "first degree av block",
    "2AVB": "second degree av block",
    "3AVB": "third degree av block",
}
FORM: Final = {
    "LVH": "left ventricular hypertrophy",
    "RVH": "right ventricular hypertrophy",
    "INVT": "inverted t-waves",
    "QWAVE": "pathological q waves",
    "STE_": "st elevation",
    "STD_": "st depression",
}
ECTOPY: Final = {"PVC": "ventricular premature complex", "PAC": "atrial premature complex"}
AXES: Final = ("extreme axis deviation", "left axis deviation", "normal heart axis", "right axis deviation")
ABOVE, BELOW, WITHIN = "above the normal range", "below the normal range", "within the normal range"
# Usual limits in adults: beats a minute and milliseconds (Surawicz et al. 2009 for QRS, Rautaharju et al. 2009 for QT).
RANGES: Final = {
    "heart rate": (60.0, 100.0),
    "pr interval": (120.0, 200.0),
    "qrs duration": (60.0, 120.0),
    "qt corrected": (350.0, 460.0),
}
PLACES: Final = tuple(f"{name} leads" for name in ("anterior", "inferior", "lateral", "septal"))


@dataclass(frozen=True)
class Facts:
    """What a question can be about.

    Attributes
    ----------
    rhythm : frozenset of str
        The rhythm's name, alone.
    conduction, form, ectopy : frozenset of str
        What there is of each kind; empty for nothing.
    axis : str
        One of `AXES`.
    numeric : mapping of str to str
        Feature to where it lies; a feature that the ECG doesn't have is left out.
    raised : frozenset of str
        Where ST is elevated.
    """

    rhythm: frozenset[str]
    conduction: frozenset[str]
    form: frozenset[str]
    ectopy: frozenset[str]
    axis: str
    numeric: dict[str, str]
    raised: frozenset[str]

    @property
    def findings(self) -> frozenset[str]:
        """Everything that has a name, of any kind."""
        return self.rhythm | self.conduction | self.form | self.ectopy


def facts_of(spec: Spec) -> Facts:
    """Return what is true of a synthetic ECG."""
    truth = truth_of(spec)
    return facts_from(
        codes_of(spec),
        {
            "heart rate": truth.rate,
            "pr interval": truth.pr_ms,
            "qrs duration": truth.qrs_ms,
            "qt corrected": qtc_of(spec),
        },
        truth.axis,
        [territory for territory, shift in spec.st_mv if shift > 0],
    )


def facts_from(
    codes: Collection[str], values: Mapping[str, float | None], axis: float | None, raised: Collection[str]
) -> Facts:
    """Return the facts that some statements and numbers make.

    Parameters
    ----------
    codes : collection of str
        SCP codes.
    values : mapping of str to float or None
        Of each feature of `RANGES`; None for what the ECG doesn't have.
    axis : float or None
        Degrees; without one, the axis counts as normal.
    raised : collection of str
        Territories of ST elevation.
    """

    def named(names: Mapping[str, str]) -> frozenset[str]:
        return frozenset(name for code, name in names.items() if code in codes)

    return Facts(
        rhythm=named(RHYTHMS) or frozenset({VT}),
        conduction=named(CONDUCTION),
        form=named(FORM),
        ectopy=named(ECTOPY),
        axis=_axis(axis),
        numeric={name: _place(name, value) for name in RANGES if (value := values.get(name)) is not None},
        raised=frozenset(f"{territory} leads" for territory in raised),
    )


def _place(name: str, value: float) -> str:
    low, high = RANGES[name]
    return BELOW if value < low else ABOVE if value > high else WITHIN


def _axis(degrees: float | None) -> str:
    if degrees is None or -30 <= degrees <= 90:
        return "normal heart axis"
    if degrees > 90:
        return "right axis deviation"
    return "left axis deviation" if degrees >= -90 else "extreme axis deviation"
