"""Log-likelihoods of the transformers backend on small models of many architectures, some of which share no prompts."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench.samples import Request
from tests.asking import ask, question, ready, to_score
from tests.small_models import SmallModel, make_small_model

pytestmark = pytest.mark.slow
torch = pytest.importorskip("torch")

LETTERS = (" A", " B", " C", " D")


def by_definition(model: SmallModel, request: Request) -> list[float]:
    """Return each continuation's log-likelihood by one unpadded pass over its own whole text."""
    found = []
    prompt = f"{request.question}\n\nAnswer:"
    start = len(model.tokenizer(prompt)["input_ids"])
    for continuation in request.continuations:
        ids = torch.tensor([model.tokenizer(prompt + continuation)["input_ids"]])
        with torch.inference_mode():
            steps = model.model(ids).logits[0, :-1].double().log_softmax(-1)
        found.append(math.fsum(float(steps[n - 1, ids[0, n]]) for n in range(start, ids.shape[1])))
    return found


def test_tasks_with_heads_of_their_own_are_kept_apart(plain_llama: Path) -> None:
    backend, model = ready(f"hf/{plain_llama}", batch_size=3), SmallModel(plain_llama)
    requests = [
        to_score(n, f"{task} " * 50 + question(n), LETTERS, task=task) for n in range(6) for task in ("lead", "axis")
    ]
    for request, response in zip(requests, ask(backend, requests), strict=True):
        expected = by_definition(model, request)
        assert response.loglikelihoods == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize(
    ("kind", "shares"),
    [
        ("gpt2", True),
        ("gemma3", True),
        ("qwen3-moe", True),
        ("granite", True),
        ("mistral", False),
        ("bloom", False),
        ("mamba", False),
    ],
)
def test_a_model_that_computes_otherwise_is_found_out_and_still_scored_right(
    kind: str, shares: bool, tmp_path: Path, corpus_texts: list[str]
) -> None:
    model = make_small_model(kind, tmp_path / kind, corpus_texts)
    backend = ready(f"hf/{model.folder}")
    assert backend._model._abilities.shares is shares  # type: ignore[attr-defined]
    long = "the lead shows the heart " * 30  # longer than the sliding windows of those that have one
    requests = [*(to_score(n) for n in range(3)), to_score(3, long), to_score(4, long, LETTERS)]
    for request, response in zip(requests, ask(backend, requests), strict=True):
        expected = by_definition(model, request)
        assert response.loglikelihoods == pytest.approx(expected, abs=5e-5)


words = st.lists(st.integers(0, 3), min_size=1, max_size=8)


@given(st.lists(words, min_size=1, max_size=8), st.integers(0, 4))
def test_each_token_of_a_tree_sees_its_own_sequence_and_nothing_else(sequences: list[list[int]], head: int) -> None:
    from ecg_bench.backends.hf._tree import Tree

    tree = Tree()
    paths = [tree.add(sequence) for sequence in sequences]
    head = min(head, len(tree.trunk))
    visible = np.zeros((len(tree) - head,) * 2, dtype=np.bool_)
    tree.show(visible, head)
    for sequence, path in zip(sequences, paths, strict=True):
        assert [tree.tokens[node] for node in path] == sequence
        assert [tree.depths[node] for node in path] == list(range(len(sequence)))
        for depth, node in enumerate(path):
            if node >= head:
                assert sorted(np.flatnonzero(visible[node - head]) + head) == sorted(
                    set(path[: depth + 1]) - set(range(head))
                )
    assert len(tree) == len({tuple(one[: n + 1]) for one in sequences for n in range(len(one))})
