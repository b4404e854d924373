"""What an ECG with a finding looks like, in a sentence each: what the alignment stage pairs synthetic ECGs with.

The sentences are ours. They say what the recommendations for standardization and interpretation of the
electrocardiogram (AHA/ACCF/HRS 2007-2009) and the universal definition of myocardial infarction (2018) ask for, as far
as the generator shows it. No clinician has reviewed them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from ecg_bench.ecg.synthesis import Spec, codes_of, truth_of

PATTERNS: dict[str, str] = {
    "NORM": "Rhythm, intervals, axis and waves within their limits: normal ECG.",
    "SR": "Regular P waves before every QRS: sinus rhythm.",
    "SBRAD": "P waves before every QRS, slower than 60 a minute: sinus bradycardia.",
    "STACH": "P waves before every QRS, faster than 100 a minute: sinus tachycardia.",
    "SARRH": "P waves before every QRS at changing intervals: sinus arrhythmia.",
    "AFIB": "No P waves, and intervals without any order: atrial fibrillation.",
    "AFLT": "Saw-tooth waves at about 300 a minute between the QRS: atrial flutter.",
    "SVTAC": "Narrow QRS, fast and regular, without P waves before them: supraventricular tachycardia.",
    "SVARR": "Narrow QRS, slow and regular, without P waves before them: junctional rhythm.",
    "ABQRS": "Broad QRS, fast and regular, of ventricular origin: ventricular tachycardia.",
    "PACE": "A spike right before every broad QRS: ventricular pacing.",
    "1AVB": "PR above 200 ms, every P wave conducted: first degree AV block.",
    "2AVB": "Single P waves without a QRS: second degree AV block.",
    "3AVB": "P waves and QRS without any relation: third degree AV block.",
    "CLBBB": "QRS of 120 ms or more, broad R in I and V6, deep S in V1: complete left bundle branch block.",
    "CRBBB": "QRS of 120 ms or more, second R in V1, broad S in I and V6: complete right bundle branch block.",
    "ILBBB": "QRS below 120 ms in the shape of a left bundle branch block: incomplete left bundle branch block.",
    "IRBBB": "QRS below 120 ms with a second R in V1: incomplete right bundle branch block.",
    "LAFB": "Narrow QRS with an axis of -45 to -90 degrees: left anterior fascicular block.",
    "LPFB": "Narrow QRS with an axis of 90 to 180 degrees: left posterior fascicular block.",
    "IVCD": "QRS of 110 ms or more in the shape of no bundle branch block: intraventricular conduction disturbance.",
    "LVH": "High R in V5 and V6, deep S in V1: left ventricular hypertrophy.",
    "RVH": "High R in V1, deep S in V6, axis to the right: right ventricular hypertrophy.",
    "IMI": "Changes of infarction in II, III and aVF: inferior myocardial infarction.",
    "AMI": "Changes of infarction in V3 and V4: anterior myocardial infarction.",
    "ASMI": "Changes of infarction in V1 and V2: anteroseptal myocardial infarction.",
    "LMI": "Changes of infarction in I, aVL, V5 and V6: lateral myocardial infarction.",
    "ILMI": "Changes of infarction in inferior and lateral leads: inferolateral myocardial infarction.",
    "ALMI": "Changes of infarction in anterior and lateral leads: anterolateral myocardial infarction.",
    "STE_": "ST above the baseline in neighbouring leads: ST elevation.",
    "STD_": "ST below the baseline in neighbouring leads: ST depression.",
    "ISCIN": "ST depression in II, III and aVF: inferior ischemia.",
    "ISCAN": "ST depression in V3 and V4: anterior ischemia.",
    "ISCAS": "ST depression in V1 and V2: anteroseptal ischemia.",
    "ISCLA": "ST depression in I, aVL, V5 and V6: lateral ischemia.",
    "QWAVE": "Q waves too wide or too deep: pathological Q waves.",
    "INVT": "T waves below the baseline: T wave inversion.",
    "LNGQT": "QT too long for the rate: prolonged QT interval.",
    "PVC": "Early broad beats without a P wave: ventricular premature complexes.",
    "PAC": "Early narrow beats with a P wave of another shape: atrial premature complexes.",
}
NAMES = {code: text.rpartition(": ")[2].rstrip(".") for code, text in PATTERNS.items()}


def describe(spec: Spec, seed: int) -> str:
    """Return what a synthetic ECG shows: what was measured, then the pattern of each finding in random order."""
    truth = truth_of(spec)
    measured = f"Rate {10 * round(truth.rate / 10)}, QRS {10 * round(truth.qrs_ms / 10)} ms."
    found = [PATTERNS[code] for code in codes_of(spec) if code in PATTERNS]
    random.Random(f"patterns {seed}").shuffle(found)
    return " ".join([measured, *found])


def pairs(spec: Spec, seed: int) -> Iterator[tuple[str, str]]:
    """Yield short questions on a synthetic ECG, with their answers: its description, its SCP codes, and yes or no.

    Short ones, since they cost little, and since a small model is slow to notice one position among hundreds.
    """
    yield "Describe this ECG.", describe(spec, seed)
    codes = [code for code in PATTERNS if code in codes_of(spec)]
    yield "Name the SCP codes of this ECG.", f"Answer: {', '.join(codes) or 'none'}"
    rng = random.Random(f"asked {seed}")
    there = bool(codes) and rng.random() < 0.5
    asked = rng.choice(codes if there else [code for code in PATTERNS if code not in codes])
    yield f"Does this ECG show {NAMES[asked]}?", f"Answer: {'yes' if there else 'no'}"
