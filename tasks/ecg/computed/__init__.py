"""Multiple-choice items whose keys are computed, with distractors that come from named, typical errors.

``python -m ecg_bench.tasks.ecg.computed`` prints them as JSONL; the test suite compares what it prints with the shipped
data, and recomputes every key from the stored inputs.
"""

from ecg_bench.tasks.ecg.computed._build import SEED, build, recompute

__all__ = ["SEED", "build", "recompute"]
