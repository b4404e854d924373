"""A scripted model does what its file says, the same way each time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import UserError, evaluate
from ecg_bench.backends import TransientError, open_model
from ecg_bench.backends.mock import Mock
from ecg_bench.limits import Limits
from ecg_bench.samples import GenerationParams, Message, Mode, Request, Response, Usage

Pack = Callable[..., Path]
REQUEST = Request(
    task="toy/choice",
    id="q00001",
    index=1,
    permutation=0,
    mode=Mode.GENERATE,
    messages=(Message("user", "Which?"),),
    params=GenerationParams(max_tokens=64, temperature=0.0, seed=0),
    question="Which colour does the apple have?",
    options=("red", "dark green", "blue"),
)


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Mock]:
    def write(text: str) -> Mock:
        path = tmp_path / "script.yaml"
        path.write_text(text)
        backend = open_model(f"mock/{path}")
        assert isinstance(backend, Mock)
        return backend

    return write


Script = Callable[[str], Mock]


def ask(backend: Mock, **changes: Any) -> Response:
    return asyncio.run(backend.answer([replace(REQUEST, **changes)]))[0]


def numbered(n: int, seed: int = 0) -> list[Request]:
    params = replace(REQUEST.params, seed=seed)
    return [replace(REQUEST, id=f"q{i:05d}", index=i, params=params) for i in range(n)]


def test_the_first_rule_that_fits_answers_and_else_the_default(script: Script) -> None:
    backend = script("""
answers:
  - {task: "other/*", text: another task}
  - {id: q00007, text: the seventh}
  - {question: "colour|shape", id: "q0000[89]", text: eighth or ninth}
  - {question: "^Which colour", task: "toy/*", text: a colour}
  - {id: q00001, text: too late}
default: {text: I am not sure}
""")
    assert ask(backend).text == "a colour"
    assert ask(backend, task="other/x").text == "another task"
    assert ask(backend, id="q00007").text == "the seventh"
    assert ask(backend, id="q00009").text == "eighth or ninth"
    assert ask(backend, id="q00009", question="How many?").text == "I am not sure"
    assert ask(backend, id="q00001", question="How many?").text == "too late"


def test_everything_about_an_answer_can_be_scripted(script: Script) -> None:
    backend = script("""
answers:
  - id: q00001
    text: "Answer: B"
    finish_reason: length
    reasoning: Green things grow.
    usage: {input_tokens: 100, output_tokens: 20, cached_tokens: 60, reasoning_tokens: 12}
  - {id: q00002, error: the prompt is too long}
""")
    usage = Usage(100, 20, cached_tokens=60, reasoning_tokens=12)
    assert ask(backend) == Response("Answer: B", finish_reason="length", reasoning="Green things grow.", usage=usage)
    assert ask(backend, id="q00002").error == "the prompt is too long"


def test_several_texts_take_turns_by_epoch(script: Script) -> None:
    backend = script("default: {text: [one, two, three]}")
    assert [ask(backend, epoch=epoch).text for epoch in range(4)] == ["one", "two", "three", "one"]


def test_a_text_may_be_a_template_over_what_the_model_is_shown(script: Script) -> None:
    backend = script("""default: {text: "Surely {{ options[1].text }}, so Answer: {{ options[1].letter }}"}""")
    assert ask(backend).text == "Surely dark green, so Answer: B"


@pytest.mark.parametrize(
    ("choice", "at"), [("first", 0), ("last", 2), ("longest", 1), ("B", 1), ("C", 2), ("random", None)]
)
def test_a_choice_answers_in_both_modes_and_alike(script: Script, choice: str, at: int | None) -> None:
    backend = script(f"default: {{choice: {choice}}}")
    text = ask(backend).text
    if at is not None:
        assert text == f"Answer: {'ABC'[at]}"
    found = ask(backend, mode=Mode.LOGLIKELIHOOD, continuations=(" red", " dark green", " blue")).loglikelihoods
    by_length = [value / n for value, n in zip(found, (4, 11, 5), strict=True)]
    assert f"Answer: {'ABC'[found.index(max(found))]}" == text
    assert by_length.index(max(by_length)) == found.index(max(found))


def test_random_choices_follow_the_seed_and_take_each_option_as_often(script: Script) -> None:
    backend = script("default: {choice: random}")

    def texts(seed: int) -> list[str]:
        return [response.text for response in asyncio.run(backend.answer(numbered(3000, seed)))]

    assert texts(0) == texts(0) != texts(1)
    assert all(900 < n < 1100 for n in Counter(texts(0)).values())


@pytest.mark.parametrize(
    ("text", "changes", "says"),
    [
        ("default: {text: A}", {"mode": Mode.LOGLIKELIHOOD}, "log-likelihoods need a choice"),
        ("default: {choice: first}", {"options": ()}, "this sample has no options: give a text"),
        ("default: {choice: D}", {}, "chooses D, but this sample has 3 options"),
    ],
)
def test_what_a_sample_has_no_answer_for_is_its_error(
    script: Script, text: str, changes: dict[str, Any], says: str
) -> None:
    error = ask(script(text), **changes).error
    assert error is not None
    assert says in error


def test_latencies_lie_in_their_range_and_follow_the_seed(script: Script) -> None:
    backend = script("""
