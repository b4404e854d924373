"""What a run took, summed over its samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ecg_bench.runs import TotalsRecord
from ecg_bench.samples import Outcome

_TOKENS = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")


class Totals:
    """Adds samples up, as they lie in ``samples.jsonl``."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter({str(outcome): 0 for outcome in Outcome})
        self._tokens = dict.fromkeys(_TOKENS, 0)
        self._cost: float | None = 0.0
        self._from_cache = 0
        self._retries: Counter[str] = Counter()

    def add(self, sample: Mapping[str, Any]) -> None:
        """Count a sample."""
        self.outcomes[sample["outcome"]] += 1
        self._retries.update(sample["retries"])
        if sample["cached"]:
            self._from_cache += 1
            return
        for name in _TOKENS if sample["usage"] else ():
            self._tokens[name] += sample["usage"][name]
        cost = sample["cost_usd"]
        if sample["outcome"] != Outcome.ERROR:  # what failed has no usage, and is asked again by a resumed run
            self._cost = None if self._cost is None or cost is None else self._cost + cost

    def record(self) -> TotalsRecord:
        """Return the sums."""
        cost = None if self._cost is None else round(self._cost, 6)
        return TotalsRecord(
            **self._tokens, cost_usd=cost, from_cache=self._from_cache, retries=dict(sorted(self._retries.items()))
        )
