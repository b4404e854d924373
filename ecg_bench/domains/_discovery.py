"""Finding packs: in the package, in folders the user names, and in other installed packages."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

from ecg_bench.cards import DomainCard, TaskCard
from ecg_bench.domains._corpus import Corpus
from ecg_bench.errors import UserError
from ecg_bench.files import read_yaml

CARD = "domain.yaml"
VARIABLE = "ECG_BENCH_DOMAINS"
GROUP = "ecg_bench.domains"


@dataclass(frozen=True)
class Domain:
    """A pack on disk."""

    path: Path
    card: DomainCard

    @property
    def name(self) -> str:
        """The name before the slash in the names of its tasks."""
        return self.card.domain

    @cached_property
    def task_cards(self) -> dict[str, tuple[Path, TaskCard]]:
        """Each task's file and card, by the name after the slash."""
        found: dict[str, tuple[Path, TaskCard]] = {}
        for path in sorted(self.path.glob("*.yaml")):
            if path.name == CARD:
                continue
            card = read_yaml(path, TaskCard)
            if card.task in found:
                raise UserError(f"the task {card.task!r} is defined in {found[card.task][0].name} already", path=path)
            found[card.task] = (path, card)
        return found

    @cached_property
    def corpus(self) -> Corpus | None:
        """The domain's documents, or None if it has none."""
        return None if self.card.corpus is None else Corpus(self.path / self.card.corpus)


def open_pack(folder: Path) -> Domain:
    """Open the pack in a folder.

    Raises
    ------
    UserError
        If the folder holds no ``domain.yaml``, or a wrong one.
    """
    if not (folder / CARD).is_file():
        raise UserError(f"is no domain pack: it holds no {CARD}", path=folder)
    return Domain(folder, read_yaml(folder / CARD, DomainCard))


def find_domains(include: Sequence[str | Path] = ()) -> dict[str, Domain]:
    """Return every domain by name.

    Parameters
    ----------
    include : sequence of path
        Packs, or folders of packs, beside those that are installed or named by ``ECG_BENCH_DOMAINS``.

    Raises
    ------
    UserError
        If a named folder holds no pack, or two packs have the same name.
    """
    folders = [_resource_folder("ecg_bench.tasks")]
    folders += [_resource_folder(entry.value) for entry in entry_points(group=GROUP)]
    folders += [Path(part) for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]
    folders += [Path(part) for part in include]
    found: dict[str, Domain] = {}
    for folder in folders:
        for pack in _packs_in(folder):
            domain = open_pack(pack)
            other = found.setdefault(domain.name, domain)
            if other.path.resolve() != pack.resolve():
                raise UserError(f"the domain {domain.name!r} is defined in {other.path} already", path=pack)
    return found


def _packs_in(folder: Path) -> list[Path]:
    if (folder / CARD).is_file():
        return [folder]
    packs = sorted(path.parent for path in folder.glob(f"*/{CARD}"))
    if not packs:
        raise UserError(f"holds no domain pack: no {CARD} in it or in a folder of it", path=folder)
    return packs


def _resource_folder(package: str) -> Path:
    return Path(str(files(package)))
