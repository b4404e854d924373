"""ECG-QA: questions about ECGs of PTB-XL and MIMIC-IV-ECG (Oh et al. 2023, arXiv 2306.15681)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from ecg_bench.ecg.sets._cells import folder_of, read_cells
from ecg_bench.ecg.sets._literals import texts
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.files import read_text

Version = Literal["ptbxl", "mimic"]
Variant = Literal["template", "paraphrased"]
Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
QUESTION_TYPES = (
    "single-verify",
    "single-choose",
    "single-query",
    "comparison_consecutive-verify",
    "comparison_consecutive-query",
    "comparison_irrelevant-verify",
    "comparison_irrelevant-query",
)
NONE = "none"  # the answer of a question to which nothing applies
_FOLDERS = {"ptbxl": "ptbxl", "mimic": "mimic-iv-ecg"}
_ANSWERS = "answers.csv"
_LEGAL = "answers_for_each_template.csv"


@dataclass(frozen=True, slots=True)
class EcgQuestion:
    """A question of ECG-QA.

    Parameters
    ----------
    template_id : int
        1 to 70.
    question_id : int
        Shared by the paraphrases of a question.
    sample_id : int
        Its number in the split.
    question_type : str
        One of `QUESTION_TYPES`.
    attribute_type : str
        ``scp_code``, ``noise``, ``stage_of_infarction``, ``extra_systole``, ``heart_axis`` or ``numeric_feature``.
    question : str
        The question.
    answer : tuple of str
        The whole set of right answers.
    ecg_ids : tuple of int
        One ECG or, in a comparison, the first and the second: numbers of PTB-XL or studies of MIMIC-IV-ECG.
    attribute : tuple of str or None
        What is asked about; None in a comparison.
    """

    template_id: int
    question_id: int
    sample_id: int
    question_type: str
    attribute_type: str
    question: str
    answer: tuple[str, ...]
    ecg_ids: tuple[int, ...]
    attribute: tuple[str, ...] | None


class EcgQa:
    """A folder of ECG-QA.

    Parameters
    ----------
    root : path-like
        The repository's folder, its folder ``ecgqa``, or the version's folder in that.
    version : {"ptbxl", "mimic"}
        Whose ECGs are asked about.
    variant : {"template", "paraphrased"}
        Questions as their templates write them, or put in other words.
    split : {"train", "valid", "test"}
        Which questions.

    Raises
    ------
    UserError
        If it is no such folder; as soon as something is asked for, also if a file of it is wrong.
    """

    def __init__(
        self,
        root: str | Path,
        version: Version = "ptbxl",
        variant: Variant = "template",
        split: Split = "test",
    ) -> None:
        for what, value, known in (
            ("version", version, _FOLDERS),
            ("variant", variant, get_args(Variant)),
            ("split", split, SPLITS),
        ):
            if value not in known:
                raise UserError(f"ECG-QA has no {what} {value!r}{did_you_mean(value, known)}")
        folder = folder_of(root, (), "ECG-QA")
        below = [Path("ecgqa", _FOLDERS[version]), Path(_FOLDERS[version])]
        if folder.resolve().name not in set(_FOLDERS.values()) - {_FOLDERS[version]}:
            below.append(Path())
        home = next((folder / one for one in below if (folder / one / _ANSWERS).is_file()), None)
        if home is None:
            raise UserError(f"is not a folder of ECG-QA: it has no ecgqa/{_FOLDERS[version]}/{_ANSWERS}", path=folder)
        self.root = home
        self.version = version
        self.variant = variant
        self.split = split

    def __len__(self) -> int:
        return len(self.questions)

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The files that hold the questions, in the order of their numbers."""
        home = self.root / self.variant
        whole = home / f"{self.split}.json"
        parts = [path for path in (home / self.split).glob("*.json") if path.stem.isdecimal()]
        found = [whole] if whole.is_file() else sorted(parts, key=lambda path: int(path.stem))
        if not found:
            held = [one for one in SPLITS if any(home.glob(f"{one}/*.json")) or (home / f"{one}.json").is_file()]
            which = f": it holds {', '.join(held)}; choose with split={held[-1]}, or" if held else ", nor of another:"
            raise UserError(f"has no questions of the split {self.split!r}{which} add {self.split}/*.json", path=home)
        return tuple(found)

    @cached_property
    def questions(self) -> tuple[EcgQuestion, ...]:
        """The questions of the split, in the order of the files."""
        return tuple(question for path in self.files for question in _read_questions(path))

    @cached_property
    def answers(self) -> tuple[str, ...]:
        """The official vocabulary in its order, with "none"."""
        return tuple(cells.text("class") for cells in read_cells(self.root / _ANSWERS))

    @cached_property
    def templates(self) -> Mapping[int, tuple[str, ...]]:
        """Template to its legal answers, in the official order."""
        path = next((one for one in (self.root / _LEGAL, self.root.parent / _LEGAL) if one.is_file()), None)
        if path is None:
            raise UserError(f"is not a whole folder of ECG-QA: it has no {_LEGAL}", path=self.root)
        return MappingProxyType(
            {
                cells.whole("template_id"): texts(cells.text("classes"), path, cells.line, "classes")
                for cells in read_cells(path)
            }
        )

    def legal(self, template_id: int) -> tuple[str, ...]:
        """Return the legal answers of a template, in the official order.

        Raises
        ------
        UserError
            If there is no such template.
        """
        if template_id not in self.templates:
            raise UserError(f"has no template {template_id}", path=self.root / _LEGAL)
        return self.templates[template_id]

    @cached_property
    def splits(self) -> Mapping[Split, frozenset[int]]:
        """Split to the ECGs in it, for the splits whose lists are there."""
        return MappingProxyType(
            {split: _read_ids(path) for split in SPLITS if (path := self.root / f"{split}_ecgs.tsv").is_file()}
        )

    def split_of(self, ecg_id: int) -> Split | None:
        """Return the split that an ECG is in, or None where no list names it."""
        return next((split for split, ids in self.splits.items() if ecg_id in ids), None)


