"""MIMIC-IV-ECG: some 800,000 ECGs with the machine's statements (Gow et al. 2023, doi 10.13026/4nqg-sb35)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ecg_bench.ecg import Ecg
from ecg_bench.ecg.reading import read_ecg
from ecg_bench.ecg.sets._cells import folder_of, read_cells
from ecg_bench.errors import UserError

RECORDS = "record_list.csv"
MEASUREMENTS = "machine_measurements.csv"
_STATEMENTS = tuple(f"report_{n}" for n in range(18))
_ADORNMENT = " \t*=-"  # what the machine puts around headings and warnings


@dataclass(frozen=True, slots=True)
class MimicRow:
    """An ECG of MIMIC-IV-ECG.

    Parameters
    ----------
    study_id : int
        Its number.
    patient : str
        The patient's number.
    time : str
        When it was recorded; the set's dates are shifted, alike for all ECGs of a patient.
    filename : str
        The record below the folder, without suffix.
    statements : tuple of str
        What the machine wrote, a line each; no person has confirmed it.
    line : int
        Of the list of records.
    """

    study_id: int
    patient: str
    time: str
    filename: str
    statements: tuple[str, ...]
    line: int

    @property
    def report(self) -> str:
        """The statements as one text: as MEIT joins them, but in their own case.

        The asterisks and dashes around headings are left out, ``EKG`` is ``ECG``, and a full stop stands between two
        statements.
        """
        parts = (one.strip(_ADORNMENT).removesuffix(".").replace("EKG", "ECG") for one in self.statements)
        text = ". ".join(part for part in parts if part)
        return f"{text}." if text else ""


class MimicEcg:
    """A folder of MIMIC-IV-ECG, or of a part of it.

    Parameters
    ----------
    root : path-like
        The folder with ``record_list.csv`` and ``machine_measurements.csv``.

    Raises
    ------
    UserError
        If it is no such folder; as soon as `rows` is asked for, also if a line of a table is wrong.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = folder_of(root, (RECORDS, MEASUREMENTS), "MIMIC-IV-ECG")

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, study_id: object) -> bool:
        return study_id in self._by_id

    @cached_property
    def rows(self) -> tuple[MimicRow, ...]:
        """The ECGs, in the order of the list of records; the whole set takes about a gigabyte of memory."""
        rows = tuple(self._read())
        if not rows:
            raise UserError("holds no ECGs", path=self.root / RECORDS)
        return rows

    def row(self, study_id: int) -> MimicRow:
        """Return the ECG of a number.

        Raises
        ------
        UserError
            If the folder's list hasn't it.
        """
        if study_id not in self._by_id:
            raise UserError(f"has no study {study_id}", path=self.root / RECORDS)
        return self._by_id[study_id]

    def path(self, row: MimicRow) -> Path:
        """Return where an ECG's header lies, whether or not it is there."""
        return self.root / f"{row.filename}.hea"

    def ecg(self, row: MimicRow) -> Ecg:
        """Read an ECG (500 Hz), with number and patient.

        Raises
        ------
        UserError
            If it isn't in the folder, or can't be read.
        """
        path = self.path(row)
        if not path.is_file():
            raise UserError(f"the record of study {row.study_id} is not in the MIMIC-IV-ECG folder", path=path)
        return replace(read_ecg(path), record=str(row.study_id), patient=row.patient, metadata={})

    @cached_property
    def _by_id(self) -> dict[int, MimicRow]:
        found: dict[int, MimicRow] = {}
        for row in self.rows:
            if row.study_id in found:
                raise UserError(f"the study {row.study_id} stands twice", path=self.root / RECORDS, line=row.line)
            found[row.study_id] = row
        return found

    def _read(self) -> Iterator[MimicRow]:
        statements: dict[int, tuple[str, ...]] = {}
        for cells in read_cells(self.root / MEASUREMENTS):
            texts = (cells.text(column) for column in _STATEMENTS)
            statements[cells.whole("study_id")] = tuple(text for text in texts if text)
        for cells in read_cells(self.root / RECORDS):
            study = cells.whole("study_id")
            yield MimicRow(
                study,
                str(cells.whole("subject_id")),
                cells.text("ecg_time"),
                cells.path_below("path"),
                statements.get(study, ()),
                cells.line,
            )
