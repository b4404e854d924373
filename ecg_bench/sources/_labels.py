"""ECGs with the labels that are true of them: made ones, and those of PTB-XL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ecg_bench.cards import TaskCard
from ecg_bench.domains import Dataset, MadeDataset
from ecg_bench.ecg.media import SYNTHETIC
from ecg_bench.errors import UserError
from ecg_bench.samples import Media, Sample
from ecg_bench.sources._ptbxl import Fold, Hertz, Missing, folds_of, recorded
from ecg_bench.task_types.ecg_labels import QUESTION, EcgLabels

if TYPE_CHECKING:
    from ecg_bench.ecg.sets import PtbXlRow


def synthetic_labels(
    card: TaskCard,
    *,
    n: Annotated[int, "how many ECGs are made"] = 400,
    seed: Annotated[int, "of the ECGs"] = 8,
    hertz: Annotated[float, "samples per second"] = 500.0,
) -> Dataset:
    """Return made ECGs, each with the codes that are true of it by the way it was made.

    Nothing is stored: a sample holds the spec of its ECG, which is made when it is opened.
    """
    if n < 1:
        raise UserError(f"n={n} is wrong: at least one ECG is needed")
    kind = EcgLabels(card, card.task)

    def make() -> Iterator[Sample]:
        from ecg_bench.ecg.synthesis import codes_of, draw_specs, spec_text

        for index, spec in enumerate(draw_specs(n, seed, hertz)):
            labels = list(kind.labels_of(codes_of(spec)))
            yield Sample(
                id=f"synthetic-{seed}-{index}",
                index=index,
                question=QUESTION,
                topic=spec.rhythm,
                type="labels",
                media=(Media("ecg", f"{SYNTHETIC}{spec_text(spec)}"),),
                fields={"labels": labels, "question": QUESTION},
            )

    return MadeDataset(lambda: tuple(make()), f"{n} synthetic ECGs, seed {seed}")


def ptbxl_labels(
    card: TaskCard,
    *,
    root: Annotated[Path, "the folder of PTB-XL, which holds ptbxl_database.csv"],
    hertz: Hertz = "100",
    fold: Fold = "10",
    ecgqa: Annotated[Path | None, "the folder of ECG-QA, to say which of its splits a record is in"] = None,
    clean: Annotated[bool, "only records that are for testing in ECG-QA too; needs ecgqa"] = False,
    missing: Missing = "refuse",
) -> Dataset:
    """Return the ECGs of some folds of PTB-XL that have a label in the card's family.

    A label counts whatever its likelihood, 0 included, and records without any are left out, as in Strodthoff et al.,
    IEEE JBHI 25 (2021) 1519-1528.
    """
    from ecg_bench.ecg.sets import EcgQa, PtbXl, provenance_of

    folds = folds_of(fold)
    if clean and ecgqa is None:
        raise UserError("clean=yes needs the splits of ECG-QA: give --task-arg ecgqa=FOLDER")
    data = PtbXl(root)
    questions = EcgQa(ecgqa) if ecgqa is not None else None
    kind = EcgLabels(card, card.task)

    def make() -> Iterator[Sample]:
        wanted = [row for row in data.rows if row.fold in folds and kind.labels_of(row.codes)]
        if clean:
            wanted = [row for row in wanted if provenance_of(row.ecg_id, ptbxl=data, ecg_qa=questions).clean]
        for index, (row, ecg) in enumerate(recorded(data, wanted, hertz, missing)):
            facts = provenance_of(row.ecg_id, ptbxl=data, ecg_qa=questions).fields()
            yield Sample(
                id=f"ptbxl-{row.ecg_id}",
                index=index,
                question=QUESTION,
                group=f"patient {row.patient}",
                topic=topic_of(row),
                type="labels",
                media=(ecg,),
                fields={
                    "labels": list(kind.labels_of(row.codes)),
                    "question": QUESTION,
                    "ecg_id": row.ecg_id,
                    **facts,
                },
            )

    def some() -> Sequence[Sample]:
        found = tuple(make())
        if not found:
            raise UserError(f"has no ECG with a label of this task in fold {fold}", path=root)
        return found

    return MadeDataset(some, f"PTB-XL, fold {fold}, {hertz} Hz")


def topic_of(row: PtbXlRow) -> str:
    """Return by what results on PTB-XL are sliced: whether a person has confirmed the statements."""
    return "confirmed by a person" if row.human else "not confirmed by a person"
