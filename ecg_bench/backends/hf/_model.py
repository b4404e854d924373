"""A loaded model: from requests to tokens, and from tokens to answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ecg_bench.backends._prompt import plain_prompt
from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of
from ecg_bench.samples import Message, Request, Response, Usage

try:
    import torch
    import transformers
    from transformers import AutoModelForCausalLM, AutoTokenizer
except ImportError as error:
    raise UserError(f"hf/ models need transformers and torch ({error}): pip install 'ecg-bench[hf]'") from None

WHOLE = 2 * 2**30  # weight files up to this many bytes in all are hashed whole
EDGE = 16 * 2**20  # of larger ones, this much at either end of each file

Tokens = list[int]


class LocalModel:
    """A model and its tokenizer, on a device.

    Parameters
    ----------
    model, tokenizer
        As ``transformers`` loads them; the model in evaluation mode.
    use_template : bool
        Whether prompts go through the tokenizer's chat template.
    identity : mapping
        What tells this model from others of the same name.
    """

    def __init__(self, model: Any, tokenizer: Any, *, use_template: bool, identity: Mapping[str, Any]) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._use_template = use_template
        self.identity = identity
        config = model.config.get_text_config()
        self._window: int | None = getattr(config, "max_position_embeddings", None)
        pad = tokenizer.pad_token_id
        self._pad: int = pad if pad is not None else (tokenizer.eos_token_id or 0)
        stops = model.generation_config.eos_token_id
        stops = tokenizer.eos_token_id if stops is None else stops
        self._stops: set[int] = set(stops if isinstance(stops, list) else [] if stops is None else [stops])

    @classmethod
    def load(
        cls,
        name: str,
        *,
        device: str,
        dtype: str,
        chat_template: str,
        revision: str | None,
        trust_remote_code: bool,
    ) -> LocalModel:
        """Load a model by folder or hub id.

        Raises
        ------
        UserError
            If it can't be found or loaded.
        """
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        folder = Path(name).expanduser()
        source = str(folder) if folder.is_dir() else name
        if not folder.is_dir() and (folder.exists() or name.startswith((".", "/", "~"))):
            raise UserError(f"hf/{name}: there is no such folder; save a model there with save_pretrained()")
        where = device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
        options = {"revision": revision, "trust_remote_code": trust_remote_code}
        try:
            tokenizer = AutoTokenizer.from_pretrained(source, **options)
            model = AutoModelForCausalLM.from_pretrained(source, dtype=dtype, use_safetensors=True, **options)
            model = model.to(where).eval()
        except Exception as error:  # what these libraries throw at a broken file has no common class
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise UserError(f"hf/{name} can't be loaded: {reason}") from None
        template = tokenizer.get_chat_template() if tokenizer.chat_template and chat_template == "auto" else None
        identity = {
            "class": type(model).__name__,
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "dtype": str(model.dtype).removeprefix("torch."),
            "device": torch.device(where).type,
            "chat_template": sha256_of(template)[:16] if template else "none",
            "revision": getattr(model.config, "_commit_hash", None),
            "files": _digest(folder) if folder.is_dir() else None,
        }
        return cls(model, tokenizer, use_template=template is not None, identity=identity)

    def _prompt(self, messages: Sequence[Message]) -> str:
        if not self._use_template:
            return plain_prompt(messages)
        turns = [{"role": message.role, "content": message.content} for message in messages]
        text: str = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return text

    def _encode(self, text: str) -> Tokens:
        # A chat template writes the beginning-of-text token itself; plain text gets the tokenizer's own.
        tokens: Tokens = self._tokenizer(text, add_special_tokens=not self._use_template)["input_ids"]
        return tokens

    def _too_long(self, n: int) -> str | None:
        if self._window is not None and n > self._window:
            return f"the prompt has {n} tokens, but the model takes {self._window}"
        return None

    def _padded(self, rows: Sequence[Tokens], *, left: bool) -> tuple[torch.Tensor, torch.Tensor]:
        width = max(map(len, rows))
        ids = torch.full((len(rows), width), self._pad, dtype=torch.long)
        mask = torch.zeros((len(rows), width), dtype=torch.long)
        for n, row in enumerate(rows):
            place = slice(width - len(row), width) if left else slice(0, len(row))
            ids[n, place] = torch.tensor(row)
            mask[n, place] = 1
        return ids.to(self._model.device), mask.to(self._model.device)

    def generate(self, requests: Sequence[Request], seed: int | None) -> list[Response]:
        """Write an answer to each request: greedily, or sampled under a seed."""
        params = requests[0].params
        responses: dict[int, Response] = {}
        together: dict[int, Tokens] = {}
        for n, request in enumerate(requests):
            prompt = self._encode(self._prompt(request.messages))
            problem = self._too_long(len(prompt) + 1)
            if problem:
                responses[n] = Response(error=problem)
            elif self._window is not None and len(prompt) + params.max_tokens > self._window:
                # Alone, so that its shorter limit cuts nobody else's answer.
                (tokens,) = self._generate([prompt], self._window - len(prompt), params.temperature, seed)
                responses[n] = self._written(len(prompt), tokens)
            else:
                together[n] = prompt
        if together:
            written = self._generate(list(together.values()), params.max_tokens, params.temperature, seed)
            for (n, prompt), tokens in zip(together.items(), written, strict=True):
                responses[n] = self._written(len(prompt), tokens)
        return [responses[n] for n in range(len(requests))]

    def _generate(self, prompts: Sequence[Tokens], limit: int, temperature: float, seed: int | None) -> list[Tokens]:
        sampling: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        if seed is not None:
            torch.manual_seed(seed)
            sampling = {"do_sample": True, "temperature": temperature, "top_p": 1.0, "top_k": 0}
        ids, mask = self._padded(prompts, left=True)
        with torch.inference_mode():
            out = self._model.generate(
                input_ids=ids, attention_mask=mask, max_new_tokens=limit, pad_token_id=self._pad, **sampling
            )
        written: list[Tokens] = out[:, ids.shape[1] :].tolist()
        return written

    def _written(self, read: int, tokens: Tokens) -> Response:
        end = next((n for n, token in enumerate(tokens) if token in self._stops), None)
        answer = tokens if end is None else tokens[:end]
        text = self._tokenizer.decode(answer, skip_special_tokens=True)
        return Response(text, finish_reason="length" if end is None else "stop", usage=Usage(read, len(answer)))

    def score(self, requests: Sequence[Request]) -> list[Response]:
        """Return the log-likelihood of each continuation of each request, in nats.

        Continuations that share all tokens but the last, such as the letters after one prompt, share a forward pass.
        """
        rows: dict[tuple[int, ...], list[tuple[int, int, Tokens]]] = {}
        values = [[0.0] * len(request.continuations) for request in requests]
        problems: dict[int, str] = {}
        sizes = [0] * len(requests)
        for n, request in enumerate(requests):
            context = self._prompt(request.messages) + request.prefill
            start = self._encode(context)
            sizes[n] = len(start)
            for k, continuation in enumerate(request.continuations):
                # Encoded with its context, since a token may reach across the border.
                whole = self._encode(context + continuation)
                tokens = whole[len(start) :]
                problem = self._too_long(len(whole)) or (None if tokens and start else "nothing to score in it")
                if problem:
                    problems[n] = problem
                    break
                rows.setdefault(tuple(whole[:-1]), []).append((n, k, tokens))
        wanted = [(list(row), users) for row, users in rows.items() if any(n not in problems for n, _, _ in users)]
        for first in range(0, len(wanted), max(1, len(requests))):
            block = wanted[first : first + max(1, len(requests))]
            ids, mask = self._padded([row for row, _ in block], left=False)
            with torch.inference_mode():
                logits = self._model(input_ids=ids, attention_mask=mask).logits
            for place, (row, users) in enumerate(block):
                for n, k, tokens in users:
                    steps = logits[place, len(row) - len(tokens) : len(row)].float().log_softmax(-1)
                    chosen = steps.gather(1, torch.tensor(tokens, device=steps.device)[:, None])
                    values[n][k] = float(chosen.sum())
        return [
            Response(error=problems[n])
            if n in problems
            else Response(loglikelihoods=tuple(values[n]), usage=Usage(sizes[n], 0))
            for n in range(len(requests))
        ]


def _digest(folder: Path) -> dict[str, str]:
    """Return a hash of the weights and one of everything else that shapes answers."""
    weights = sorted(folder.glob("*.safetensors"))
    others = sorted(path for path in folder.iterdir() if path.suffix in (".json", ".jinja", ".model", ".txt"))
    small = sum(path.stat().st_size for path in weights) <= WHOLE
    digest = hashlib.sha256()
    for path in weights:
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            if small:
                digest.update(hashlib.file_digest(file, "sha256").digest())
            else:
                digest.update(file.read(EDGE))
                file.seek(max(EDGE, size - EDGE))
                digest.update(file.read())
    how = "whole files" if small else "sizes and both ends of files"
    rest = sha256_of(*(part for path in others for part in (path.name, path.read_bytes())))
    return {"weights": f"{digest.hexdigest()[:32]} ({how})", "other": rest[:32]}
