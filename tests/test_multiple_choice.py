"""Multiple choice: orders, prompts, few-shot examples and the two ways of scoring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest

from ecg_bench.domains import find_tasks
from ecg_bench.errors import UserError
from ecg_bench.samples import Mode, Outcome, Request, Response, Sample
from ecg_bench.settings import Settings
from ecg_bench.task_types import Plan
from ecg_bench.task_types.multiple_choice import option_order

Pack = Callable[..., Path]


def planned(folder: Path, *, shuffle: bool = True, **settings: object) -> tuple[Plan, list[Sample]]:
    (task,) = find_tasks([f"{folder.name}/choice"], [folder])
    plan = task.type.plan(task.name, Settings(**settings), task.scan.columns, task.shots, shuffle=shuffle)  # type: ignore[arg-type]
    return plan, list(task.dataset)


def test_all_orders_are_reached_and_each_key_position_once_in_four() -> None:
    orders = [option_order(3, "t", "s", 4, k) for k in range(24)]
    assert sorted(orders) == sorted(permutations(range(4)))
    for start in range(0, 24, 4):
        for place in range(4):
            assert sorted(order[place] for order in orders[start : start + 4]) == [0, 1, 2, 3]


def test_the_first_order_is_drawn_evenly_and_depends_on_seed_and_sample() -> None:
    counts = Counter(option_order(0, "t", str(n), 4, 0) for n in range(24_000))
    assert len(counts) == 24
    assert 850 < min(counts.values()) <= max(counts.values()) < 1150
    assert option_order(0, "t", "s", 4, 0) == option_order(0, "t", "s", 4, 0)
    assert len({option_order(seed, "t", "s", 4, 0) for seed in range(50)}) > 10


def test_the_prompt_shows_question_and_options_and_the_target_follows_the_order(pack: Pack) -> None:
    plan, samples = planned(pack())
    for sample in samples:
        (request,) = plan.requests(sample)
        text = request.messages[-1].content
        assert sample.question in text
        shown = [line[3:] for line in text.splitlines() if line[1:3] == ") "]
        assert shown == list(request.options)
        assert sorted(shown) == sorted(sample.options)
        assert sample.key is not None
        right = "ABCD"[shown.index(sample.options[sample.key])]
        scored = plan.score(sample, request, Response(f"Answer: {right}"))
        assert (scored.outcome, scored.parsed, scored.target) == (Outcome.OK, right, right)
        assert scored.choice == sample.key
        assert scored.scores == {"acc": 1.0}


def test_without_shuffling_the_order_is_that_of_the_data(pack: Pack) -> None:
    plan, samples = planned(pack(), shuffle=False)
    assert all(next(plan.requests(sample)).order == "ABCD" for sample in samples)


def test_a_key_and_its_rationale_never_reach_a_prompt(pack: Pack) -> None:
    for field in ("key", "rationale"):
        with pytest.raises(UserError, match=f"unknown field '{field}'"):
            planned(pack(card=f"prompt: {{user: '{{{{ question }}}} {{{{ {field} }}}}'}}\n"))


def test_few_shot_examples_come_from_the_pool_as_turns_of_the_same_form(pack: Pack) -> None:
    plan, samples = planned(pack(), num_fewshot=3)
    requests = [next(plan.requests(sample)) for sample in samples]
    assert [m.role for m in requests[0].messages] == ["user", "assistant"] * 3 + ["user"]
    assert len({request.messages[:6] for request in requests}) == 1
    scored = {sample.question for sample in samples}
    for user, assistant in zip(requests[0].messages[0:6:2], requests[0].messages[1:6:2], strict=True):
        assert user.content.startswith("Example")
        assert user.content.splitlines()[0] not in scored
        assert assistant.content in [f"Answer: {x}" for x in "ABCD"]
    with pytest.raises(UserError, match="has 4 worked examples: --num-fewshot 5 is too many"):
        planned(pack(), num_fewshot=5)


def test_permutations_beyond_all_orders_are_refused(pack: Pack) -> None:
    with pytest.raises(UserError, match="no more than 24 orders"):
        planned(pack(), permutations=25)
    with pytest.raises(UserError, match="one order"):
        planned(pack(), permutations=2, shuffle=False)


def likelihood_request(pack: Pack, score_by: str) -> tuple[Plan, Sample, Request]:
    plan, samples = planned(pack(), mode=Mode.LOGLIKELIHOOD, score_by=score_by)
    return plan, samples[0], next(plan.requests(samples[0]))


def test_letters_are_scored_after_a_prompt_that_shows_the_options(pack: Pack) -> None:
    plan, sample, request = likelihood_request(pack, "letter")
    assert request.continuations == (" A", " B", " C", " D")
    assert request.prefill == "Answer:"
    assert all(option in request.messages[-1].content for option in sample.options)
    scored = plan.score(sample, request, Response(loglikelihoods=(-3.0, -1.0, -2.0, -4.0)))
    assert scored.parsed == "B"
    assert scored.scores["acc"] == scored.scores["acc_norm"] == float(scored.target == "B")


def test_option_texts_are_scored_after_a_prompt_that_hides_them(pack: Pack) -> None:
    _plan, sample, request = likelihood_request(pack, "option")
    assert request.continuations == tuple(f" {option}" for option in request.options)
    assert not any(option in request.messages[-1].content for option in sample.options)


def test_acc_norm_divides_by_the_length_of_the_option(pack: Pack) -> None:
    data = [
        {
            "id": "1",
            "question": "Q?",
            "options": ["ab", "abcdefghij", "abc", "abcd"],
            "key": "B",
            "group": "doc0#section-0",
        }
    ]
    plan, (sample,) = planned(pack(data=data), mode="loglikelihood", score_by="option", seed=1)
    (request,) = plan.requests(sample)
    # Per character -1.0 for all but the key, which has -0.5 and yet the lowest sum.
    values = tuple(
        -0.5 * 10 if text.strip() == "abcdefghij" else -1.0 * len(text.strip()) for text in request.continuations
    )
    scored = plan.score(sample, request, Response(loglikelihoods=values))
    assert scored.scores == {"acc": 0.0, "acc_norm": 1.0}


def test_equal_likelihoods_are_no_answer(pack: Pack) -> None:
    plan, sample, request = likelihood_request(pack, "letter")
    scored = plan.score(sample, request, Response(loglikelihoods=(-1.0, -1.0, -2.0, -3.0)))
    assert (scored.outcome, scored.parsed, scored.scores["acc"]) == (Outcome.UNPARSED, None, 0.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"options": ["a", "b", "c", "d", "e"]}, "must have 4 options, but has 5"),
        ({"options": ["a", "b", "c"]}, "must have 4 options, but has 3"),
        ({"options": ["a", "b", "c", "A "]}, "the same option twice"),
        ({"options": ["a", "b", "c", " "]}, "none of them blank"),
        ({"options": "abcd"}, "must be a list"),
        ({"options": None}, "the field 'options' is missing"),
        ({"key": "E"}, "the key must be a letter from A to D, but is 'E'"),
        ({"key": 2}, "the key must be a letter from A to D, but is '2'"),
        ({"key": "AB"}, "the key must be a letter"),
        ({"key": None}, "the field 'key' is missing"),
        ({"question": " "}, "the field 'question' is blank"),
        ({"question": None}, "the field 'question' is missing"),
        ({"question": ["Q"]}, "must be a text"),
        ({"id": None}, "the field 'id' is missing"),
        ({"media": [{"kind": "smell", "path": "x"}]}, "each entry of 'media'"),
    ],
)
def test_a_wrong_row_is_named_with_file_and_line(pack: Pack, change: dict[str, object], said: str) -> None:
    good = {"id": "1", "question": "Q?", "options": ["a", "b", "c", "d"], "key": "A", "group": "g"}
    folder = pack(data=[good, {**good, "id": "2", **change}])
    (task,) = find_tasks(["toy/choice"], [folder])
    with pytest.raises(UserError, match=said) as caught:
        _ = task.scan
    assert str(caught.value).startswith(f"{folder / 'choice.jsonl'}:2: ")


def test_media_are_carried_from_the_data_to_the_request(pack: Pack) -> None:
    row = {"id": "1", "question": "Q?", "options": ["a", "b", "c", "d"], "key": "A", "group": "g"}
    plan, (sample,) = planned(pack(data=[{**row, "media": [{"kind": "ecg", "path": "records/00001"}]}]))
    (request,) = plan.requests(sample)
    assert [(m.kind, m.path) for m in request.media] == [("ecg", "records/00001")]
