"""Embeddings of the tokens of texts by one layer of a model, each text once, with no token lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from ecg_bench.backends.hf._source import reason_of
from ecg_bench.errors import UserError
from ecg_bench.text_metrics._bert_source import Source

if TYPE_CHECKING:
    import torch

Long = Literal["chunk", "flag"]

NO_LIMIT = 10**9  # tokenizers that know no limit say 10**30


@dataclass(frozen=True, slots=True)
class Embedded:
    """A text as vectors.

    Attributes
    ----------
    tokens : Tensor, shape (tokens, width)
        Vectors of length 1, those of the tokens that the model puts at head and end among them.
    weights : Tensor, shape (tokens,)
        What each token counts, with sum 1; all 0 where there is nothing but such tokens.
    too_long : bool
        Whether it has more tokens than the model takes at once.
    """

    tokens: torch.Tensor
    weights: torch.Tensor
    too_long: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a text's tokens that goes through the model in one piece.

    Attributes
    ----------
    start, stop : int
        The part, of the tokens between head and end.
    first, last : int
        The tokens whose embeddings are taken from here, since no other part has as much on both of their sides.
    """

    start: int
    stop: int
    first: int
    last: int


def chunks_of(n: int, room: int) -> list[Chunk]:
    """Split `n` tokens into parts of `room` tokens, evenly spaced, that overlap by half or more.

    Parameters
    ----------
    n : int
        Tokens of a text.
    room : int
        How many go through the model at once, at least 1.
    """
    if n <= room:
        return [Chunk(0, n, 0, n)]
    steps = -(-(n - room) // max(1, room // 2))
    starts = [step * (n - room) // steps for step in range(steps + 1)]
    # In the overlap of two parts, each token belongs to the part whose edge is farther away.
    borders = [0, *((a + room + b + 1) // 2 for a, b in pairwise(starts)), n]
    return [Chunk(start, start + room, *borders[i : i + 2]) for i, start in enumerate(starts)]


class Encoder:
    """A model up to one of its layers, and its tokenizer.

    Parameters
    ----------
    source : Source
        The model, and the layer whose output is taken.
    device : str
        ``auto``, or what torch calls a device.
    batch_size : int or None
        How many texts go through the model together; None is what suits the device.
    long : {"chunk", "flag"}
        What becomes of texts that the model doesn't take at once.

    Raises
    ------
    UserError
        If the model can't be loaded, or has no such layer.
    """

    def __init__(self, source: Source, *, device: str, batch_size: int | None, long: Long) -> None:
        import torch
        import transformers

        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        self._long = long
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        where = {"revision": source.revision} if source.revision else {}
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(source.place, **where)
            options = {"dtype": torch.float32, "use_safetensors": True, **where}
            model = transformers.AutoModel.from_pretrained(source.place, **options)
            model = model.get_encoder() if model.config.is_encoder_decoder else model
            self._model = model.eval().to(device)
        except Exception as error:  # what these libraries throw at a broken file has no common class
            raise UserError(f"bertscore: {source.place} can't be loaded: {reason_of(error)}") from None
        self._device = next(self._model.parameters()).device
        self._batch_size = batch_size or (16 if self._device.type == "cpu" else 64)
        self._head, self._end = self._added()
        self._window = self._find_window()
        _keep_layers(self._model, source.layer)
        self._check_layers(source)

    def embed(self, texts: Sequence[str]) -> list[Embedded]:
        """Embed some texts, those of like length together; the result has the order of the texts."""
        import torch

        room = self._room()
        rows = self._ids(texts)
        too_long = [self._body(row) > room for row in rows]
        if self._long == "flag":
            rows = [self._part(row, 0, min(room, self._body(row))) for row in rows]
        jobs = [(i, chunk) for i, row in enumerate(rows) for chunk in chunks_of(self._body(row), room)]
        # The longest first: a batch that is too large for the device fails at once. Within a text the order stays.
        jobs.sort(key=lambda job: job[1].start - job[1].stop)
        found: list[list[torch.Tensor]] = [[] for _ in rows]
        for start in range(0, len(jobs), self._batch_size):
            batch = jobs[start : start + self._batch_size]
            output = self._run([self._part(rows[i], chunk.start, chunk.stop) for i, chunk in batch])
            for (i, chunk), vectors in zip(batch, output.last_hidden_state, strict=True):
                found[i].append(self._own(vectors, chunk, self._body(rows[i])))
        return [
            Embedded(torch.nn.functional.normalize(torch.cat(vectors), dim=-1), self._weights(row), long)
            for row, vectors, long in zip(rows, found, too_long, strict=True)
        ]

    # --- tokens ------------------------------------------------------------------------------------------------

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of each text with those at head and end, nothing cut."""
        if not texts:
            return []
        found: list[list[int]] = self._tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]
        return found

    def _added(self) -> tuple[int, int]:
        """Return how many tokens the tokenizer puts before and after every text."""
        mask = self._tokenizer("a", return_special_tokens_mask=True)["special_tokens_mask"]
        head = next((i for i, special in enumerate(mask) if not special), len(mask))
        end = next((i for i, special in enumerate(reversed(mask)) if not special), 0)
        return head, end

    def _find_window(self) -> int | None:
        """Return how many tokens the model takes at once, those at head and end included; None is any number."""
        sizes = (getattr(self._model.config, name, None) for name in ("max_position_embeddings", "n_positions"))
        limits = [self._tokenizer.model_max_length, *(size for size in sizes if size is not None)]
        for name, module in self._model.named_modules():
            # RoBERTa and its kin count positions from the one after the padding's.
            if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
                limits.append(module.num_embeddings - module.padding_idx - 1)
        least = min(limits)
        return None if least >= NO_LIMIT else int(least)

    def _room(self) -> int:
        return NO_LIMIT if self._window is None else self._window - self._head - self._end

    def _body(self, row: Sequence[int]) -> int:
        """Return how many of a row's tokens are the text's own."""
        return len(row) - self._head - self._end

    def _part(self, row: list[int], start: int, stop: int) -> list[int]:
        """Return some of the text's own tokens, between head and end."""
        head, end = row[: self._head], row[len(row) - self._end :]
        return head + row[self._head + start : self._head + stop] + end

    def _weights(self, row: Sequence[int]) -> torch.Tensor:
        import torch

        silent = {self._tokenizer.cls_token_id, self._tokenizer.sep_token_id}
        counted = torch.tensor([float(token not in silent) for token in row], device=self._device)
        return counted / counted.sum().clamp(min=1)

    # --- vectors -----------------------------------------------------------------------------------------------

    def _run(self, rows: Sequence[Sequence[int]], **options: Any) -> Any:
        """Return the model's output for some rows of tokens."""
        import torch

        longest = max(len(row) for row in rows)
        padding = self._tokenizer.pad_token_id or 0
        ids = torch.tensor([[*row, *[padding] * (longest - len(row))] for row in rows], device=self._device)
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows], device=self._device)
        with torch.inference_mode():
            return self._model(input_ids=ids, attention_mask=mask, **options)

    def _own(self, vectors: torch.Tensor, chunk: Chunk, body: int) -> torch.Tensor:
        """Return the vectors taken from one part of a text: with its head if it is the first, its end if the last."""
        first = 0 if chunk.first == 0 else self._head + chunk.first - chunk.start
        last = self._head + chunk.last - chunk.start + (self._end if chunk.last == body else 0)
        return vectors[first:last]

    # --- layers ------------------------------------------------------------------------------------------------

    def _check_layers(self, source: Source) -> None:
        """See that the model now ends at the layer asked for."""
        found = self._run(self._ids(["a"]), output_hidden_states=True).hidden_states
        if found is None or len(found) != source.layer + 1:
            raise UserError(f"bertscore: {source.place} can't be ended at layer {source.layer}: give another model")


def _keep_layers(model: Any, count: int) -> None:
    """End a model after some of its layers, so that the others cost nothing."""
    import torch

    total = model.config.num_hidden_layers
    model.config.num_hidden_layers = count  # read by models whose layers share their weights
    for name, child in _lists(model):
        if len(child) == total:
            parent = model.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], torch.nn.ModuleList(child[:count]))
            return


def _lists(model: Any) -> Iterator[tuple[str, Any]]:
    """Yield the lists of modules in a model, the outer ones first."""
    import torch

    for name, module in model.named_modules():
        if isinstance(module, torch.nn.ModuleList):
            yield name, module
