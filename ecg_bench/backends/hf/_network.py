"""A loaded model: tokens in, logits out, computed only where they are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import psutil
import torch
from numpy.typing import NDArray
from torch import Tensor

Places = tuple[Sequence[int], Sequence[int]]  # the rows and the columns of tokens


class Network:
    """A causal language model on its device.

    Parameters
    ----------
    model
        As ``transformers`` loads it, in evaluation mode.

    Attributes
    ----------
    window : int or None
        The most tokens of prompt and answer together.
    span : int or None
        Up to this many tokens each one sees all before it; None where that has no end.
    picks : bool
        Whether logits can be computed for some tokens only.
    bytes_per_token : int
        The memory that the keys and values of a token take, as far as the configuration says.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        config = model.config.get_text_config()
        self.window: int | None = getattr(config, "max_position_embeddings", None)
        self.span = _span(config)
        embedding = model.get_input_embeddings().weight
        self.device: torch.device = embedding.device
        self.on_cpu = self.device.type == "cpu"
        self._dtype: torch.dtype = model.dtype
        self.bytes_per_token = _bytes_per_token(config, model.dtype)
        # sdpa takes either kind of mask, but on a CPU turns truth values into numbers again in every layer.
        sdpa = getattr(model.config, "_attn_implementation", "eager") == "sdpa"
        self._additive = not sdpa or (self.on_cpu and self._dtype is torch.float32)
        self._wanted: Places | None = None
        last = model.get_output_embeddings()
        self.picks = last is not None
        if last is not None:
            last.register_forward_pre_hook(self._pick)

    def _pick(self, _module: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
        # Before the last layer, so that whatever the model does to its logits afterwards is done to these.
        if self._wanted is None:
            return None
        rows, columns = self._wanted
        return (inputs[0][rows, columns].unsqueeze(0), *inputs[1:])

    def tensor(self, values: Any, dtype: torch.dtype = torch.long) -> Tensor:
        """Return values on the model's device."""
        return torch.as_tensor(values, dtype=dtype).to(self.device, non_blocking=True)

    def free_bytes(self) -> int | None:
        """Return how much memory is free where the model is; None where that isn't known."""
        if self.device.type == "cpu":
            return int(psutil.virtual_memory().available)
        if self.device.type == "cuda":
            idle = torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
            return int(torch.cuda.mem_get_info(self.device)[0] + idle)
        return None

    def at(self, wanted: Places, ids: Tensor, positions: Tensor, visible: Tensor | None, cache: Any = None) -> Tensor:
        """Run the model and return the logits after the tokens wanted.

        Parameters
        ----------
        wanted : pair of sequences of int
            Their rows and columns.
        ids, positions : tensor, shape (rows, columns)
            Tokens, and their positions in their sequences.
        visible : bool tensor, shape (rows, columns, cached columns + columns), optional
            Which tokens each one sees; by default all before it, for which there are faster kernels.
        cache
            Keys and values of tokens before these; takes up those of these tokens too.

        Returns
        -------
        tensor, shape (wanted, vocabulary)
        """
        mask = None if visible is None else visible[:, None]
        if mask is not None and self._additive:
            lowest = torch.finfo(self._dtype).min
            mask = torch.zeros(mask.shape, dtype=self._dtype, device=mask.device).masked_fill_(~mask, lowest)
        return self._run(
            wanted,
            input_ids=ids,
            position_ids=positions,
            attention_mask=mask,
            past_key_values=cache,
            use_cache=cache is not None,
        )

    def plain(self, wanted: Places, rows: Sequence[Sequence[int]], pad: int) -> Tensor:
        """As `at`, for rows that share nothing and are padded on the right, as every model takes them."""
        ids, mask = padded(rows, pad)
        return self._run(wanted, input_ids=self.tensor(ids), attention_mask=self.tensor(mask), use_cache=False)

    def _run(self, wanted: Places, **inputs: Any) -> Tensor:
        rows, columns = self.tensor(wanted[0]), self.tensor(wanted[1])
        self._wanted = (rows, columns) if self.picks else None
        try:
            logits: Tensor = self.model(**inputs).logits
        finally:
            self._wanted = None
        if not self.picks:
            return logits[rows.to(logits.device), columns.to(logits.device)]
        if logits.shape[:2] != (1, len(rows)):
            raise ValueError("the model computes its logits in a way of its own")
        return logits[0]


def padded(
    rows: Sequence[Sequence[int]], pad: int, *, left: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows of one width and which of their tokens count."""
    width = max(map(len, rows))
    ids = np.full((len(rows), width), pad, dtype=np.int64)
    mask = np.zeros((len(rows), width), dtype=np.int64)
    for n, row in enumerate(rows):
        place = slice(width - len(row), width) if left else slice(0, len(row))
        ids[n, place] = row
        mask[n, place] = 1
    return ids, mask


def _bytes_per_token(config: Any, dtype: torch.dtype) -> int:
    heads = getattr(config, "num_attention_heads", None) or 1
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    kept = getattr(config, "num_key_value_heads", None) or heads
    return int(2 * config.num_hidden_layers * kept * width * dtype.itemsize)


def _span(config: Any) -> int | None:
    kinds = getattr(config, "layer_types", None)
    sliding = getattr(config, "sliding_window", None)
    slides = "sliding_attention" in kinds if kinds is not None else getattr(config, "use_sliding_window", True)
    if not slides:
        sliding = None
    limits = [n for n in (sliding, getattr(config, "attention_chunk_size", None)) if n]
    return min(limits, default=None)


def out_of_memory(error: BaseException) -> bool:
    """Say whether an error means that memory ran out, on whatever device."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


def free_memory() -> None:
    """Give memory that lies idle back to the device."""
    import gc

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
