"""MEIT's fusion: ECG vectors as further keys and values in every layer, without new weights in the language model.

A vector takes the place of the hidden state at the entrance of each attention layer, so it goes through the layer's own
key and value projections (with whatever LoRA has put on them), and a key-value cache takes up what comes out. The text
is then read with that cache before it. Since the model's own code does all of this, no architecture needs to be known:
grouped heads, fused projections and rotated keys come out as the model makes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ecg_bench.errors import UserError


def attention_layers(model: Any) -> list[Any]:
    """Return a causal LM's attention layers: what holds keys and values under a layer's number in the cache.

    Raises
    ------
    UserError
        If there are none, or not one for each layer.
    """
    found: dict[int, Any] = {}
    for module in model.modules():
        if "attention" in type(module).__name__.lower() and isinstance(getattr(module, "layer_idx", None), int):
            found[module.layer_idx] = module
    n = model.config.get_text_config().num_hidden_layers
    if sorted(found) != list(range(n)):
        raise UserError(
            f"{type(model).__name__} has {n} layers and {len(found)} of attention that could be found: --arch meit "
            "puts the ECG into the attention of every layer; use --arch ecg-lm or concat with this model"
        )
    return [found[key] for key in sorted(found)]


@contextmanager
def _replaced(layers: list[Any], states: Tensor) -> Iterator[None]:
    """Give attention layers other hidden states than those that reach them."""

    def replace(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        given = args[0] if args else kwargs["hidden_states"]
        swapped = states.to(given)
        return ((swapped, *args[1:]), kwargs) if args else (args, {**kwargs, "hidden_states": swapped})

    handles = [layer.register_forward_pre_hook(replace, with_kwargs=True) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def slots(model: Any, vectors: Tensor, mask: Tensor) -> Any:
    """Return a cache that holds the keys and values of some vectors in every layer.

    Parameters
    ----------
    model
        A causal LM of ``transformers``.
    vectors : tensor, shape (rows, slots, width)
        The width is that of a hidden state.
    mask : tensor, shape (rows, slots)
        1 where there is a vector.
    """
    from transformers import DynamicCache

    cache = DynamicCache()
    with _replaced(attention_layers(model), vectors):
        decoder = model.get_decoder() if hasattr(model, "get_decoder") else model.base_model
        decoder(
            inputs_embeds=vectors.to(model.dtype),
            attention_mask=_never_blind(mask),
            position_ids=places_of(mask),
            past_key_values=cache,
            use_cache=True,
        )
    return cache


def places_of(mask: Tensor) -> Tensor:
    """Return the position of each token in its row, leaving out what the mask hides; shape as the mask's."""
    return (mask.long().cumsum(-1) - 1).clamp_min(0)


def _never_blind(mask: Tensor) -> Tensor:
    # What a slot sees is thrown away, but a row that sees nothing would be NaN.
    return torch.ones_like(mask)


def repeated(vectors: Tensor, width: int) -> Tensor:
    """Return vectors of a head's size repeated for each head, to the width of a hidden state."""
    times = -(-width // vectors.shape[-1])
    return vectors.repeat(*(1 for _ in vectors.shape[:-1]), times)[..., :width]


def head_size(model: Any) -> int:
    """Return the size of a model's attention heads."""
    config = model.config.get_text_config()
    found = getattr(config, "head_dim", None)
    return int(found or config.hidden_size // config.num_attention_heads)
