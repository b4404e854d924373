"""What the parrot says, alone and in a run: ``pip install -e . pytest && pytest``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ecg_bench import UserError, evaluate
from ecg_bench.backends import open_model
from ecg_bench.samples import GenerationParams, Media, Message, Mode, Request

REQUEST = Request(
    task="ecg/example",
    id="q1",
    index=0,
    permutation=0,
    mode=Mode.GENERATE,
    messages=(Message("user", "Which wave does atrial depolarisation make?"),),
    params=GenerationParams(max_tokens=16, temperature=0.0, seed=0),
    question="Which wave does atrial depolarisation make?",
    options=("The T wave", "The wave of atrial depolarisation, P", "The U wave", "None"),
)


def test_it_takes_the_option_that_it_heard_most_of() -> None:
    (response,) = asyncio.run(open_model("parrot/polly").answer([REQUEST]))
    assert response.text == "Answer: B"


def test_it_hears_by_its_argument() -> None:
    deaf = open_model("parrot/polly", {"shortest": "99"})
    (response,) = asyncio.run(deaf.answer([REQUEST]))
    assert response.text == "Answer: A"


def test_what_it_cannot_take_is_the_error_of_its_sample() -> None:
    from dataclasses import replace

    request = replace(REQUEST, media=(Media("image", "strip.png"),))
    (response,) = asyncio.run(open_model("parrot/polly").answer([request]))
    assert response.error == "parrot/polly has ears only, and this sample has image"


def test_an_unknown_bird_is_told() -> None:
    with pytest.raises(UserError, match="did you mean 'polly'"):
        open_model("parrot/poly")


@pytest.mark.parametrize("mode", [Mode.GENERATE, Mode.LOGLIKELIHOOD])
def test_a_run_has_one_outcome_for_each_sample(mode: Mode, tmp_path: Path) -> None:
    run = evaluate("parrot/coco", "ecg/mcq-general", limit=20, mode=mode, out=tmp_path / "run", quiet=True)
    result = run.results.tasks["ecg/mcq-general"]
    assert sum(result.outcomes.values()) == result.n == 20
    assert run.error_rate == 0
