"""PTB-XL: 21,799 ECGs of 10 s with statements and reports (Wagner et al. 2020, doi 10.1038/s41597-020-0495-6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from ecg_bench.ecg import Ecg
from ecg_bench.ecg.reading import read_ecg
from ecg_bench.ecg.sets._cells import Cells, folder_of, read_cells
from ecg_bench.ecg.sets._literals import likelihoods
from ecg_bench.errors import UserError, did_you_mean

Family = Literal["all", "diag", "subdiag", "superdiag", "form", "rhythm"]
FAMILIES: tuple[Family, ...] = get_args(Family)
DATABASE = "ptbxl_database.csv"
STATEMENTS = "scp_statements.csv"
_QUALITY = ("baseline_drift", "static_noise", "burst_noise", "electrodes_problems", "extra_beats", "pacemaker")
_FLAGS = ("heart_axis", "infarction_stadium1", "infarction_stadium2", *_QUALITY)
_OVER_89 = 300  # what the set writes for every age above 89
_SEXES = {"0": "male", "1": "female", "": ""}


@dataclass(frozen=True, slots=True)
class PtbXlStatement:
    """A statement as the set's own table has it; the classes are empty where it is not diagnostic."""

    code: str
    text: str
    diagnostic: bool
    form: bool
    rhythm: bool
    superclass: str
    subclass: str


@dataclass(frozen=True, slots=True)
class PtbXlRow:
    """An ECG of PTB-XL.

    Parameters
    ----------
    ecg_id : int
        Its number.
    patient : str
        The patient's number.
    fold : int
        1 to 10; by the set's standard 1 to 8 are for training, 9 for validation, 10 for testing.
    age : float or None
        Years; 90 stands for every age above 89, which the set doesn't tell apart.
    sex : str
        ``"male"``, ``"female"`` or empty.
    report : str
        As it was written: mostly German, without some of the umlauts.
    codes : mapping of str to float
        Statement to likelihood in per cent; 0 stands for a statement whose likelihood isn't known.
    filename_lr, filename_hr : str
        The records of 100 and 500 Hz below the folder, without suffix.
    flags : mapping of str to str
        What is said of heart axis, infarction stage, noise, electrodes, extra beats and pacemaker; nothing else.
    human : bool
        Whether a person has confirmed the statements.
    line : int
        Of the table.
    """

    ecg_id: int
    patient: str
    fold: int
    age: float | None
    sex: str
    report: str
    codes: Mapping[str, float]
    filename_lr: str
    filename_hr: str
    flags: Mapping[str, str]
    human: bool
    line: int


