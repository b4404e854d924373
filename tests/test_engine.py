"""The engine against servers of every temper, in virtual time: how fast, how often, and what comes of each request."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from ecg_bench import Limits, Price, UserError
from ecg_bench.backends import Backend, ModelCard, TransientError
from ecg_bench.evaluation._budget import Budget
from ecg_bench.evaluation._engine import Asking, _Engine
from ecg_bench.evaluation._prepare import Work
from ecg_bench.samples import GenerationParams, Message, Mode, Request, Response, Usage
from tests import virtual_time


class Server(Backend):
    """Behaves as a function of the number of the call and what is in flight says."""

    summary = "for tests"
    adaptive = True
    concurrency = 256

    def __init__(self, behave: Callable[[Server, Request, int], Any], *, latency: float = 0.05) -> None:
        self.behave = behave
        self.latency = latency
        self.in_flight = self.most_in_flight = 0
        self.calls: Counter[str] = Counter()
        self.times: list[float] = []

    def card(self) -> ModelCard:
        return ModelCard("server", "test")

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        (request,) = requests
        attempt = self.calls[request.id]
        self.calls[request.id] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.times.append(asyncio.get_running_loop().time())
        try:
            latency = self.behave(self, request, attempt)
            await asyncio.sleep(self.latency if latency is None else latency)
        finally:
            self.in_flight -= 1
        return [Response(f"answer to {request.id}", usage=Usage(10, 5))]


def work(n: int) -> Iterator[Work]:
    params = GenerationParams(max_tokens=20, temperature=0.0, seed=0)
    for index in range(n):
        messages = (Message("user", "x" * 35),)
        request = Request("t", f"q{index}", index, 0, Mode.GENERATE, messages, params, "")
        yield Work(SimpleNamespace(), SimpleNamespace(id=f"q{index}"), request)  # type: ignore[arg-type]


class Outcome:
    def __init__(self, server: Server, n: int, limits: Limits, price: Price | None = None) -> None:
        self.found: dict[str, Response] = {}
        budget = Budget(limits, price)

        def sink(answered: Sequence[tuple[Work, Response]]) -> None:
            for one, response in answered:
                assert one.request.id not in self.found, "stored twice"
                self.found[one.request.id] = response

        async def main() -> str | None:
            return await _Engine(Asking(server, limits, budget, sink, None, lambda text: None), work(n)).run()

        self.stopped, self.seconds = virtual_time.run(main())
        self.budget = budget

    @property
    def errors(self) -> list[str]:
        return [response.error for response in self.found.values() if response.error]


def always_well(server: Server, request: Request, attempt: int) -> None:
    return None


def test_a_willing_server_is_used_to_the_limit_given() -> None:
    server = Server(always_well)
    outcome = Outcome(server, 1000, Limits(max_connections=32))
    assert len(outcome.found) == 1000
    assert server.most_in_flight == 32
    assert 1000 * 0.05 / 32 / outcome.seconds > 0.9  # the slow start costs less than a tenth


def test_growing_stops_where_the_throughput_does() -> None:
    """A server that works on 10 at a time, and lets the others wait."""

    def queue(server: Server, request: Request, attempt: int) -> float:
        return 0.05 * max(1.0, server.in_flight / 10)

    server = Server(queue)
    outcome = Outcome(server, 3000, Limits())
    assert len(outcome.found) == 3000
    assert 10 <= server.most_in_flight <= 40
    assert 3000 * 0.05 / 10 / outcome.seconds > 0.85


def test_refusals_for_overload_shrink_the_limit_and_it_recovers() -> None:
    def at_most_twelve(server: Server, request: Request, attempt: int) -> None:
        if server.in_flight > 12:
            raise TransientError("429", "too many", overloaded=True)

    server = Server(at_most_twelve)
    outcome = Outcome(server, 3000, Limits(retry_wait=0.1))
    assert len(outcome.found) == 3000
    assert not outcome.errors
    refused = sum(server.calls.values()) - 3000
    assert refused < 150
    assert 3000 * 0.05 / 12 / outcome.seconds > 0.5


def test_retry_after_is_obeyed_by_everything() -> None:
    closed = {"until": 0.0}

    def shut_for_a_while(server: Server, request: Request, attempt: int) -> None:
        now = asyncio.get_running_loop().time()
        if request.id == "q20" and attempt == 0:
            closed["until"] = now + 7.0
            raise TransientError("429", "too many", overloaded=True, retry_after=7.0)

    server = Server(shut_for_a_while)
    outcome = Outcome(server, 200, Limits(max_connections=4))
    assert not outcome.errors
    start = closed["until"] - 7.0
    assert not [time for time in server.times if start < time < closed["until"] - 1e-6]
    assert outcome.found["q20"].retries == ("429",)


def test_one_slow_request_holds_up_nobody() -> None:
    def slow(server: Server, request: Request, attempt: int) -> float | None:
        return 30.0 if request.id == "q3" else None

    server = Server(slow)
    outcome = Outcome(server, 400, Limits(max_connections=4))
    assert outcome.seconds == pytest.approx(30.0, abs=0.5)
    order = list(outcome.found)
    assert order[-1] == "q3"


def test_an_attempt_that_takes_too_long_is_given_up_and_tried_again() -> None:
    def hangs_once(server: Server, request: Request, attempt: int) -> float | None:
        return 1e6 if attempt == 0 and request.id in ("q1", "q2") else None

    outcome = Outcome(Server(hangs_once), 10, Limits(request_timeout=5.0))
    assert not outcome.errors
    assert outcome.found["q1"].retries == ("timeout",)
    assert outcome.seconds < 20


def test_waits_double_and_end_after_the_retries_allowed() -> None:
    def never(server: Server, request: Request, attempt: int) -> None:
        raise TransientError("503", "the server is down")

    server = Server(never)
    outcome = Outcome(server, 1, Limits(max_retries=5, retry_wait=1.0))
    assert outcome.errors == ["the server is down (after 6 attempts)"]
    assert outcome.found["q0"].retries == ("503",) * 6
    gaps = [after - before for before, after in zip(server.times, server.times[1:], strict=False)]
    for n, gap in enumerate(gaps):
        assert 0.5 * 2**n <= gap <= 2**n + 0.2


def test_a_server_that_is_gone_does_not_take_a_day() -> None:
    def dies(server: Server, request: Request, attempt: int) -> None:
        if len(server.times) > 300:
            raise TransientError("connection", "nobody answers")

    server = Server(dies)
    outcome = Outcome(server, 5000, Limits())
    assert len(outcome.found) == 5000
    assert len(outcome.errors) > 4000
    assert outcome.seconds < 1200
    assert sum(server.calls.values()) < 5000 + 2 * 256 * 9  # tried again: only what was under way when it died


def test_a_minute_without_a_server_costs_no_sample() -> None:
    def away(server: Server, request: Request, attempt: int) -> None:
        if 1 < asyncio.get_running_loop().time() < 61:
            raise TransientError("connection", "nobody answers")

    server = Server(away)
    outcome = Outcome(server, 5000, Limits())
    assert not outcome.errors
    assert outcome.seconds < 130


def test_an_answer_after_a_long_outage_brings_retries_back() -> None:
    def back_then_stumbling(server: Server, request: Request, attempt: int) -> None:
        if request.index < 20:
            raise TransientError("connection", "nobody answers")
        if attempt == 0 and request.index > 100:
            raise TransientError("500", "stumbled")

    outcome = Outcome(Server(back_then_stumbling), 200, Limits(max_connections=1))
    assert len(outcome.errors) == 20
    assert all(outcome.found[f"q{n}"].retries == ("500",) for n in range(101, 200))


def test_nothing_is_asked_again_after_success() -> None:
    def stumbles(server: Server, request: Request, attempt: int) -> None:
        if (request.index * 7 + attempt * 3) % 10 < 3:
            raise TransientError("500", "stumbled")

    server = Server(stumbles)
    outcome = Outcome(server, 500, Limits(retry_wait=0.01, max_retries=20))
    assert not outcome.errors
    for name, response in outcome.found.items():
        assert server.calls[name] == 1 + len(response.retries)


def test_requests_a_minute_are_kept() -> None:
    server = Server(always_well)
    outcome = Outcome(server, 300, Limits(rpm=60))
    assert outcome.seconds == pytest.approx((300 - 6) / 1.0, rel=0.05)
    for start in range(0, int(outcome.seconds) - 60, 30):
        assert sum(start <= time < start + 60 for time in server.times) <= 60 + 6


def test_tokens_a_minute_are_kept_by_what_was_really_used() -> None:
    server = Server(always_well)  # 15 tokens each, where 35 / 3.5 + 20 and a little more were expected
    outcome = Outcome(server, 400, Limits(tpm=600, max_connections=2))
    used = 400 * 15
    assert outcome.seconds == pytest.approx((used - 60) / 10, rel=0.1)


def test_a_budget_of_tokens_is_never_passed_and_stops_cleanly() -> None:
    server = Server(always_well)
    outcome = Outcome(server, 1000, Limits(max_tokens_total=1500, max_connections=16))
    assert outcome.stopped == "the budget is spent"
    assert outcome.budget.tokens <= 1500
    assert outcome.budget.tokens > 1400
    assert len(outcome.found) == sum(server.calls.values()) == outcome.budget.tokens // 15


def test_a_budget_of_money_is_never_passed() -> None:
    price = Price(1.0, 10.0)  # 60 millionths of a dollar for each answer
    outcome = Outcome(Server(always_well), 1000, Limits(max_cost=0.006), price)
    assert outcome.stopped == "the budget is spent"
    assert 0.005 < outcome.budget.cost <= 0.006


def test_a_budget_that_is_enough_is_not_mentioned() -> None:
    outcome = Outcome(Server(always_well), 100, Limits(max_tokens_total=100 * 15 + 40, max_connections=4))
    assert outcome.stopped is None
    assert len(outcome.found) == 100


def test_a_limit_of_cost_without_a_price_is_refused() -> None:
    with pytest.raises(UserError, match="--price INPUT/OUTPUT"):
        Budget(Limits(max_cost=1.0), None)


def test_a_time_limit_stops_cleanly() -> None:
    server = Server(always_well)
    outcome = Outcome(server, 10_000, Limits(time_limit=10.0, max_connections=8))
    assert outcome.stopped == "the time limit was reached"
    assert outcome.seconds == pytest.approx(10.0, abs=0.2)
    assert len(outcome.found) == sum(server.calls.values())


def test_a_mistake_of_the_user_ends_the_run_with_its_sentence() -> None:
    def wrong_key(server: Server, request: Request, attempt: int) -> None:
        if len(server.times) > 50:
            raise UserError("the key is wrong")

    with pytest.raises(UserError, match="the key is wrong"):
        _run_until_error(wrong_key)


def _run_until_error(behave: Callable[[Server, Request, int], Any]) -> None:
    from ecg_bench.evaluation._engine import run_async

    async def main() -> None:
        asking = Asking(Server(behave, latency=0.0), Limits(), Budget(Limits(), None), lambda _: None, None, print)
        await _Engine(asking, work(1000)).run()

    run_async(main())


def test_whatever_a_library_throws_is_an_error_of_its_sample_only() -> None:
    def breaks(server: Server, request: Request, attempt: int) -> None:
        if request.id == "q5":
            raise ZeroDivisionError("in the model")

    outcome = Outcome(Server(breaks), 20, Limits())
    assert outcome.errors == ["ZeroDivisionError: in the model"]
