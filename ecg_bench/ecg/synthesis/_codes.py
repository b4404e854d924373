"""The SCP codes that are true of a synthetic ECG."""

from __future__ import annotations

from ecg_bench.ecg.synthesis._spec import Spec
from ecg_bench.ecg.synthesis._truth import qtc_of, truth_of

ARRHYTHMIC = 0.1  # variation of RR from which sinus rhythm is called arrhythmic
LONG_QTC_MS = 480.0
INFARCT = {"inferior": "IMI", "anterior": "AMI", "lateral": "LMI", "septal": "ASMI"}
ISCHAEMIA = {"inferior": "ISCIN", "anterior": "ISCAN", "lateral": "ISCLA", "septal": "ISCAS"}
BLOCKS = {"lafb": "LAFB", "lpfb": "LPFB", "ivcd": "IVCD"}
RHYTHMS = {"afib": "AFIB", "aflutter": "AFLT", "svt": "SVTAC", "junctional": "SVARR", "paced": "PACE"}
DEGREES = {"first": "1AVB", "wenckebach": "2AVB", "mobitz2": "2AVB", "third": "3AVB"}


def codes_of(spec: Spec) -> tuple[str, ...]:
    """Return the SCP codes that are true of a synthetic ECG, sorted.

    They are PTB-XL's 71, which have none for ventricular tachycardia: it has ``ABQRS`` only, and no rhythm.
    ``NORM`` is given to sinus rhythm of 60 to 100 a minute, regular or arrhythmic, with nothing else to be said.
    """
    found = {_rhythm(spec), *_conduction(spec), *_ischaemia(spec), *_ectopy(spec)}
    if spec.hypertrophy == "left":
        found |= {"LVH", "VCLVH"}
    if spec.hypertrophy == "right":
        found.add("RVH")
    if spec.rhythm not in ("vt", "paced") and qtc_of(spec) >= LONG_QTC_MS:
        found.add("LNGQT")
    found.discard("")
    if found in ({"SR"}, {"SARRH"}) and 60 <= spec.rate <= 100:
        found.add("NORM")
    return tuple(sorted(found))


def _rhythm(spec: Spec) -> str:
    if spec.rhythm != "sinus":
        return RHYTHMS.get(spec.rhythm, "")
    if spec.rate > 100:
        return "STACH"
    if spec.rate < 60:
        return "SBRAD"
    return "SARRH" if spec.rate_variation >= ARRHYTHMIC else "SR"


def _conduction(spec: Spec) -> set[str]:
    if spec.rhythm == "vt":
        return {"ABQRS"}
    if spec.rhythm == "paced":
        return set()
    found = set()
    complete = truth_of(spec).qrs_ms >= 120
    if spec.block in ("lbbb", "rbbb"):
        found.add(f"{'C' if complete else 'I'}{spec.block.upper()}")
    elif spec.block != "none":
        found.add(BLOCKS[spec.block])
    elif complete:
        found.add("IVCD")
    pr = truth_of(spec).pr_ms
    if spec.rhythm == "sinus" and spec.av_block != "none":
        found.add(DEGREES[spec.av_block])
    if pr is not None and pr > 200 and spec.av_block in ("none", "first"):
        found |= {"1AVB", "LPR"}
    return found


def _ischaemia(spec: Spec) -> set[str]:
    found = set()
    injured = {territory for territory, shift in spec.st_mv if shift > 0}
    depressed = {territory for territory, shift in spec.st_mv if shift < 0}
    dead = set(spec.q_waves)
    infarcted = injured | dead
    if injured:
        found.add("STE_")
    if depressed:
        found |= {"STD_", *(ISCHAEMIA[territory] for territory in depressed)}
    if dead:
        found.add("QWAVE")
    if spec.t_inverted:
        found.add("INVT")
        if not infarcted and not depressed and spec.hypertrophy == "none":
            found.add("NDT")
    for pair, code in (
        ({"inferior", "lateral"}, "ILMI"),
        ({"anterior", "lateral"}, "ALMI"),
        ({"anterior", "septal"}, "ASMI"),
    ):
        if pair <= infarcted:
            found.add(code)
            infarcted = infarcted - pair
    return found | {INFARCT[territory] for territory in infarcted}


def _ectopy(spec: Spec) -> set[str]:
    return {code for code, rate in (("PVC", spec.pvc_per_minute), ("PAC", spec.pac_per_minute)) if rate > 0}
