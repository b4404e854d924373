"""Money and tokens: what was spent, what may still be, and what is set aside for the requests in flight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecg_bench.errors import UserError
from ecg_bench.limits import Limits
from ecg_bench.prices import Price
from ecg_bench.samples import Request, Response, Usage

SLACK = 1.1  # between an estimate that was too low and the next one of its kind
IMAGE_TOKENS = 1600  # what providers count for a page of this size, on the high side
CHARS_PER_TOKEN = 3.5  # of English clinical text with common tokenizers, on the low side so that estimates are high


def estimate_tokens(request: Request) -> int:
    """Return roughly how many tokens a prompt has, where no tokenizer is at hand."""
    chars = sum(len(message.content) + 12 for message in request.messages)  # 12 for the turn's own markers
    chars += len(request.prefill) + sum(map(len, request.continuations))
    return int(chars / CHARS_PER_TOKEN) + 1 + IMAGE_TOKENS * len(request.media)


class Budget:
    """Keeps a run within its limits of tokens and cost.

    Before a request is sent, its prompt and its longest possible answer are set aside, so that the limits hold whatever
    is in flight. Where a prompt's tokens are estimated, the estimate is corrected by what the server counts.

    Parameters
    ----------
    limits : Limits
        What the user allows.
    price : Price or None
        What the model costs.

    Raises
    ------
    UserError
        If there is a limit of cost and the price isn't known.
    """

    def __init__(self, limits: Limits, price: Price | None) -> None:
        if limits.max_cost is not None and price is None:
            raise UserError(
                "--max-cost needs the price of the model, which no table has: "
                "give --price INPUT/OUTPUT in US dollars for a million tokens"
            )
        self._max_cost = limits.max_cost
        self._max_tokens = limits.max_tokens_total
        self._price = price
        self.cost = 0.0
        self.tokens = 0
        self._reserved_cost = 0.0
        self._reserved_tokens = 0
        self._factor = 1.0  # how far the estimates of prompts have been too low, at worst

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all."""
        return self._max_cost is not None or self._max_tokens is not None

    def kept(self, record: Mapping[str, Any]) -> None:
        """Count a sample of ``samples.jsonl`` that an earlier session left."""
        usage = record["usage"]
        if usage and not record["cached"]:
            self.tokens += usage["input_tokens"] + usage["output_tokens"]
            self.cost += record["cost_usd"] or 0.0

    def cost_of(self, response: Response) -> float | None:
        """Return what a response cost, in US dollars; None where it can't be known."""
        if response.cached or (self._price is not None and self._price.input == self._price.output == 0):
            return 0.0
        if self._price is None or response.usage is None:
            return None
        return self._price.cost(response.usage)

    def worst(self, request: Request, tokens: int) -> Usage:
        """Return the most that a request with a prompt of about so many tokens can take."""
        return Usage(round(tokens * self._factor), 0 if request.continuations else request.params.max_tokens)

    def learn(self, tokens: int, response: Response) -> None:
        """Correct the estimates of prompts by what the server counted where `tokens` were expected."""
        if response.usage is not None and tokens and response.usage.input_tokens > tokens:
            self._factor = max(self._factor, SLACK * response.usage.input_tokens / tokens)

    def fits(self, usage: Usage, *, alone: bool = False) -> bool:
        """Whether a request fits into what is left, beside those in flight or (`alone`) once these are over."""
        cost = 0.0 if self._price is None else self._price.cost(usage)
        tokens = usage.input_tokens + usage.output_tokens
        if not alone:
            cost, tokens = cost + self._reserved_cost, tokens + self._reserved_tokens
        fits_cost = self._max_cost is None or self.cost + cost <= self._max_cost
        return fits_cost and (self._max_tokens is None or self.tokens + tokens <= self._max_tokens)

    def reserve(self, usage: Usage, sign: int = 1) -> None:
        """Set the worst case of a request aside, or with `sign` -1 give it back."""
        self._reserved_tokens += sign * (usage.input_tokens + usage.output_tokens)
        self._reserved_cost += sign * (0.0 if self._price is None else self._price.cost(usage))

    def spend(self, response: Response) -> None:
        """Count what a response took."""
        if response.usage is not None and not response.cached:
            self.tokens += response.usage.input_tokens + response.usage.output_tokens
            self.cost += self.cost_of(response) or 0.0
