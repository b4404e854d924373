"""The texts that judges left: their reasons, and the passages that they were shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecg_bench.evaluation import Run
from ecg_bench.reports._samples_lines import offsets
from ecg_bench.runs import JUDGEMENTS, SAMPLES, ScoringRecord

_PASSAGE = re.compile(r"<<<BEGIN PASSAGE (\w+)>>>\n(.*?)\n<<<END PASSAGE \1>>>", re.DOTALL)


Cases = dict[tuple[str, str], tuple[list[int], int]]  # by task and case: where its verdicts lie, their characters


@dataclass(frozen=True)
class Verdicts:
    """Where the verdicts of one judge on one run's answers lie.

    Attributes
    ----------
    judge : str
        The name of the scoring.
    path : Path
        ``samples.jsonl`` of the judge's own run.
    system : str
        Under which name the answers were judged.
    cases : dict
        Where what was said of each case lies.
    """

    judge: str
    path: Path
    system: str
    cases: Cases

    @classmethod
    def of(cls, run: Run, scoring: ScoringRecord, known: dict[Path, Cases]) -> Verdicts | None:
        """Find the run of a judge; None where there is none, as of a panel, or where it has been moved away.

        One that compared several runs is a run of its own beside them; `known` keeps it from being read for each.
        """
        stated = Path(str(scoring.source.get("judgement", "")))
        folders = (run.path / JUDGEMENTS / stated.name, run.path.parent / JUDGEMENTS / stated.name, stated)
        path = next((one / SAMPLES for one in folders if stated.name and (one / SAMPLES).is_file()), None)
        if path is None:
            return None
        if path not in known:
            known[path] = _cases(path)
        return cls(scoring.name, path, run.system, known[path])

    def offsets(self, sample: dict[str, Any]) -> list[int]:
        """Return where the verdicts on an answer lie."""
        return self.cases.get(_key(sample), ([], 0))[0]

    def size(self, sample: dict[str, Any]) -> int:
        """Return about how many characters the verdicts on an answer have."""
        return self.cases.get(_key(sample), ([], 0))[1]


def _cases(path: Path) -> Cases:
    found: Cases = {}
    for offset, sample in offsets(path):
        key = (sample["task"], sample["id"])
        places, size = found.get(key, ([], 0))
        places.append(offset)
        found[key] = places, size + len(sample["output"]) + len(sample["reasoning"]) + len(passage(sample))
    return found


def _key(sample: dict[str, Any]) -> tuple[str, str]:
    """Return task and case, as judging names them."""
    epoch, permutation = sample["epoch"], sample["permutation"]
    return sample["task"], f"{sample['id']}#{epoch}.{permutation}" if epoch or permutation else sample["id"]


def passage(sample: dict[str, Any]) -> str:
    """Return the passage that a judge was shown, if it was shown one as our prompts show it."""
    for message in sample["request"]["messages"]:
        if found := _PASSAGE.search(message["content"]):
            return found[2]
    return ""


@dataclass(frozen=True)
class Said:
    """What a judge said of one answer in one go.

    Attributes
    ----------
    outcome : str
        How its reply ended.
    levels, scores : dict
        By criterion.
    details : list of (str, str)
        Its texts by their names.
    output : str
        The whole reply, where no verdict could be read.
    reasoning, passage : str
        What it wrote before its reply, and the passage that it was shown.
    """

    outcome: str
    levels: dict[str, str]
    scores: dict[str, float]
    details: list[tuple[str, str]]
    output: str
    reasoning: str
    passage: str


def said(sample: dict[str, Any], system: str) -> Said:
    """Read a line of a judge's run for one of the systems that it judged."""
    verdict = json.loads(sample["parsed"] or "{}").get(system, {})
    return Said(
        outcome=sample["outcome"],
        levels=verdict.get("levels", {}),
        scores=verdict.get("scores", {}),
        details=list(_texts(verdict.get("details", {}))),
        output="" if verdict else sample["output"] or sample["error"] or "",
        reasoning=sample["reasoning"],
        passage=passage(sample),
    )


def _texts(details: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in details.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if text:
            yield name, text
