"""A model that is ready: what it is, and how much of it is asked at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecg_bench.backends.hf._adapter import attach
from ecg_bench.backends.hf._generate import Generator
from ecg_bench.backends.hf._load import Loaded, Placement, load_model, settings_left_out, stops_of
from ecg_bench.backends.hf._network import Network
from ecg_bench.backends.hf._probe import probe
from ecg_bench.backends.hf._prompts import Prompts
from ecg_bench.backends.hf._score import Scorer
from ecg_bench.backends.hf._sizes import Size
from ecg_bench.samples import Mode

# On a CPU (True) and elsewhere. Where a batch size is to be found: its first value, and the greatest. More than a
# processor's caches hold makes it slower, while a GPU wants thousands.
TOKENS = {True: (1024, 1024), False: (8192, 131_072)}  # of prompts that are scored together
ROWS = {True: (128, 128), False: (64, 512)}  # answers that are written together
READ = {True: 1536, False: 16_384}  # tokens of prompts that are read together, before answers are written

WHOLE_LOGITS = 8  # where logits can't be left out, so many times fewer tokens are read together
SMALL, LARGE = 100_000_000, 1_000_000_000  # parameters


class LocalModel:
    """A model with its tokenizer.

    Parameters
    ----------
    loaded : Loaded
        The model.
    prompts : Prompts
        Its tokenizer.
    batch_size : int or None
        How many rows go through the model together; None to find out.

    Attributes
    ----------
    identity : mapping
        What tells this model from others of the same name.
    network : Network
        The model itself.
    """

    def __init__(self, loaded: Loaded, prompts: Prompts, batch_size: int | None) -> None:
        self.identity: Mapping[str, Any] = {**loaded.identity, "chat_template": prompts.digest}
        self.network = Network(loaded.model)
        self._loaded = loaded
        self._prompts = prompts
        self._batch_size = batch_size
        self._stops = stops_of(loaded.model, prompts.tokenizer)
        vocabulary = loaded.model.get_input_embeddings().weight.shape[0]
        quantized = "quantization" in loaded.identity
        self._abilities = probe(self.network, prompts.pad, vocabulary, quantized=quantized)

    @classmethod
    def load(cls, name: str, prompts: Prompts, arguments: Mapping[str, Any]) -> LocalModel:
        """Load a model, with its adapter if it has one.

        Raises
        ------
        UserError
            If either can't be loaded, or they don't belong together.
        """
        names = ("device", "device_map", "dtype", "quantization")
        placement = Placement(**{name: arguments[name] for name in names})
        loaded = load_model(
            name, placement, revision=arguments["revision"], trust_remote_code=arguments["trust_remote_code"]
        )
        if arguments["peft"]:
            loaded = attach(loaded, name, arguments["peft"])
        batch_size = arguments["batch_size"]
        return cls(loaded, prompts, None if batch_size == "auto" else batch_size)

    def notices(self, mode: Mode, *, sampled: bool) -> list[str]:
        """Return what the user should know about answers in a mode."""
        notices = list(self._loaded.notices)
        trained = self._loaded.identity.get("adapter", {}).get("chat_template")
        if trained and trained != self.identity["chat_template"]:
            notices.append("the adapter was trained with another chat template than the one that is used now")
        if mode is Mode.LOGLIKELIHOOD:
            if not self._abilities.shares:
                notices.append("this model can't share a prompt between continuations: each runs with its whole prompt")
            return notices
        left_out = settings_left_out(self._loaded.model, sampled=sampled)
        if left_out:
            notices.append(left_out)
        if not self._abilities.own_loop:
            notices.append("this model can't take in answers while others are written: whole batches are generated")
        return notices

    @property
    def concurrency(self) -> int:
        """How many requests it should have before it, so as to find ones of like length."""
        if not self.network.on_cpu:
            enough = 512
        else:
            n = self.identity["parameters"]
            enough = 512 if n < SMALL else 128 if n < LARGE else 32
        return max(enough, 4 * (self._batch_size or 0))

    def doers(self) -> tuple[Scorer, Generator]:
        """Return what scores and what writes, with nothing to do."""
        fixed = self._batch_size
        tokens, most_tokens = TOKENS[self.network.on_cpu]
        if not self.network.picks:
            tokens, most_tokens = tokens // WHOLE_LOGITS, most_tokens // WHOLE_LOGITS
        rows, most_rows = ROWS[self.network.on_cpu]
        scorer = Scorer(
            self.network,
            self._prompts,
            Size("rows", fixed, fixed, fixed=True) if fixed else Size("tokens", tokens, most_tokens),
            in_rows=fixed is not None,
            shares=self._abilities.shares,
        )
        generator = Generator(
            self.network,
            self._prompts,
            self._stops,
            Size("rows", fixed, fixed, fixed=True) if fixed else Size("rows", rows, most_rows),
            tokens=READ[self.network.on_cpu],
            own_loop=self._abilities.own_loop,
        )
        return scorer, generator
