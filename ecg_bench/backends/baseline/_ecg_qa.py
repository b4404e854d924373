"""Answering questions with options from measurements, or as if every ECG were normal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ecg_bench.ecg.media import open_media
from ecg_bench.ecg.scp import codes_in
from ecg_bench.ecg_qa import NONE, join
from ecg_bench.ecg_qa.generator import Facts, facts_from, recognise
from ecg_bench.samples import Media, Request

NORMAL_CODES = frozenset({"NORM", "SR"})
NORMAL_VALUES = {"heart rate": 70.0, "pr interval": 160.0, "qrs duration": 90.0, "qt corrected": 410.0}
# Where an infarct with ST elevation lies.
TERRITORIES = {
    "AMI": ("anterior",),
    "ASMI": ("septal",),
    "ALMI": ("anterior", "lateral"),
    "IMI": ("inferior",),
    "ILMI": ("inferior", "lateral"),
    "LMI": ("lateral",),
}


@dataclass(frozen=True)
class Read:
    """What was read in an ECG: its codes, and the same as facts to ask about."""

    codes: frozenset[str]
    facts: Facts


NORMAL = Read(NORMAL_CODES, facts_from(NORMAL_CODES, NORMAL_VALUES, 45.0, ()))


def by_rules(request: Request) -> str:
    """Answer from what is measured in the ECGs; without any, as if they were normal."""
    found = [_read(media) for media in request.media if media.kind == "ecg"]
    return answer(request, found or [NORMAL, NORMAL])


def as_normal(request: Request) -> str:
    """Answer as if every ECG were normal."""
    return answer(request, [NORMAL, NORMAL])


def answer(request: Request, ecgs: Sequence[Read]) -> str:
    """Return the answer in the words of the options.

    Questions of our own are recognised by their wording. Others are read by the statements that the question and the
    options name; of these a comparison asks for what is new in the second ECG.
    """
    own = recognise(request.question)
    if own is not None:
        template, asked = own
        facts = [one.facts for one in ecgs]
        return f"Answer: {join(template.solve(facts[: template.ecgs], asked))}"
    found = ecgs[-1].codes - ecgs[0].codes if len(ecgs) > 1 and ecgs[0] is not ecgs[-1] else ecgs[0].codes
    return f"Answer: {_by_statements(request, found)}"


def _by_statements(request: Request, codes: Collection[str]) -> str:
    if {"yes", "no"} <= set(request.options):
        return "yes" if codes_in(request.question) & set(codes) else "no"
    named = [option for option in request.options if codes_in(option) & set(codes)]
    return join(named) or NONE


def _read(media: Media) -> Read:
    from ecg_bench.ecg.measuring import interpret, measure

    found = measure(open_media(media))
    codes = frozenset(interpret(found))
    raised = {place for code in codes & TERRITORIES.keys() for place in TERRITORIES[code]} if "STE_" in codes else set()
    values = {
        "heart rate": found.rate,
        "pr interval": found.pr_ms,
        "qrs duration": found.qrs_ms,
        "qt corrected": found.qtc_ms,
    }
    return Read(codes, facts_from(codes, values, found.axis, raised))