class PtbXl:
    """A folder of PTB-XL, or of a part of it.

    Parameters
    ----------
    root : path-like
        The folder with ``ptbxl_database.csv`` and ``scp_statements.csv``.

    Raises
    ------
    UserError
        If it is no such folder; as soon as `rows` is asked for, also if a line of the table is wrong.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = folder_of(root, (DATABASE, STATEMENTS), "PTB-XL")

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, ecg_id: object) -> bool:
        return ecg_id in self._by_id

    @cached_property
    def statements(self) -> Mapping[str, PtbXlStatement]:
        """Code to statement, in the order of the set's table."""
        path = self.root / STATEMENTS
        found = {}
        for cells in read_cells(path):
            code = cells.text("")
            found[code] = PtbXlStatement(
                code,
                cells.text("description"),
                cells.number("diagnostic") == 1,
                cells.number("form") == 1,
                cells.number("rhythm") == 1,
                cells.text("diagnostic_class"),
                cells.text("diagnostic_subclass"),
            )
        if not found:
            raise UserError("holds no statements", path=path)
        return MappingProxyType(found)

    @cached_property
    def rows(self) -> tuple[PtbXlRow, ...]:
        """The ECGs, in the order of the table."""
        path = self.root / DATABASE
        rows = tuple(self._row_of(cells) for cells in read_cells(path))
        if not rows:
            raise UserError("holds no ECGs", path=path)
        return rows

    @cached_property
    def families(self) -> Mapping[Family, tuple[str, ...]]:
        """Each family's labels, in the order of the set's table."""
        every = self.statements.values()
        diagnostic = [one for one in every if one.diagnostic]
        return MappingProxyType(
            {
                "all": tuple(self.statements),
                "diag": tuple(one.code for one in diagnostic),
                "subdiag": tuple(dict.fromkeys(one.subclass for one in diagnostic)),
                "superdiag": tuple(dict.fromkeys(one.superclass for one in diagnostic)),
                "form": tuple(one.code for one in every if one.form),
                "rhythm": tuple(one.code for one in every if one.rhythm),
            }
        )

    def labels(self, row: PtbXlRow, family: Family) -> tuple[str, ...]:
        """Return an ECG's labels in a family, each once, in the family's order; empty where it has none there.

        As in the set's benchmark (Strodthoff et al. 2021, doi 10.1109/JBHI.2020.3022989), a statement counts whatever
        its likelihood, 0 included.

        Parameters
        ----------
        row : PtbXlRow
            The ECG.
        family : {"all", "diag", "subdiag", "superdiag", "form", "rhythm"}
            All 71 statements, the 44 diagnostic ones, their 23 subclasses, their 5 superclasses, 19 of form, 12 of
            rhythm.
        """
        if family not in FAMILIES:
            raise UserError(f"PTB-XL has no family of labels {family!r}{did_you_mean(family, FAMILIES)}")
        held = [self.statements[code] for code in row.codes]
        if family in ("subdiag", "superdiag"):
            present = {one.subclass if family == "subdiag" else one.superclass for one in held if one.diagnostic}
        else:
            present = {one.code for one in held}
        return tuple(label for label in self.families[family] if label in present)

    def row(self, ecg_id: int) -> PtbXlRow:
        """Return the ECG of a number.

        Raises
        ------
        UserError
            If the folder's table hasn't it.
        """
        if ecg_id not in self._by_id:
            raise UserError(f"has no ECG {ecg_id}", path=self.root / DATABASE)
        return self._by_id[ecg_id]

    def path(self, row: PtbXlRow, hertz: int = 100) -> Path:
        """Return where an ECG's header lies, whether or not it is there.

        Parameters
        ----------
        row : PtbXlRow
            The ECG.
        hertz : {100, 500}
            The sampling rate.
        """
        if hertz not in (100, 500):
            raise UserError(f"PTB-XL has ECGs of 100 and of 500 Hz, none of {hertz} Hz")
        return self.root / f"{row.filename_lr if hertz == 100 else row.filename_hr}.hea"

    def ecg(self, row: PtbXlRow, hertz: int = 100) -> Ecg:
        """Read an ECG, with number, patient, age, sex and fold.

        Raises
        ------
        UserError
            If it isn't in the folder, or can't be read.
        """
        path = self.path(row, hertz)
        if not path.is_file():
            raise UserError(f"the {hertz} Hz record of ECG {row.ecg_id} is not in the PTB-XL folder", path=path)
        known = {"age": row.age, "sex": row.sex, "fold": row.fold}
        facts = {name: value for name, value in known.items() if value not in (None, "")}
        return replace(read_ecg(path), record=str(row.ecg_id), patient=row.patient, metadata=facts)

    @cached_property
    def _by_id(self) -> dict[int, PtbXlRow]:
        found: dict[int, PtbXlRow] = {}
        for row in self.rows:
            if row.ecg_id in found:
                raise UserError(f"the ECG {row.ecg_id} stands twice", path=self.root / DATABASE, line=row.line)
            found[row.ecg_id] = row
        return found

    def _row_of(self, cells: Cells) -> PtbXlRow:
        codes = likelihoods(cells.text("scp_codes"), cells.path, cells.line, "scp_codes")
        unknown = [code for code in codes if code not in self.statements]
        if unknown:
            raise UserError(
                f"the statement {unknown[0]!r} is not in {STATEMENTS}{did_you_mean(unknown[0], self.statements)}",
                path=cells.path,
                line=cells.line,
            )
        fold = cells.whole("strat_fold")
        if not 1 <= fold <= 10:
            raise UserError(f"strat_fold must be 1 to 10, but is {fold}", path=cells.path, line=cells.line)
        sex = cells.text("sex").removesuffix(".0")
        if sex not in _SEXES:
            raise UserError(f"sex must be 0 (male) or 1 (female), but is {sex!r}", path=cells.path, line=cells.line)
        age = cells.number("age")
        return PtbXlRow(
            ecg_id=cells.whole("ecg_id"),
            patient=str(cells.whole("patient_id")),
            fold=fold,
            age=90.0 if age == _OVER_89 else age,
            sex=_SEXES[sex],
            report=cells.text("report"),
            codes=MappingProxyType(codes),
            filename_lr=cells.path_below("filename_lr"),
            filename_hr=cells.path_below("filename_hr"),
            flags=MappingProxyType({name: text for name in _FLAGS if (text := cells.text(name))}),
            human=cells.text("validated_by_human").lower() == "true",
            line=cells.line,
        )
