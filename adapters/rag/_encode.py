"""Texts to vectors, and pairs to scores, in batches that shrink when the memory is short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ecg_bench.adapters.rag._models import Encoder
from ecg_bench.errors import UserError
from ecg_bench.log import get_logger

Floats = npt.NDArray[np.float32]
Item = TypeVar("Item")

# Together in one pass, on a CPU (True) and elsewhere: on a CPU, padding and caches make more than a few slower.
BATCH = {True: 8, False: 64}
BLOCKS = 8  # batches between two signs of life

_log = get_logger("rag")


def embed_documents(encoder: Encoder, texts: Sequence[str], advance: Callable[[int], None] = lambda _: None) -> Floats:
    """Return the normalised vectors of texts to be searched, shape (texts, dimensions).

    Raises
    ------
    UserError
        If not even a single text fits into memory.
    """
    return _in_batches(_encoding(encoder, "encode_document"), texts, len, encoder, advance)


def embed_queries(encoder: Encoder, texts: Sequence[str]) -> Floats:
    """Return the normalised vectors of questions, shape (texts, dimensions); as `embed_documents`."""
    return _in_batches(_encoding(encoder, "encode_query"), texts, len, encoder, lambda _: None)


def score_pairs(encoder: Encoder, pairs: Sequence[tuple[str, str]]) -> Floats:
    """Return what a cross-encoder says of pairs of question and text, shape (pairs,); more is better.

    Raises
    ------
    UserError
        If not even a single pair fits into memory, or the model gives more than one score.
    """

    def score(some: Sequence[tuple[str, str]], batch: int) -> Floats:
        found = np.asarray(encoder.model.predict(list(some), batch_size=batch, show_progress_bar=False), np.float32)
        if found.ndim != 1:
            raise UserError(f"--reranker {encoder.name} gives {found.shape[1]} scores for a pair, and must give one")
        return found

    return _in_batches(score, pairs, lambda pair: len(pair[0]) + len(pair[1]), encoder, lambda _: None)


def _encoding(encoder: Encoder, method: str) -> Callable[[Sequence[str], int], Floats]:
    encode = getattr(encoder.model, method)  # a model that was trained with a prompt for either side puts it there

    def call(texts: Sequence[str], batch: int) -> Floats:
        found = encode(
            list(texts),
            batch_size=batch,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(found, np.float32)

    return call


def _in_batches(
    compute: Callable[[Sequence[Item], int], Floats],
    items: Sequence[Item],
    length: Callable[[Item], int],
    encoder: Encoder,
    advance: Callable[[int], None],
) -> Floats:
    """Compute block by block, the longest items first, so that a batch that is too large is found out at once."""
    order = sorted(range(len(items)), key=lambda n: -length(items[n]))
    found: list[Floats] = []
    done, batch = 0, BATCH[str(getattr(encoder.model, "device", "")) == "cpu"]
    while done < len(order):
        block = [items[n] for n in order[done : done + batch * BLOCKS]]
        try:
            found.append(compute(block, batch))
        except (MemoryError, RuntimeError) as error:
            if not _out_of_memory(error):
                raise
            if batch == 1:
                raise UserError(
                    f"{encoder.name} runs out of memory on a single text of {length(block[0])} characters: index "
                    "smaller chunks with --size, use a smaller model, or free memory"
                ) from None
            batch //= 2
            _log.warning("out of memory: the batch is halved", extra={"batch": batch, "model": encoder.name})
            _release()
            continue
        done += len(block)
        advance(len(block))
    if not found:
        return np.zeros((0,), np.float32)
    sorted_rows = np.concatenate(found)
    out = np.empty_like(sorted_rows)
    out[order] = sorted_rows
    return out


def _out_of_memory(error: BaseException) -> bool:
    # torch's own error is a RuntimeError; on a CPU it is one without a class of its own.
    return isinstance(error, MemoryError) or any(
        words in str(error).lower() for words in ("out of memory", "not enough memory", "can't allocate memory")
    )


def _release() -> None:
    import gc

    import torch

    gc.collect()
    cuda: Any = torch.cuda
    if cuda.is_available():
        cuda.empty_cache()