latency_s: {min: 0.01, max: 0.05}
answers: [{id: q00003, text: A, latency_s: 0.12}]
""")

    def seconds(request: Request) -> float:
        start = time.perf_counter()
        asyncio.run(backend.answer([request]))
        return time.perf_counter() - start

    first, again = ([seconds(request) for request in numbered(6)] for _ in range(2))
    for at, (one, two) in enumerate(zip(first, again, strict=True)):
        low, high = (0.12, 0.3) if at == 3 else (0.01, 0.15)
        assert low <= one < high
        assert abs(one - two) < 0.1
    assert backend.batch_size == 1
    assert backend.concurrency == 64


def attempts(backend: Mock, request: Request) -> list[str]:
    """Return the causes of the attempts that fail until one succeeds, and its text or error."""
    causes = []
    for _ in range(10):
        try:
            response = asyncio.run(backend.answer([request]))[0]
        except TransientError as error:
            causes.append(f"{error.cause} {error.overloaded} {error.retry_after}")
        else:
            return [*causes, response.error or response.text]
    raise AssertionError(causes)


def test_faults_befall_their_share_of_the_requests_as_often_as_said(script: Script) -> None:
    text = """
default: {text: at last}
faults:
  - {share: 0.2, cause: "429", retry_after: 0.01, times: 2}
  - {share: 0.1, cause: timeout}
  - {share: 0.05, error: refused for good}
"""
    found = [tuple(attempts(script(text), request)) for request in numbered(600)]
    counts = Counter(found)
    assert set(counts) == {
        ("at last",),
        ("429 True 0.01", "429 True 0.01", "at last"),
        ("timeout False None", "at last"),
        ("refused for good",),
    }
    assert 85 < counts["429 True 0.01", "429 True 0.01", "at last"] < 155
    assert 35 < counts["timeout False None", "at last"] < 85
    assert 12 < counts["refused for good",] < 50
    backend = script(text)
    assert [tuple(attempts(backend, request)) for request in numbered(600)] == found


def test_the_engine_gets_through_the_faults_and_counts_them(script: Script, pack: Pack, tmp_path: Path) -> None:
    backend = script("""
default: {choice: first}
faults:
  - {share: 0.3, cause: "429", retry_after: 0.01, times: 2}
  - {share: 0.1, error: refused for good}
""")
    folder, limits = pack(n=100), Limits(retry_wait=0.01)
    run = evaluate(backend, "toy/choice", include=[folder], out=tmp_path / "run", limits=limits, quiet=True)
    retried = [one["retries"] for one in run.samples() if one["retries"]]
    assert 15 < len(retried) < 45
    assert all(causes == ["429", "429"] for causes in retried)
    assert {error for _, _, error in run.errors()} == {"refused for good"}
    assert run.results.tasks["toy/choice"].outcomes["ok"] == 100 - len(list(run.errors()))


def test_a_run_repeats(script: Script, pack: Pack, tmp_path: Path) -> None:
    folder = pack()
    text = """
