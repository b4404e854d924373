"""Reports of ECGs: free text, scored by the clinical statements that it makes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecg_bench.samples import Outcome, Request, Response, Sample, Scored
from ecg_bench.settings import Settings
from ecg_bench.task_types.base import Plan, generates_only, sample_of, text_of
from ecg_bench.task_types.open_answer import ANSWERS, USER, OpenAnswer, OpenPlan
from ecg_bench.text_metrics import agreement, claims_of

READER = "scp-statements-v1"


class EcgReport(OpenAnswer):
    """Reports with a reference report, the statements that are true of the ECG, or both.

    The main metric is the F1 of clinical statements: those of the field ``statements`` where the data have it, else
    those that the reference makes. Text metrics and judges compare with the reference, as for open questions.
    """

    main_metric = "statement_f"

    def read_row(self, row: Mapping[str, Any], index: int) -> Sample:
        statements = row.get("statements")
        if statements is not None and not (
            isinstance(statements, list) and all(isinstance(one, str) for one in statements)
        ):
            raise ValueError("the field 'statements' must be a list of codes")
        needed = statements is None or "reference" in row
        reference = text_of(row, "reference") if needed else None
        return sample_of(row, index, type=text_of(row, "type", "report"), reference=reference)

    def plan(
        self, name: str, settings: Settings, columns: Collection[str], shots: Sequence[Sample], *, shuffle: bool = True
    ) -> Plan:
        generates_only(name, settings, "free text")
        return _ReportPlan(name, self, settings, USER, set(columns) - ANSWERS - {"statements"} | {"question"})


class _ReportPlan(OpenPlan):
    metrics: tuple[str, ...] = ("statement_p", "statement_r", "statement_f")
    clustered: bool = True  # a patient may have several ECGs

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.prompt = (*self.prompt, READER)

    def score(self, sample: Sample, request: Request, response: Response) -> Scored:
        scored = super().score(sample, request, response)
        scores = dict.fromkeys(self.metrics, 0.0)
        if scored.outcome is Outcome.OK:
            one = agreement(claims_of(scored.parsed or ""), *_truth(sample))
            scores = dict(zip(self.metrics, (one.precision, one.recall, one.f), strict=True))
        return replace(scored, scores=scores)


def _truth(sample: Sample) -> tuple[frozenset[str], frozenset[str]]:
    """Return the statements that are true of an ECG, and those that may be."""
    given = sample.fields.get("statements")
    if given is not None:
        return frozenset(given), frozenset()
    reference = claims_of(sample.reference or "")
    return reference.present, reference.uncertain
