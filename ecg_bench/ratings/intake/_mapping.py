"""What a user says about a sheet, by flags or in a small YAML file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.files import describe, read_rows, read_text, read_yaml
from ecg_bench.ratings._records import Source
from ecg_bench.ratings._scale import Scale
from ecg_bench.ratings.intake._lexicon import FIELDS
from ecg_bench.ratings.intake._text import loose

Duplicates = Literal["collapse", "repeats", "error"]


class SheetMapping(BaseModel):
    """How to read sheets; everything has a default.

    Parameters
    ----------
    columns : mapping of str to str
        From what a column holds (question, answer, system, level, …) to its header.
    rater_columns : list of str
        Headers of columns that hold one rater's levels each.
    levels : str, optional
        The scale from the worst level to the best, as in ``wrong | half right | right``, with values or without.
    level_names : mapping of str to str
        From names in the sheet, of columns or in cells, to levels.
    systems : mapping of str to str
        From systems as they are written to what they are called in the table.
    system : str, optional
        Whose answers were rated, where the sheet doesn't say.
    rater : str or list of str, optional
        Who rated, where the sheet doesn't say; a list has one name for each file.
    sources : mapping of str to {"human", "judge"}
        Which raters, or columns of raters, are judges; all others are human.
    criterion : str
        What was rated.
    duplicates : {"collapse", "repeats", "error"}
        Of rows about the same answer by the same rater: those with the same levels are one rating, those with others
        are repeats; or all of them are repeats; or none may be.
    encoding, separator, sheet : str, optional
        How to open the files.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: dict[str, str] = Field(default_factory=dict)
    rater_columns: list[str] = Field(default_factory=list)
    levels: str | None = None
    level_names: dict[str, str] = Field(default_factory=dict)
    systems: dict[str, str] = Field(default_factory=dict)
    system: str | None = None
    rater: str | list[str] | None = None
    sources: dict[str, Source] = Field(default_factory=dict)
    criterion: str = "correctness"
    duplicates: Duplicates = "collapse"
    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None

    @field_validator("columns")
    @classmethod
    def _known_fields(cls, columns: dict[str, str]) -> dict[str, str]:
        for name in columns:
            if name not in FIELDS:
                raise ValueError(f"there is no column {name!r}{did_you_mean(name, FIELDS)}")
        return columns

    @field_validator("levels")
    @classmethod
    def _a_scale(cls, levels: str | None) -> str | None:
        if levels is not None:
            Scale.parse(levels)
        return levels

    @property
    def scale(self) -> Scale | None:
        """The scale, where it is given."""
        return None if self.levels is None else Scale.parse(self.levels)

    def with_flags(self, **flags: Any) -> SheetMapping:
        """Return it with what was given as flags: mappings are added to, the rest is replaced; None is no flag.

        Raises
        ------
        UserError
            If a flag is no such value.
        """
        merged = self.model_dump()
        for name, value in flags.items():
            if isinstance(value, Mapping):
                merged[name] = merged[name] | dict(value)
            elif value is not None and value != ():
                merged[name] = list(value) if isinstance(value, tuple) else value
        try:
            return SheetMapping.model_validate(merged)
        except ValidationError as error:
            raise UserError(describe(error).removeprefix("field ")) from None


def read_mapping(path: str | Path) -> SheetMapping:
    """Read a mapping from YAML.

    Raises
    ------
    UserError
        If it is none; with the line at fault.
    """
    return read_yaml(Path(path), SheetMapping)


def pairs(texts: Iterable[str], flag: str) -> dict[str, str]:
    """Return what ``NAME=VALUE`` says, for a flag whose names hold no equals sign.

    Raises
    ------
    UserError
        If a text is none.
    """
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise UserError(f"{flag} expects NAME=VALUE, but got {text!r}")
        found[name.strip()] = value.strip()
    return found


def read_systems(texts: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Return renamings from files, and the flags ``OLD=NEW`` that are left to be split when the systems are known.

    A file is YAML (``OLD: NEW``), or CSV with the columns ``old`` and ``new``.
    """
    found: dict[str, str] = {}
    rest = []
    for text in texts:
        path = Path(text)
        if "=" in text and not path.is_file():
            rest.append(text)
        elif path.suffix.lower() in (".csv", ".tsv"):
            for line, row in read_rows(path):
                if not row.get("old") or not row.get("new"):
                    raise UserError("needs a column 'old' and a column 'new'", path=path, line=line)
                found[row["old"]] = row["new"]
        else:
            found |= _yaml_pairs(path)
    return found, rest


def _yaml_pairs(path: Path) -> dict[str, str]:
    import yaml

    try:
        data = yaml.safe_load(read_text(path))
    except yaml.YAMLError:
        raise UserError("is not valid YAML: expected lines OLD: NEW", path=path) from None
    if not isinstance(data, dict) or not all(isinstance(one, str) for pair in data.items() for one in pair):
        raise UserError("must map each system's name to another: OLD: NEW", path=path)
    return data


def split_renamings(texts: Iterable[str], systems: Iterable[str]) -> dict[str, str]:
    """Split ``OLD=NEW`` where OLD is a system: names of systems hold equals signs themselves.

    Raises
    ------
    UserError
        If no system has that name.
    """
    known = {loose(system): system for system in systems}
    found = {}
    for text in texts:
        places = [place for place, sign in enumerate(text) if sign == "="]
        fits = [place for place in places if loose(text[:place]) in known and text[place + 1 :].strip()]
        if not fits:
            raise UserError(
                f"--system-map expects a file, or OLD=NEW where OLD is a system in the sheets, but got {text!r}"
                f"{did_you_mean(text.partition('=')[0], known.values())}"
            )
        found[known[loose(text[: fits[-1]])]] = text[fits[-1] + 1 :].strip()
    return found