answers: [{id: "q0000*", choice: A}, {task: "*/free", text: "It is good for {{ id }}."}]
latency_s: {min: 0, max: 0.002}
faults: [{share: 0.2, error: gone}]
"""
    runs = [
        evaluate(script(text), ["toy/choice", "toy/free"], include=[folder], out=tmp_path / str(n), quiet=True)
        for n in range(2)
    ]
    outputs = [{(one["id"], one["output"], one["error"]) for one in run.samples()} for run in runs]
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) == 26
    assert runs[0].system == "mock/script"
    assert sum(error == "gone" for _, _, error in outputs[0]) == len(list(runs[0].errors())) > 0


def test_another_script_is_another_model(script: Script) -> None:
    one = script("default: {text: A}").card()
    two = script("default: {text: B}").card()
    assert one.identity != two.identity


def test_answers_stay_out_of_the_response_cache_unless_the_script_says_otherwise(script: Script) -> None:
    assert not script("default: {text: A}").cacheable
    assert script("default: {text: A}\ncache: true").cacheable


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("defualt: {text: A}", 1, "unknown field 'defualt'"),
        ("answers:\n  - {id: q1, text: A}\n  - {text: A}", 3, "needs a task, an id or a question"),
        ("answers:\n  - id: q1\n    text: A\n    choice: B", 2, "exactly one of text, choice and error"),
        ("default: {text: []}", 1, "at least 1 item"),
        ("default:\n  choice: best", 2, "first, last, longest, random or a letter such as B, but is 'best'"),
        ("answers:\n  - question: '['\n    text: A", 2, "is no regular expression"),
        ("latency_s: {min: 2, max: 1}", 1, "min is 2, which is above max, 1"),
        ("latency_s: -1", 1, "greater than or equal to 0"),
        ("faults:\n  - {share: 0.5, cause: '429'}\n  - {share: 0.6, cause: '503'}", 1, "add up to 1.1"),
        ("faults:\n  - {share: 0.5}", 2, "needs either a cause"),
        ("default: {text: '{{ key }}'}", None, "unknown field 'key'"),
    ],
)
def test_mistakes_in_the_script_are_told_with_their_line(
    script: Script, text: str, line: int | None, says: str
) -> None:
    with pytest.raises(UserError) as caught:
        script(text)
    assert says in str(caught.value)
    assert f"script.yaml:{line}: " in str(caught.value) if line else "script.yaml: default" in str(caught.value)


def test_the_example_in_the_documentation_does_what_is_said(script: Script) -> None:
    page = Path(__file__).parent.parent.parent / "docs" / "models" / "mock.md"
    backend = script(page.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0])
    assert attempts(backend, replace(REQUEST, task="ecg/x", id="q00010", epoch=2))[-1] == "I would say red."
    assert attempts(backend, replace(REQUEST, id="other"))[-1] == "Answer: B"
    assert attempts(backend, replace(REQUEST, task="ecg/x", id="q00042"))[-1] == "the prompt is too long"
    assert attempts(backend, replace(REQUEST, task="ecg/x", id="q00043"))[-1] == "I am not sure"


def test_an_instant_script_costs_next_to_nothing(script: Script) -> None:
    backend = script("""
answers: [{id: q00007, text: A}, {task: "other/*", text: B}, {question: shape, text: C}]
default: {text: "Answer: D"}
""")
    assert backend.batch_size == 256
    work = numbered(20_000)

    async def all_of_it() -> float:
        start = time.perf_counter()
        for at in range(0, len(work), 256):
            await backend.answer(work[at : at + 256])
        return (time.perf_counter() - start) / len(work)

    best = min(asyncio.run(all_of_it()) for _ in range(5))
    assert best < 20e-6, f"{best * 1e6:.1f} µs"
