"""What tokens cost, in US dollars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecg_bench.errors import UserError
from ecg_bench.samples import Usage

BATCH_SHARE = 0.5  # what OpenAI and Anthropic charge for their batch APIs, as a share of the ordinary price


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens.

    Parameters
    ----------
    input, output : float
        For tokens read and written.
    cached, cache_write : float, optional
        For tokens of the prompt that the provider's prompt cache held, and that it took up; `input` if not given.
    source : str
        Where the price comes from.
    """

    input: float
    output: float
    cached: float | None = None
    cache_write: float | None = None
    source: str = "given by the user"

    def cost(self, usage: Usage) -> float:
        """Return what some tokens cost, in US dollars."""
        plain = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens
        cached = self.input if self.cached is None else self.cached
        written = self.input if self.cache_write is None else self.cache_write
        total = plain * self.input + usage.cached_tokens * cached + usage.cache_write_tokens * written
        return (total + usage.output_tokens * self.output) / 1e6

    def __mul__(self, share: float) -> Price:
        """Return the price with a discount: half of it is ``price * 0.5``."""
        cached, written = (None if one is None else one * share for one in (self.cached, self.cache_write))
        source = f"{self.source}, times {share:g}"
        return Price(self.input * share, self.output * share, cached, written, source)


def parse_price(text: str) -> Price:
    """Read ``INPUT/OUTPUT``, in US dollars for a million tokens.

    Raises
    ------
    UserError
        If the text has another form, or a number is negative.
    """
    try:
        read, written = (float(part) for part in text.split("/"))
    except ValueError:
        read = written = -1.0
    if not (0 <= read < float("inf") and 0 <= written < float("inf")):
        raise UserError(f"a price is INPUT/OUTPUT in US dollars for a million tokens, such as 2.5/10, not {text!r}")
    return Price(read, written)


def listed_price(provider: str, model: str) -> Price | None:
    """Look a price up in the table that the package ``genai-prices`` brings.

    Returns
    -------
    Price or None
        The price of short prompts, where it depends on their length; None where the table doesn't have the model, or
        isn't installed.
    """
    try:
        import genai_prices
    except ImportError:
        return None

    def dollars(**tokens: int) -> Any:
        usage = genai_prices.Usage(**tokens)
        return float(genai_prices.calc_price(usage, model_ref=model, provider_id=provider).total_price)

    n = 1000  # below every tier that depends on the length of the prompt
    try:
        price = Price(
            dollars(input_tokens=n) * 1e6 / n,
            dollars(output_tokens=n) * 1e6 / n,
            dollars(input_tokens=n, cache_read_tokens=n) * 1e6 / n,
            dollars(input_tokens=n, cache_write_tokens=n) * 1e6 / n,
            source=f"genai-prices {genai_prices.__version__}",
        )
    except (LookupError, ValueError):
        return None
    return price


def price_at(url: str, model: str) -> Price | None:
    """Look up what a model costs at the provider behind an address, as `listed_price` does by the provider's name."""
    try:
        from genai_prices.data_snapshot import get_snapshot
    except ImportError:
        return None
    try:
        provider = get_snapshot().find_provider(None, None, url)
    except LookupError:
        return None
    return listed_price(provider.id, model)
