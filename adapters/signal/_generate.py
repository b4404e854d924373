"""Writing answers: what was read is kept, and each step reads one token of every row that hasn't ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ecg_bench.adapters.signal._model import SignalModel
from ecg_bench.backends.hf._sampling import Chooser, choose


@dataclass(frozen=True)
class Written:
    """An answer.

    Attributes
    ----------
    tokens : tuple of int
        Without the one that ended it.
    ended : bool
        Whether it came to an end by itself.
    """

    tokens: tuple[int, ...]
    ended: bool


@torch.inference_mode()  # type: ignore[untyped-decorator]
def generate(
    model: SignalModel,
    prompts: Sequence[Sequence[int]],
    records: Mapping[str, Tensor] | None,
    owners: Sequence[int],
    *,
    limits: Sequence[int],
    stops: frozenset[int],
    pad: int,
    choosers: Sequence[Chooser] | None = None,
) -> list[Written]:
    """Write an answer to each prompt; a row's answer doesn't depend on the rows beside it.

    Parameters
    ----------
    model : SignalModel
        In evaluation mode.
    prompts : sequence of sequence of int
        Tokens, at least one in each.
    records, owners
        The ECGs, and the row that each belongs to, as `SignalModel.prefix` takes them.
    limits : sequence of int
        The most tokens of each answer.
    stops : set of int
        The tokens that end an answer.
    pad : int
        Any token.
    choosers : sequence of Chooser, optional
        How each answer's tokens are chosen; the likeliest ones by default.
    """
    device = model.get_base_model().get_input_embeddings().weight.device
    n, width = len(prompts), max(map(len, prompts))
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=device)
    ids = torch.full((n, width), pad, device=device)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = torch.tensor(prompt, device=device)
    mask = (torch.arange(width, device=device) < lengths[:, None]).long()
    vectors, seen = model.prefix(records, torch.tensor(owners, dtype=torch.long, device=device), n)
    logits, past = model.read(vectors, seen, ids, mask, cached=True)
    known = torch.cat([seen, mask], 1)
    places = known.sum(1)
    chosen = list(choosers or [Chooser(0.0, 0, device)] * n)
    answers: list[list[int]] = [[] for _ in range(n)]
    ended = [False] * n
    rows = list(range(n))  # what is still being written
    scores = logits[torch.arange(n, device=device), lengths - 1]
    while rows:
        kept = []
        for place, token in enumerate(choose(scores, [chosen[row] for row in rows])):
            row = rows[place]
            if token in stops:
                ended[row] = True
                continue
            answers[row].append(token)
            if len(answers[row]) < limits[row]:
                kept.append(place)
        if not kept:
            break
        if len(kept) < len(rows):
            index = torch.tensor(kept, device=device)
            past.batch_select_indices(index)
            known, places = known[index], places[index]
            rows = [rows[place] for place in kept]
        known = torch.cat([known, torch.ones_like(known[:, :1])], 1)
        out = model.lm(
            input_ids=torch.tensor([[answers[row][-1]] for row in rows], device=device),
            attention_mask=known,
            position_ids=places[:, None],
            past_key_values=past,
            use_cache=True,
        )
        scores, places = out.logits[:, -1], places + 1
    return [Written(tuple(answer), end) for answer, end in zip(answers, ended, strict=True)]
