"""--dry-run says what would be asked and what it would cost, and neither asks nor writes anything."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import Limits, Price, UserError, dry_run
from ecg_bench.backends import Backend, ModelCard
from ecg_bench.prices import listed_price, parse_price
from ecg_bench.samples import Mode, Request, Response, Usage

Pack = Callable[..., Path]


class Untouchable(Backend):
    """Must be neither prepared nor asked; counts a token a word."""

    summary = "for tests"
    modes = frozenset(Mode)

    def card(self) -> ModelCard:
        return ModelCard("untouchable", "test")

    def prepare(self, *_: object) -> None:
        raise AssertionError("prepared")

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        raise AssertionError("asked")

    def count_tokens(self, request: Request) -> int | None:
        return sum(len(message.content.split()) for message in request.messages)


def test_it_counts_every_request_of_every_epoch_and_order(pack: Pack) -> None:
    (once,) = dry_run(Untouchable(), "toy/choice", include=[pack()])
    (more,) = dry_run(Untouchable(), "toy/choice", include=[pack()], epochs=3, permutations=2)
    assert (once.tasks[0].requests, more.tasks[0].requests) == (20, 120)
    assert more.tasks[0].input_tokens == 6 * once.tasks[0].input_tokens
    assert once.tasks[0].most_output_tokens == 20 * 512
    assert once.counted_by == "the model's tokenizer"
    text = dict(once.tasks[0].first_prompt)["user"]
    assert "Which colour does the" in text
    assert once.tasks[0].input_tokens == pytest.approx(20 * len(text.split()), rel=0.1)


def test_the_cost_lies_between_no_answer_and_the_longest(pack: Pack) -> None:
    (plan,) = dry_run(Untouchable(), "toy/choice", include=[pack()], limits=Limits(price=Price(2.0, 10.0)))
    read, written = plan.tasks[0].input_tokens, plan.tasks[0].most_output_tokens
    assert plan.cost == pytest.approx((read * 2 / 1e6, (read * 2 + written * 10) / 1e6))
    (half,) = dry_run(Untouchable(), "toy/choice", include=[pack()], limits=Limits(price=Price(2.0, 10.0)), batch=True)
    assert half.cost == pytest.approx(tuple(cost / 2 for cost in plan.cost or ()))


def test_scoring_options_writes_nothing(pack: Pack) -> None:
    (plan,) = dry_run(Untouchable(), "toy/choice", include=[pack()], mode="loglikelihood")
    assert plan.tasks[0].most_output_tokens == 0
    assert plan.tasks[0].first_continuations == (" A", " B", " C", " D")


def test_without_a_tokenizer_it_estimates_and_says_so(pack: Pack) -> None:
    (plan,) = dry_run("baseline/longest", "toy/choice", include=[pack()])
    assert plan.counted_by == "an estimate, 3.5 characters a token"
    text = dict(plan.tasks[0].first_prompt)["user"]
    assert plan.tasks[0].input_tokens / 20 == pytest.approx(len(text) / 3.5, rel=0.1)


def test_the_command_prints_prompt_tokens_and_cost_and_writes_nothing(pack: Pack, tmp_path: Path) -> None:
    form = ["eval", "--dry-run", "--model", "openai/gpt-4o", "--tasks", "toy/choice", "--include", str(pack())]
    before = sorted(tmp_path.rglob("*"))

    def command(*more: str) -> str:
        command = [sys.executable, "-m", "ecg_bench", *form, *more]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout

    shown = command("--out", "RUN")
    for part in (
        "the first of 20 requests",
        "Which colour does the",
        "genai-prices",
        "US dollars",
        "nothing was asked",
    ):
        assert part in shown
    assert "cost unknown" in command("--model", "openai/my-own", "--model-arg", "base_url=https://api.example.org/v1")
    given: dict[str, Any] = json.loads(command("--price", "1/2", "--json"))["dry_run"][0]
    assert given["price"]["source"] == "given by the user"
    assert given["cost_usd"][0] < given["cost_usd"][1]
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("text", ["2.5", "a/b", "1/2/3", "-1/2", "nan/1", "inf/1", ""])
def test_a_price_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="a price is INPUT/OUTPUT"):
        parse_price(text)


def test_cached_tokens_have_a_price_of_their_own() -> None:
    price = Price(3.0, 15.0, 0.3, 3.75)
    usage = Usage(1000, 100, cached_tokens=600, cache_write_tokens=200)
    assert price.cost(usage) == pytest.approx((200 * 3 + 600 * 0.3 + 200 * 3.75 + 100 * 15) / 1e6)
    assert Price(3.0, 15.0).cost(usage) == pytest.approx((1000 * 3 + 100 * 15) / 1e6)
    assert (price * 0.5).cost(usage) == pytest.approx(price.cost(usage) / 2)


def test_prices_come_from_a_public_table_and_name_it() -> None:
    price = listed_price("openai", "gpt-4o-2024-08-06")
    assert price is not None
    assert (price.input, price.output, price.cached) == (2.5, 10.0, 1.25)
    assert price.source.startswith("genai-prices ")
    assert listed_price("openai", "no-such-model") is None
    assert listed_price("no-such-provider", "gpt-4o") is None