def _read_ids(path: Path) -> frozenset[int]:
    """Read a list of a number and an ECG a line, with a tab between them and no line of names."""
    ids = set()
    for number, line in enumerate(read_text(path).splitlines(), 1):
        cells = line.split("\t")
        if len(cells) != 2 or not cells[1].strip().isdecimal():
            raise UserError(
                f"must hold a number, a tab and an ECG's number, but holds {line[:60]!r}", path=path, line=number
            )
        ids.add(int(cells[1]))
    return frozenset(ids)


def _read_questions(path: Path) -> list[EcgQuestion]:
    try:
        found = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise UserError(f"is not valid JSON: {error.msg}", path=path, line=error.lineno) from None
    except RecursionError:
        raise UserError("is nested too deeply", path=path) from None
    if not isinstance(found, list):
        raise UserError("must be a JSON list of questions", path=path)
    return [_question_of(item, number, path) for number, item in enumerate(found, 1)]


def _question_of(item: Any, number: int, path: Path) -> EcgQuestion:
    def wrong(why: str) -> UserError:
        return UserError(f"question {number} of the file {why}", path=path)

    if not isinstance(item, dict):
        raise wrong("is no JSON object")
    for name, kind in _KINDS.items():
        if name not in item:
            raise wrong(f"has no field {name!r}")
        value = item[name]
        if name == "attribute" and value is None:
            continue
        whole = all(type(one) is kind[1] for one in value) if isinstance(value, list) and kind[0] is list else None
        if type(value) is not kind[0] or whole is False:
            raise wrong(f"has a field {name!r} of another kind than {kind[2]}: {json.dumps(value)[:60]}")
    if item["question_type"] not in QUESTION_TYPES:
        raise wrong(
            f"is of no known type: {item['question_type']!r}{did_you_mean(item['question_type'], QUESTION_TYPES)}"
        )
    if len(item["ecg_id"]) != (1 if item["question_type"].startswith("single") else 2):
        raise wrong(f"is a {item['question_type']} question about {len(item['ecg_id'])} ECGs")
    return EcgQuestion(
        template_id=item["template_id"],
        question_id=item["question_id"],
        sample_id=item["sample_id"],
        question_type=item["question_type"],
        attribute_type=item["attribute_type"],
        question=item["question"],
        answer=tuple(item["answer"]),
        ecg_ids=tuple(item["ecg_id"]),
        attribute=None if item["attribute"] is None else tuple(item["attribute"]),
    )


_KINDS: Mapping[str, tuple[type, type, str]] = {
    "template_id": (int, int, "a whole number"),
    "question_id": (int, int, "a whole number"),
    "sample_id": (int, int, "a whole number"),
    "question_type": (str, str, "text"),
    "attribute_type": (str, str, "text"),
    "question": (str, str, "text"),
    "answer": (list, str, "a list of texts"),
    "ecg_id": (list, int, "a list of whole numbers"),
    "attribute": (list, str, "a list of texts, or null"),
}
