"""Judges at work: on the answers of stored runs, as a panel, and on trial.

A judgement is a run like any other, whose samples are answers and whose requests are prompts to a judge; so it is
stored, resumed, cached and paid for in the same way. How prompts are made and verdicts read is `ecg_bench.judging`.
"""

from ecg_bench.judgements._answers import StoredAnswers
from ecg_bench.judgements._judging import Judging, judge_with
from ecg_bench.judgements._probe import Probe, ProbeRecord, probe_judge
from ecg_bench.judgements._runs import Judged, judge_dry_run, judge_runs

__all__ = [
    "Judged",
    "Judging",
    "Probe",
    "ProbeRecord",
    "StoredAnswers",
    "judge_dry_run",
    "judge_runs",
    "judge_with",
    "probe_judge",
]
