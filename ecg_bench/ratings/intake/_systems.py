"""Systems that are spelt in several ways."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from ecg_bench.ratings.intake._notes import Notes
from ecg_bench.ratings.intake._rows import Found
from ecg_bench.ratings.intake._text import distance, errors_allowed, loose

_MOST_COMPARED = 300  # systems; more are no leaderboard, and each pair is compared


def rename_systems(
    found: Sequence[Found], told: Mapping[str, str], known: Iterable[str], paths: Sequence[Path], notes: Notes
) -> None:
    """Give each system one name.

    Parameters
    ----------
    found : sequence of Found
        Ratings, whose systems are renamed in place.
    told : mapping of str to str
        Renamings that the user gave.
    known : iterable of str
        Names of systems that are right as they are, such as those of runs.
    paths : sequence of Path
        The files.
    notes : Notes
        Takes the decisions. Spellings that differ in case, blanks and separators only are one system; those that differ
        in a letter or two are reported and kept apart.
    """
    names = Counter(one.rating.system for one in found)
    new = _told(names, told, notes)
    chosen = {loose(name): name for name in [*told.values(), *known]}
    for name, _ in names.most_common():
        if name not in new:
            chosen.setdefault(loose(name), name)
    new |= {name: chosen[loose(name)] for name in names if name not in new}
    for one in found:
        old = one.rating.system
        if new[old] == old:
            continue
        if old not in told and loose(old) == loose(new[old]):
            text = f"the system {old!r} is {new[old]!r}: they differ in case, blanks or separators only"
            notes.decide("SYSTEM_MERGED", text, paths[one.file], one.line, guess=True)
        one.rating = replace(one.rating, system=new[old])
    _suspect(sorted(set(new.values())), notes)


def _told(names: Iterable[str], told: Mapping[str, str], notes: Notes) -> dict[str, str]:
    new = {}
    spelt = {loose(old): name for old, name in told.items()}
    for name in names:
        target = told.get(name, spelt.get(loose(name)))
        if target is not None:
            new[name] = target
            notes.decide("SYSTEM_RENAMED", f"the system {name!r} is called {target!r}, as was said")
    for old in told:
        if loose(old) not in {loose(name) for name in names}:
            notes.decide("SYSTEM_RENAMED", f"there is no system {old!r} to rename")
    return new


def _suspect(names: Sequence[str], notes: Notes) -> None:
    for one, other in combinations(names[:_MOST_COMPARED], 2):
        allowed = errors_allowed(min(len(loose(one)), len(loose(other))))
        close = allowed and distance(loose(one), loose(other), allowed) <= allowed
        if close and re.findall(r"\d+", one) == re.findall(r"\d+", other):
            notes.decide(
                "SYSTEM_SUSPECT", f"the systems {one!r} and {other!r} may be the same: --system-map makes them one"
            )
