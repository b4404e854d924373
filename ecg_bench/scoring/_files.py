"""Text metrics over files of answers, without a run."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.files import read_rows, sha256_of_file, writing
from ecg_bench.metrics import few_clusters
from ecg_bench.runs import ScoredTaskRecord
from ecg_bench.scoring._guards import notices_of, notices_of_flags
from ecg_bench.scoring._metrics import Applied, apply
from ecg_bench.text_metrics import Pair, TextMetric, guard

SYSTEM_COLUMNS = ("system", "model")  # what people call it


@dataclass
class _Rows:
    """The answers of one system."""

    ids: list[str] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)


@dataclass(frozen=True)
class ScoredFile:
    """What text metrics say about the answers in a file.

    Attributes
    ----------
    path : Path
        The file.
    systems : mapping of str to ScoredTaskRecord
        For each system of the file, or for the one whose name is empty, all its metrics.
    notices : sequence of str
        What should be known before the numbers are used.
    """

    path: Path
    systems: Mapping[str, ScoredTaskRecord]
    notices: Sequence[str]
    _rows: Mapping[str, tuple[_Rows, Mapping[str, Applied]]]

    def write_scores(self, path: str | Path) -> None:
        """Write each answer's scores as CSV, a row for each.

        Raises
        ------
        UserError
            If the file can't be written.
        """
        with writing(Path(path)) as file:
            writer = csv.writer(file, lineterminator="\n")
            first = next(iter(self._rows.values()))[1]
            writer.writerow(["system", "id", *(name for one in first.values() for name in one.comparison.scores)])
            for system, (rows, applied) in self._rows.items():
                columns = [values for one in applied.values() for values in one.comparison.scores.values()]
                for id_, *values in zip(rows.ids, *columns, strict=True):
                    writer.writerow([system, id_, *(f"{value:.9g}" for value in values)])


def score_file(
    path: str | Path,
    metrics: Mapping[str, TextMetric],
    *,
    references: str | Path | None = None,
    reference_system: str | None = None,
    seed: int = 0,
) -> ScoredFile:
    """Score a file of answers.

    Parameters
    ----------
    path : path
        JSONL, CSV or TSV, with a row for each answer: ``answer``, ``reference`` (unless `references` is given), and
        ``id`` or ``question``. A column ``system`` or ``model`` tells several systems apart. Column names may be
        written with capitals.
    metrics : mapping of str to TextMetric
        As `open_metrics` returns them.
    references : path, optional
        A file that holds the references, by ``id`` or ``question``, in a column ``reference``, else ``answer``.
    reference_system : str, optional
        Which system's answers of `references` to take. They are pseudo-references: no better than that system.
    seed : int
        Of the resampling.

    Raises
    ------
    UserError
        If a file can't be read, or an answer has no reference; with the line.
    """
    path = Path(path)
    by_key = None if references is None else _references(Path(references), reference_system)
    by_system = _read(path, by_key)
    of = f"file:{sha256_of_file(path)[:12]}"
    if references is not None:
        of += f"|references:{sha256_of_file(Path(references))[:12]}"
    applied: dict[str, tuple[_Rows, dict[str, Applied]]] = {}
    systems: dict[str, ScoredTaskRecord] = {}
    notices: list[str] = []
    for system, rows in by_system.items():
        clusters = np.unique(rows.ids, return_inverse=True)[1]
        found = {name: apply(metric, rows.pairs, clusters, seed=seed, of=of) for name, metric in metrics.items()}
        applied[system] = rows, found
        guards = guard(rows.pairs)
        flags = guards.counts
        for one in found.values():
            flags |= one.flagged
        estimates = {name: estimate for one in found.values() for name, estimate in one.estimates.items()}
        systems[system] = ScoredTaskRecord(n=len(rows.pairs), metrics=estimates, flags=flags)
        notices += few_clusters(system or path.name, len(set(rows.ids)))
        notices += notices_of(system or path.name, guards)
        for name, one in found.items():
            if not metrics[name].diagnostic:
                notices += notices_of_flags(system or path.name, guards.pairs, one.flagged)
    if reference_system is not None:
        notices.insert(0, f"the references are answers of {reference_system}: a score says how alike, not how right")
    return ScoredFile(path, systems, notices, applied)


def _read(path: Path, references: Mapping[str, str] | None) -> dict[str, _Rows]:
    found: dict[str, _Rows] = {}
    for line, raw in read_rows(path):
        row = _plain(raw)
        answer, reference = row.get("answer"), row.get("reference")
        if answer is None:
            raise UserError(f"has no 'answer' but {', '.join(map(repr, raw))}", path=path, line=line)
        key = _key(row)
        if references is not None:
            if key is None:
                raise UserError("has neither 'id' nor 'question', by which to find its reference", path=path, line=line)
            reference = references.get(key)
            if reference is None:
                raise UserError(f"there is no reference for {key[:80]!r}", path=path, line=line)
        if reference is None:
            raise UserError(
                "has no 'reference': add the column, or name a file that holds them with --references",
                path=path,
                line=line,
            )
        rows = found.setdefault(_system(row), _Rows())
        rows.ids.append(key or f"line {line}")
        rows.pairs.append(Pair(str(answer).strip(), str(reference).strip(), str(row.get("question") or "")))
    if not found:
        raise UserError("holds no answer", path=path)
    return found


def _references(path: Path, system: str | None) -> dict[str, str]:
    found: dict[str, str] = {}
    systems: set[str] = set()
    for line, raw in read_rows(path):
        row = _plain(raw)
        systems.add(_system(row))
        if system is not None and _system(row) != system:
            continue
        key = _key(row)
        text = row.get("reference", row.get("answer"))
        if key is None or text is None:
            raise UserError("needs 'id' or 'question', and 'reference' or 'answer'", path=path, line=line)
        text = str(text).strip()
        if found.setdefault(key, text) != text:
            several = f": name one of its systems with --reference-system ({', '.join(sorted(systems))})"
            hint = several if len(systems) > 1 else ""
            raise UserError(f"gives {key[:80]!r} another reference than before{hint}", path=path, line=line)
    if not found:
        known = did_you_mean(system, systems) if system is not None else ""
        raise UserError(f"holds no reference{f' of {system!r}{known}' if system else ''}", path=path)
    return found


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name.strip().casefold(): value for name, value in row.items()}


def _key(row: Mapping[str, Any]) -> str | None:
    if row.get("id") not in (None, ""):
        return str(row["id"])
    question = row.get("question")
    return " ".join(str(question).split()).casefold() if question else None


def _system(row: Mapping[str, Any]) -> str:
    return next((str(row[name]).strip() for name in SYSTEM_COLUMNS if row.get(name)), "")
