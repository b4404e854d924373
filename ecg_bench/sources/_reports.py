"""Tasks on reports of real ECGs, which the user has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from ecg_bench.cards import TaskCard
from ecg_bench.domains import MadeDataset
from ecg_bench.ecg.sets import EcgQa, MimicEcg, PtbXl, PtbXlRow, provenance_of
from ecg_bench.errors import UserError
from ecg_bench.files import read_rows
from ecg_bench.samples import Media, Sample
from ecg_bench.sources._ptbxl import Fold, Hertz, Missing, folds_of, recorded
from ecg_bench.sources._synthetic import REPORT

TESTED = 10  # one patient in so many is for testing


def ptbxl_report(
    _card: TaskCard,
    *,
    root: Annotated[Path, "the folder of PTB-XL"],
    fold: Fold = "10",
    hertz: Hertz = "100",
    reports: Annotated[Path | None, "a CSV of your own translations: ecg_id, report"] = None,
    ecgqa: Annotated[Path | None, "the folder of ECG-QA, to know which ECGs it trains on"] = None,
    missing: Missing = "refuse",
) -> MadeDataset:
    """Return reports of PTB-XL; the statements that count are those of ``scp_codes``, whatever a report's language.

    The set's own reports are mostly German, and stand as they are where no translations are given; text metrics then
    compare an English answer with a German reference, and say nothing.
    """
    folds = folds_of(fold)
    ecgs = PtbXl(root)
    questions = None if ecgqa is None else EcgQa(ecgqa, "ptbxl")

    def made() -> Iterator[Sample]:
        translated = None if reports is None else _translations(reports)
        rows = (row for row in ecgs.rows if row.fold in folds)
        for place, (row, ecg) in enumerate(recorded(ecgs, rows, hertz, missing)):
            known = provenance_of(row.ecg_id, ptbxl=ecgs, ecg_qa=questions).fields()
            if questions is None:
                known.pop("clean")  # it can't be told
            yield Sample(
                id=str(row.ecg_id),
                index=place,
                question=REPORT,
                group=f"patient {row.patient}",
                type="report",
                reference=_reference(row, translated, reports),
                media=(ecg,),
                fields={
                    "statements": list(row.codes),
                    "language": "as recorded, mostly German" if translated is None else "translated by the user",
                    **known,
                },
            )

    return MadeDataset(lambda: list(made()), f"PTB-XL, fold {fold}")


def mimic_report(
    _card: TaskCard,
    *,
    root: Annotated[Path, "the folder of MIMIC-IV-ECG"],
    split: Annotated[Literal["test", "train", "all"], "a tenth of the patients, the others, or all"] = "test",
    missing: Missing = "refuse",
) -> MadeDataset:
    """Return reports of MIMIC-IV-ECG: a machine's statements, joined. ECGs without any are left out.

    MEIT's own split was drawn by record and without a seed, so it can't be had again. This one is by patient: the tenth
    of them whose numbers have a SHA-256 that is divisible by ten.
    """
    ecgs = MimicEcg(root)

    def made() -> Iterator[Sample]:
        wanted = [row for row in ecgs.rows if row.report and split in ("all", split_of(row.patient))]
        if missing == "skip":
            wanted = [row for row in wanted if ecgs.path(row).is_file()]
        for place, row in enumerate(wanted):
            path = ecgs.path(row)
            if not path.is_file():
                raise UserError(
                    f"the record of study {row.study_id} is not there: give the whole set, or --task-arg missing=skip",
                    path=path,
                )
            yield Sample(
                id=str(row.study_id),
                index=place,
                question=REPORT,
                group=f"patient {row.patient}",
                type="report",
                reference=row.report,
                media=(Media("ecg", path.relative_to(ecgs.root).as_posix(), str(ecgs.root)),),
                fields={"language": "English"},
            )

    return MadeDataset(lambda: list(made()), f"MIMIC-IV-ECG, {split}")


def split_of(patient: str) -> Literal["test", "train"]:
    """Return whether a patient of MIMIC-IV-ECG is for testing or for training."""
    digest = hashlib.sha256(patient.encode()).hexdigest()
    return "test" if int(digest, 16) % TESTED == 0 else "train"


def _translations(path: Path) -> dict[str, str]:
    found = {}
    for line, row in read_rows(path):
        if "ecg_id" not in row or "report" not in row:
            raise UserError("must have the columns 'ecg_id' and 'report'", path=path, line=line)
        found[str(row["ecg_id"]).strip()] = str(row["report"]).strip()
    return found


def _reference(row: PtbXlRow, translated: dict[str, str] | None, path: Path | None) -> str | None:
    """Return the report to compare texts with; None where there is none."""
    if translated is None:
        return row.report.strip() or None
    if str(row.ecg_id) not in translated:
        raise UserError(f"has no report of ECG {row.ecg_id}", path=path)
    return translated[str(row.ecg_id)] or None
