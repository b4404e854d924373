"""The completions API over a real, small Llama of ``transformers``, with log-probabilities of the prompt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers.running import running

Splits = Literal["sign", "whole"]


class EchoLlama:
    """A server with one model.

    Parameters
    ----------
    folder : Path
        With the model.
    splits : {"sign", "whole"}
        What stands for tokens that hold a part of a character: U+FFFD for each, or nothing for each but the last,
        which has the character. Servers differ in this.
    lists : bool
        Whether it takes several prompts in one call.
    """

    def __init__(self, folder: Path, *, splits: Splits, lists: bool) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._model = AutoModelForCausalLM.from_pretrained(folder).eval()
        self._splits = splits
        self._lists = lists
        self.calls = 0

    async def models(self, request: Request) -> Response:
        """Answer ``GET /v1/models``."""
        return JSONResponse({"object": "list", "data": [{"id": "echo"}]})

    async def complete(self, request: Request) -> Response:
        """Answer ``POST /v1/completions``."""
        self.calls += 1
        body = await request.json()
        prompts = [body["prompt"]] if isinstance(body["prompt"], str) else body["prompt"]
        if isinstance(body["prompt"], list) and not self._lists:
            return JSONResponse({"error": {"message": "prompt must be a string"}}, 500)
        assert body["echo"]
        assert body["max_tokens"] == 1
        rows = [p if isinstance(p, list) else self._tokenizer(p)["input_ids"] for p in prompts]
        prompts = [self._tokenizer.decode(p) if isinstance(p, list) else p for p in prompts]
        choices = [self._choice(n, prompt, row) for n, (prompt, row) in enumerate(zip(prompts, rows, strict=True))]
        usage = {"prompt_tokens": sum(map(len, rows)), "completion_tokens": len(rows)}
        return JSONResponse({"model": "echo", "choices": choices[::-1], "usage": usage})

    def _choice(self, index: int, prompt: str, row: list[int]) -> dict[str, Any]:
        import torch

        with torch.inference_mode():
            steps = self._model(torch.tensor([row])).logits[0].float().log_softmax(-1)
        following = int(steps[-1].argmax())
        values = [None] + [float(steps[n - 1, row[n]]) for n in range(1, len(row))] + [float(steps[-1, following])]
        tokens = self._texts([*row, following])
        offsets = [sum(map(len, tokens[:n])) for n in range(len(tokens))]  # with the text of the first, "<s>"
        likeliest = [int(steps[n].argmax()) for n in range(len(row))]
        top = [None] + [{self._tokenizer.decode([one]): float(steps[n, one])} for n, one in enumerate(likeliest)]
        logprobs = {"tokens": tokens, "token_logprobs": values, "text_offset": offsets, "top_logprobs": top}
        return {"index": index, "text": prompt + tokens[-1], "finish_reason": "length", "logprobs": logprobs}

    def _texts(self, ids: list[int]) -> list[str]:
        if self._splits == "sign":
            return [self._tokenizer.decode([one]) for one in ids]
        texts, waiting = [], []
        for one in ids:
            waiting.append(one)
            text = self._tokenizer.decode(waiting)
            if text.endswith("\ufffd") and len(waiting) < 4:
                texts.append("")
            else:
                texts.append(text)
                waiting = []
        return texts


@contextmanager
def serving_llama(folder: Path, *, splits: Splits = "sign", lists: bool = True) -> Iterator[tuple[str, EchoLlama]]:
    """Run a server in a thread while the block lasts, and give its base address."""
    server = EchoLlama(folder, splits=splits, lists=lists)
    routes = [Route("/v1/models", server.models), Route("/v1/completions", server.complete, methods=["POST"])]
    with running(Starlette(routes=routes)) as root:
        yield f"{root}/v1", server
