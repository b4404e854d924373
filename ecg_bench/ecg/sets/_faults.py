"""Faults of data sets."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from itertools import combinations
from pathlib import Path

from ecg_bench.ecg.reading import inspect, read_ecg
from ecg_bench.ecg.sets._ecgqa import NONE, EcgQa
from ecg_bench.ecg.sets._mimic import MimicEcg
from ecg_bench.ecg.sets._ptbxl import PtbXl
from ecg_bench.ecg.sets._texts import SetFault, fault, text_faults
from ecg_bench.errors import UserError


def faults_of(
    data: PtbXl | MimicEcg | EcgQa, *, signals: bool = True, records: PtbXl | MimicEcg | None = None
) -> tuple[SetFault, ...]:
    """Say what is wrong with a data set that the user has; nothing is changed or left out.

    Parameters
    ----------
    data : PtbXl, MimicEcg or EcgQa
        The set.
    signals : bool
        Whether to read every record, verify its checksums and look at its samples: about a millisecond each for 100
        Hz, five for 500 Hz.
    records : PtbXl or MimicEcg, optional
        Whose ECGs an ECG-QA asks about, to know their patients.

    Returns
    -------
    tuple of SetFault
        Of PTB-XL and MIMIC-IV-ECG: empty, repeated and refused reports, patients in several folds, records that are
        missing, damaged or can't be right. Of ECG-QA: answers that are not legal, contradictions between answers,
        questions outside their split, ECGs and patients in several splits.

    Raises
    ------
    UserError
        If the set can't be read at all.
    """
    if isinstance(data, EcgQa):
        return (*_question_faults(data), *_split_faults(data, records))
    if isinstance(data, MimicEcg):
        reports = {f"study {row.study_id}": row.report for row in data.rows}
        files = {"": [data.path(row) for row in data.rows]}
        folds: tuple[SetFault, ...] = ()
    else:
        reports = {f"ecg_id {row.ecg_id}": row.report for row in data.rows}
        files = {f" of {hertz} Hz": [data.path(row, hertz) for row in data.rows] for hertz in (100, 500)}
        several = in_several((row.patient, str(row.fold)) for row in data.rows)
        patients = len({row.patient for row in data.rows})
        folds = tuple(fault("patients", several, patients, f"{{}} of {patients:,} patients are in several folds"))
    found = [*text_faults(reports), *folds]
    if signals:
        for kind, paths in files.items():
            found += _record_faults(paths, kind)
    return tuple(found)


def in_several(pairs: Iterable[tuple[str, Hashable]]) -> list[str]:
    """Return the names, such as of patients, that stand with more than one other thing, such as a fold."""
    places: defaultdict[str, set[Hashable]] = defaultdict(set)
    for name, place in pairs:
        places[name].add(place)
    return [name for name, found in places.items() if len(found) > 1]


def _record_faults(paths: list[Path], kind: str) -> Iterator[SetFault]:
    missing, damaged = [], []
    wrong: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        if not path.is_file() or not path.with_suffix(".dat").is_file():
            missing.append(path.stem)
            continue
        try:
            ecg = read_ecg(path)
        except UserError as error:
            damaged.append(str(error))
            continue
        for one in {one.kind for one in inspect(ecg)}:
            wrong[one].append(path.stem)
    n = len(paths)
    there = n - len(missing)
    yield from fault("missing", missing, n, f"{{}} of {n:,} records{kind} are not in the folder")
    yield from fault("damaged", damaged, there, f"{{}} of {there:,} records{kind} can't be read")
    for name, stems in sorted(wrong.items()):
        yield from fault("samples", stems, there, f"{{}} of {there:,} records{kind} have {_SAMPLES[name]}")


_SAMPLES = {
    "missing": "missing samples",
    "flat": "leads that don't change",
    "clipped": "leads that are cut off",
    "einthoven": "limb leads that contradict each other",
    "units": "amplitudes that no heart has",
}


def _question_faults(data: EcgQa) -> Iterator[SetFault]:
    n = len(data)
    vocabulary = set(data.answers)
    legal = {template: {*answers, NONE} for template, answers in data.templates.items()}
    foreign, illegal, empty = [], [], []
    answers: defaultdict[tuple[object, ...], set[frozenset[str]]] = defaultdict(set)
    asked: Counter[tuple[object, ...]] = Counter()
    for one in data.questions:
        name = f"sample_id {one.sample_id}"
        given = frozenset(one.answer)
        if not given or not one.question.strip():
            empty.append(name)
        if not given <= vocabulary:
            foreign.append(name)
        elif not given <= legal.get(one.template_id, set()):
            illegal.append(name)
        key = (one.template_id, one.question.lower(), one.ecg_ids)
        answers[key].add(given)
        asked[key] += 1
    yield from fault("empty", empty, n, f"{{}} of {n:,} questions have no text or no answer")
    yield from fault("answers", foreign, n, f"{{}} of {n:,} answers are not in the official vocabulary")
    yield from fault("answers", illegal, n, f"{{}} of {n:,} answers are not legal for their template")
    contradicting = [f"template {key[0]}: {key[1]} {key[2]}" for key, found in answers.items() if len(found) > 1]
    yield from fault(
        "contradiction", contradicting, len(answers), "{} questions are asked twice of an ECG with different answers"
    )
    again = [f"template {key[0]}: {key[1]} {key[2]}" for key, count in asked.items() if count > 1]
    yield from fault(
        "duplicate", again, len(asked), f"{{}} of {len(asked):,} questions are asked more than once of an ECG"
    )


def _split_faults(data: EcgQa, records: PtbXl | MimicEcg | None) -> Iterator[SetFault]:
    own = data.splits.get(data.split)
    if own is not None:
        outside = [f"sample_id {one.sample_id}" for one in data.questions if not own.issuperset(one.ecg_ids)]
        yield from fault(
            "split",
            outside,
            len(data),
            f"{{}} of {len(data):,} questions are about ECGs outside the split {data.split!r}",
        )
    shared = sorted({ecg for a, b in combinations(data.splits.values(), 2) for ecg in a & b})
    total = len(frozenset().union(*data.splits.values()))
    yield from fault("split", [f"ECG {ecg}" for ecg in shared], total, f"{{}} of {total:,} ECGs are in several splits")
    if records is not None:
        pairs = [
            (records.row(ecg).patient, split) for split, ids in data.splits.items() for ecg in ids if ecg in records
        ]
        patients = len({patient for patient, _ in pairs})
        yield from fault(
            "patients", in_several(pairs), patients, f"{{}} of {patients:,} patients are in several splits of ECG-QA"
        )
