"""A short report of a synthetic ECG, in words that vary with the seed."""

from __future__ import annotations

import random

from ecg_bench.ecg.synthesis._codes import codes_of
from ecg_bench.ecg.synthesis._spec import Spec
from ecg_bench.ecg.synthesis._truth import truth_of

WORDS: dict[str, tuple[str, ...]] = {
    "SR": ("sinus rhythm", "normal sinus rhythm", "regular sinus rhythm"),
    "SARRH": ("sinus arrhythmia", "sinus rhythm with sinus arrhythmia"),
    "SBRAD": ("sinus bradycardia",),
    "STACH": ("sinus tachycardia",),
    "AFIB": ("atrial fibrillation", "irregular rhythm without P waves: atrial fibrillation"),
    "AFLT": ("atrial flutter", "typical atrial flutter waves: atrial flutter"),
    "SVTAC": ("supraventricular tachycardia", "regular narrow complex supraventricular tachycardia"),
    "SVARR": (
        "junctional rhythm, a supraventricular arrhythmia",
        "supraventricular arrhythmia: junctional escape rhythm",
    ),
    "PACE": ("ventricular paced rhythm", "artificial pacemaker with ventricular capture"),
    "CLBBB": ("complete left bundle branch block", "left bundle branch block"),
    "CRBBB": ("complete right bundle branch block", "right bundle branch block"),
    "ILBBB": ("incomplete left bundle branch block",),
    "IRBBB": ("incomplete right bundle branch block",),
    "LAFB": ("left anterior fascicular block",),
    "LPFB": ("left posterior fascicular block",),
    "IVCD": ("nonspecific intraventricular conduction delay", "intraventricular conduction disturbance"),
    "1AVB": ("first degree AV block", "1st degree AV block"),
    "2AVB": ("second degree AV block", "2nd degree AV block"),
    "3AVB": ("third degree AV block", "complete AV block"),
    "IMI": ("inferior myocardial infarction", "findings of inferior myocardial infarction"),
    "AMI": ("anterior myocardial infarction", "findings of anterior myocardial infarction"),
    "LMI": ("lateral myocardial infarction", "findings of lateral myocardial infarction"),
    "ASMI": ("anteroseptal myocardial infarction", "findings of anteroseptal myocardial infarction"),
    "ILMI": ("inferolateral myocardial infarction",),
    "ALMI": ("anterolateral myocardial infarction",),
    "STE_": ("ST elevation", "ST segment elevation"),
    "STD_": ("ST depression", "ST segment depression"),
    "ISCIN": ("inferior ischemia", "ischemia in inferior leads"),
    "ISCAN": ("anterior ischemia", "ischemia in anterior leads"),
    "ISCLA": ("lateral ischemia", "ischemia in lateral leads"),
    "ISCAS": ("anteroseptal ischemia", "ischemia in anteroseptal leads"),
    "QWAVE": ("pathological Q waves", "abnormal Q waves"),
    "INVT": ("T wave inversion", "inverted T waves"),
    "NDT": ("nondiagnostic T wave abnormality", "non-diagnostic T abnormalities"),
    "LVH": ("left ventricular hypertrophy",),
    "RVH": ("right ventricular hypertrophy",),
    "LNGQT": ("prolonged QT interval", "long QT interval"),
    "PVC": ("ventricular premature complexes", "premature ventricular contractions"),
    "PAC": ("atrial premature complexes", "premature atrial contractions"),
    "NORM": ("normal ECG", "within normal limits: normal ECG"),
}
# Said by another statement of the same report.
IMPLIED = {"VCLVH": "LVH", "LPR": "1AVB"}
RHYTHMS = ("SR", "SARRH", "SBRAD", "STACH", "AFIB", "AFLT", "SVTAC", "SVARR", "PACE")


def report_of(spec: Spec, seed: int) -> str:
    """Return a short English report: rhythm and rate, then the findings, in words that the seed varies."""
    rng = random.Random(f"report {seed}")
    codes = codes_of(spec)
    rate = round(truth_of(spec).rate)
    rhythm = next((code for code in codes if code in RHYTHMS), None)
    first = "ventricular tachycardia with abnormal QRS" if rhythm is None else rng.choice(WORDS[rhythm])
    said = [
        rng.choice((f"{first} at {rate} bpm", f"{first}, rate {rate}", f"{first}, ventricular rate {rate} per minute"))
    ]
    rest = [code for code in codes if code not in RHYTHMS and code in WORDS and IMPLIED.get(code) not in codes]
    rng.shuffle(rest)
    rest.sort(key=lambda code: code == "NORM")
    said += [rng.choice(WORDS[code]) for code in rest]
    if "NORM" not in codes:
        said += _axis(truth_of(spec).axis)
    return " ".join(f"{part[0].upper()}{part[1:]}." for part in said)


def _axis(axis: float) -> list[str]:
    """Return the axis in words, where it is none of -30 to 90 degrees (Surawicz et al. 2009)."""
    if -90 <= axis < -30:
        return ["left axis deviation"]
    if 90 < axis <= 180:
        return ["right axis deviation"]
    return ["extreme axis deviation"] if axis < -90 else []
