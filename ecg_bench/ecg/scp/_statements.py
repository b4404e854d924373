"""The 71 SCP-ECG statements that PTB-XL uses, and the families of labels that are made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ecg_bench.errors import UserError, did_you_mean


@dataclass(frozen=True)
class Statement:
    """One statement about an ECG.

    Attributes
    ----------
    code : str
        Its code as PTB-XL writes it, such as ``"CLBBB"``, ``"LAO/LAE"`` or ``"ISC_"``.
    text : str
        What it says, in a few words; `ecg_bench.ecg.scp.find_statements` finds the code in it again.
    diagnostic, form, rhythm : bool
        The kinds it belongs to; four statements are diagnostic and form at once.
    superclass, subclass : str
        Of a diagnostic statement: one of five and one of 23 classes; empty for all others.
    """

    code: str
    text: str
    diagnostic: bool
    form: bool
    rhythm: bool
    superclass: str = ""
    subclass: str = ""


# Code, kinds (d, f, r), superclass, subclass, text. Kinds and classes are those of scp_statements.csv of PTB-XL 1.0.3
# (Wagner et al., Scientific Data 2020, CC BY 4.0), in its order; the texts are our own.
_TABLE = """
NDT df STTC STTC non-diagnostic T wave abnormality
NST_ df STTC NST_ non-specific ST change
DIG df STTC STTC digitalis effect
LNGQT df STTC STTC prolonged QT interval
NORM d NORM NORM normal ECG
IMI d MI IMI inferior infarction
ASMI d MI AMI anteroseptal infarction
LVH d HYP LVH left ventricular hypertrophy
LAFB d CD LAFB/LPFB left anterior hemiblock
ISC_ d STTC ISC_ ischaemic ST-T changes
IRBBB d CD IRBBB incomplete right bundle branch block
1AVB d CD _AVB first-degree AV block
IVCD d CD IVCD intraventricular conduction delay
ISCAL d STTC ISCA anterolateral ischaemia
CRBBB d CD CRBBB complete right bundle branch block
CLBBB d CD CLBBB complete left bundle branch block
ILMI d MI IMI inferolateral infarction
LAO/LAE d HYP LAO/LAE left atrial enlargement
AMI d MI AMI anterior infarction
ALMI d MI AMI anterolateral infarction
ISCIN d STTC ISCI inferior ischaemia
INJAS d MI AMI anteroseptal subendocardial injury
LMI d MI LMI lateral infarction
ISCIL d STTC ISCI inferolateral ischaemia
LPFB d CD LAFB/LPFB left posterior hemiblock
ISCAS d STTC ISCA anteroseptal ischaemia
INJAL d MI AMI anterolateral subendocardial injury
ISCLA d STTC ISCA lateral ischaemia
RVH d HYP RVH right ventricular hypertrophy
ANEUR d STTC STTC ST-T changes of a ventricular aneurysm
RAO/RAE d HYP RAO/RAE right atrial enlargement
EL d STTC STTC electrolyte disturbance or drug effect
WPW d CD WPW pre-excitation (Wolff-Parkinson-White)
ILBBB d CD ILBBB incomplete left bundle branch block
IPLMI d MI IMI inferoposterolateral infarction
ISCAN d STTC ISCA anterior ischaemia
IPMI d MI IMI inferoposterior infarction
SEHYP d HYP SEHYP septal hypertrophy
INJIN d MI IMI inferior subendocardial injury
INJLA d MI AMI lateral subendocardial injury
PMI d MI PMI posterior infarction
3AVB d CD _AVB third-degree AV block
INJIL d MI IMI inferolateral subendocardial injury
2AVB d CD _AVB second-degree AV block
ABQRS f - - abnormal QRS
PVC f - - premature ventricular beats
STD_ f - - ST depression
VCLVH f - - voltage criteria for left ventricular hypertrophy
QWAVE f - - pathological Q waves
LOWT f - - low T waves
NT_ f - - non-specific T wave changes
PAC f - - premature atrial beats
LPR f - - prolonged PR interval
INVT f - - inverted T waves
LVOLT f - - low QRS voltage
HVOLT f - - high QRS voltage
TAB_ f - - T wave abnormality
STE_ f - - ST elevation
PRC(S) f - - premature beats of unknown origin
SR r - - sinus rhythm
AFIB r - - atrial fibrillation
STACH r - - sinus tachycardia
SARRH r - - sinus arrhythmia
SBRAD r - - sinus bradycardia
PACE r - - pacemaker rhythm
SVARR r - - supraventricular arrhythmia
BIGU r - - bigeminy
AFLT r - - atrial flutter
SVTAC r - - supraventricular tachycardia
PSVT r - - paroxysmal supraventricular tachycardia
TRIGU r - - trigeminy
"""


def _read() -> dict[str, Statement]:
    found = {}
    for row in _TABLE.strip().splitlines():
        code, kinds, superclass, subclass, text = row.split(" ", 4)
        diagnostic = "d" in kinds
        found[code] = Statement(
            code,
            text,
            diagnostic,
            "f" in kinds,
            "r" in kinds,
            superclass if diagnostic else "",
            subclass if diagnostic else "",
        )
    return found


STATEMENTS: Mapping[str, Statement] = MappingProxyType(_read())
"""Every statement by its code, in the order of PTB-XL's table."""

SUPERCLASSES = ("NORM", "MI", "STTC", "CD", "HYP")

FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "all": tuple(STATEMENTS),
        "diag": tuple(one.code for one in STATEMENTS.values() if one.diagnostic),
        "subdiag": tuple(dict.fromkeys(one.subclass for one in STATEMENTS.values() if one.diagnostic)),
        "superdiag": SUPERCLASSES,
        "form": tuple(one.code for one in STATEMENTS.values() if one.form),
        "rhythm": tuple(one.code for one in STATEMENTS.values() if one.rhythm),
    }
)
"""The labels of each family of PTB-XL's benchmark (Strodthoff et al., IEEE JBHI 2021): 71, 44, 23, 5, 19 and 12."""


def labels_of(codes: Iterable[str], family: str) -> tuple[str, ...]:
    """Return the labels of a family that codes stand for, in the family's order.

    Parameters
    ----------
    codes : iterable of str
        SCP codes; one that isn't of the family says nothing about it.
    family : str
        A key of `FAMILIES`.

    Raises
    ------
    UserError
        If the family or a code is unknown.
    """
    if family not in FAMILIES:
        raise UserError(f"there is no family of labels {family!r}{did_you_mean(family, FAMILIES)}")
    found = set()
    for code in codes:
        one = _statement(code)
        found.add({"subdiag": one.subclass, "superdiag": one.superclass}.get(family, code))
    return tuple(label for label in FAMILIES[family] if label in found)


def describe(codes: Iterable[str]) -> str:
    """Return codes in words, in the order of `STATEMENTS` with the rhythm first.

    Returns
    -------
    str
        One short sentence for each code, such as ``Sinus rhythm. Left anterior hemiblock.``; empty for no codes.

    Raises
    ------
    UserError
        If a code is unknown.
    """
    wanted = {_statement(code) for code in codes}
    ordered = sorted(STATEMENTS.values(), key=lambda one: not one.rhythm)
    return " ".join(f"{one.text[0].upper()}{one.text[1:]}." for one in ordered if one in wanted)


def _statement(code: str) -> Statement:
    if code not in STATEMENTS:
        raise UserError(f"there is no SCP statement {code!r}{did_you_mean(code, STATEMENTS)}")
    return STATEMENTS[code]
