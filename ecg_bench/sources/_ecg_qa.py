"""Tasks on the questions of ECG-QA, whose files and ECGs the user has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from ecg_bench.cards import TaskCard
from ecg_bench.domains import MadeDataset
from ecg_bench.ecg.sets import EcgQa, EcgQuestion, MimicEcg, PtbXl, provenance_of
from ecg_bench.ecg_qa import join
from ecg_bench.errors import UserError
from ecg_bench.samples import Media, Sample
from ecg_bench.sources._synthetic import topic_of

Root = Annotated[Path, "the folder of ECG-QA"]
Variant = Annotated[Literal["paraphrased", "template"], "wording of the questions"]
Split = Annotated[Literal["train", "valid", "test"], "which questions"]
Kinds = Annotated[Literal["all", "single", "comparison"], "questions on one ECG, on two, or both"]
Missing = Annotated[Literal["refuse", "skip"], "what to do with questions whose ECG isn't in the folder"]


@dataclass(frozen=True)
class _Record:
    """Where an ECG lies below its folder, whose it is, and what is known of the splits it is in."""

    path: str
    patient: str
    facts: Mapping[str, Any]


Find = Callable[[int], _Record | None]


def ecg_qa_ptbxl(
    _card: TaskCard,
    *,
    root: Root,
    ptbxl: Annotated[Path, "the folder of PTB-XL"],
    variant: Variant = "paraphrased",
    split: Split = "test",
    questions: Kinds = "all",
    hertz: Annotated[int, "samples a second: 100 or 500"] = 100,
    missing: Missing = "refuse",
) -> MadeDataset:
    """Return questions on ECGs of PTB-XL; each says its ECG's fold and split, and whether both are for testing."""
    source, ecgs = EcgQa(root, "ptbxl", variant, split), PtbXl(ptbxl)

    def find(ecg_id: int) -> _Record | None:
        if ecg_id not in ecgs:
            return None
        row = ecgs.row(ecg_id)
        path = ecgs.path(row, hertz)
        facts = provenance_of(ecg_id, ptbxl=ecgs, ecg_qa=source).fields()
        return _Record(path.relative_to(ecgs.root).as_posix(), row.patient, facts) if path.is_file() else None

    return MadeDataset(
        lambda: list(_samples(source, questions, find, ecgs.root, missing)), f"ECG-QA of PTB-XL, {variant}, {split}"
    )


def ecg_qa_mimic(
    _card: TaskCard,
    *,
    root: Root,
    mimic: Annotated[Path, "the folder of MIMIC-IV-ECG"],
    variant: Variant = "paraphrased",
    split: Split = "test",
    questions: Kinds = "all",
    missing: Missing = "refuse",
) -> MadeDataset:
    """Return questions on ECGs of MIMIC-IV-ECG, with answers from statements of a machine that nobody confirmed."""
    source, ecgs = EcgQa(root, "mimic", variant, split), MimicEcg(mimic)

    def find(study_id: int) -> _Record | None:
        if study_id not in ecgs:
            return None
        row = ecgs.row(study_id)
        path = ecgs.path(row)
        return _Record(path.relative_to(ecgs.root).as_posix(), row.patient, {}) if path.is_file() else None

    return MadeDataset(
        lambda: list(_samples(source, questions, find, ecgs.root, missing)),
        f"ECG-QA of MIMIC-IV-ECG, {variant}, {split}",
    )


def _samples(source: EcgQa, kinds: str, find: Find, folder: Path, missing: str) -> Iterator[Sample]:
    known: dict[int, _Record | None] = {}
    place = 0
    for question in source.questions:
        if kinds != "all" and not question.question_type.startswith(kinds):
            continue
        records = []
        for ecg_id in question.ecg_ids:
            if ecg_id not in known:
                known[ecg_id] = find(ecg_id)
            record = known[ecg_id]
            if record is not None:
                records.append(record)
            elif missing == "refuse":
                raise UserError(
                    f"holds no record of ECG {ecg_id}, which question {question.sample_id} is about: give the whole "
                    "set, or --task-arg missing=skip to leave such questions out",
                    path=folder,
                )
        if len(records) == len(question.ecg_ids):
            yield _sample(question, source, place, records, folder)
            place += 1


def options_of(question: EcgQuestion, legal: tuple[str, ...]) -> tuple[str, ...]:
    """Return the options that are shown: of a choice the two that it names, and none; else what its template allows."""
    if question.question_type.endswith("choose") and question.attribute:
        named = tuple(answer for answer in legal if answer in (*question.attribute, "none"))
        if set(question.answer) <= set(named) and len(named) > 1:
            return named
    return legal


def _sample(question: EcgQuestion, source: EcgQa, place: int, records: list[_Record], folder: Path) -> Sample:
    options = options_of(question, source.legal(question.template_id))
    for answer in question.answer:
        if answer not in options:
            raise UserError(
                f"question {question.sample_id} has the answer {answer!r}, which template {question.template_id} "
                "doesn't allow",
                path=source.root,
            )
    facts = dict(records[0].facts)
    if "clean" in facts:
        facts["clean"] = all(record.facts["clean"] for record in records)
    return Sample(
        id=str(question.sample_id),
        index=place,
        question=question.question,
        group=f"patient {records[0].patient}",
        topic=topic_of(question.template_id, question.attribute_type),
        type=question.question_type,
        options=options,
        reference=join(question.answer),
        media=tuple(Media("ecg", record.path, str(folder)) for record in records),
        fields={
            "template_id": question.template_id,
            "question_id": question.question_id,
            "attribute_type": question.attribute_type,
            "answer": list(question.answer),
            "ecg_id": list(question.ecg_ids),
            "options": list(options),
            **facts,
        },
    )
