"""An lm-eval model: made from its registry, and the prompts it is given."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("TQDM_DISABLE", "1")  # the run has a progress bar of its own

import lm_eval.models  # noqa: F401  # fills the registry
from lm_eval.api.registry import get_model, model_registry
from lm_eval.utils import handle_arg_string

from ecg_bench.backends._prompt import plain_prompt
from ecg_bench.backends._worker import Job, Worker
from ecg_bench.backends.hf._identity import digest_of_folder
from ecg_bench.backends.lm_eval._asking import Asker, Instance, Pending
from ecg_bench.backends.lm_eval._faults import first_line
from ecg_bench.backends.lm_eval._quiet import quiet
from ecg_bench.domains import Task
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.files import sha256_of, sha256_of_file
from ecg_bench.samples import Mode, Request, Response
from ecg_bench.settings import Settings

MOST = 512  # requests in one call of a class that sorts out by itself how many go together
LEAST = 64  # requests in one call where the batch size is given: enough to sort by length
BATCHES = 8
_CONFIG = ("batch_size", "max_batch_size", "device")  # what lm-eval gives a class beside its own arguments
_SEEDED = frozenset({"lm_eval.models.openai_completions", "lm_eval.models.vllm_causallms"})
_MISSING = re.compile(r"missing \d+ required .*?'(\w+)'")


class LmEvalModel:
    """A model class of lm-eval with its arguments, ready to answer.

    Parameters
    ----------
    name : str
        As in lm-eval's registry, or ``module:Class``.
    arguments : mapping
        Of the class; texts are converted as lm-eval converts them.
    use_template : bool
        Whether to apply the chat template that the class finds.

    Raises
    ------
    UserError
        If there is no such class, or it can't be made with these arguments.
    """

    def __init__(self, name: str, arguments: Mapping[str, Any], *, use_template: bool) -> None:
        self._name = f"lm-eval/{name}"
        given = {k: handle_arg_string(v) if isinstance(v, str) else v for k, v in arguments.items()}
        config = {key: given[key] for key in _CONFIG if key in given}
        try:
            with quiet():
                kind = _class_of(name)
                self._lm: Any = kind.create_from_arg_obj({k: v for k, v in given.items() if k not in config}, config)
        except UserError:
            raise
        except (Exception, SystemExit) as error:  # whatever a class throws at its arguments
            raise UserError(_why_not(name, error)) from None
        family = [one.__name__ for one in kind.__mro__]
        self._is_chat = "TemplateAPI" in family and "Chat" in "".join(family)
        if self._is_chat and not use_template:
            raise UserError(f"{self._name} sends messages to a chat API: chat_template=none has no meaning there")
        # Only what the class has at hand: some would fetch a tokenizer when asked for it.
        tokenizer = vars(self._lm).get("tokenizer")
        sends_tokens = getattr(self._lm, "tokenized_requests", True)
        template = getattr(tokenizer, "chat_template", None) if sends_tokens else None
        self._use_template = self._is_chat or (use_template and bool(template))
        counts = callable(tokenizer) and not self._is_chat
        self._window = _window(self._lm) if counts else None
        own = next((one.__module__ for one in kind.__mro__ if one.__module__.startswith("lm_eval.models.")), "")
        self._asker = Asker(self._lm, self._name, seeded=own in _SEEDED)
        self.chunk = _chunk(given, is_api="TemplateAPI" in family)
        self.worker: Worker[Request, Response] = Worker(self._work, most=self.chunk, name=self._name)
        how = "messages" if self._is_chat else sha256_of(str(template))[:16] if self._use_template else "none"
        self.identity: dict[str, Any] = {
            "lm_eval": version("lm_eval"),
            "class": f"{kind.__module__}.{kind.__qualname__}",
            "chat_template": how,
            "files": _digests(given),
            **_info(self._lm),
        }

    @property
    def told_apart(self) -> bool:
        """Whether the identity tells this model from every other: its code is lm-eval's, its weights were hashed."""
        weights = self.identity["files"].get("pretrained")
        return isinstance(weights, dict) and str(self.identity["class"]).startswith("lm_eval.")

    def check(self, mode: Mode) -> None:
        """Refuse what the class can't do.

        Raises
        ------
        UserError
            With what to use instead.
        """
        if mode is Mode.LOGLIKELIHOOD and self._is_chat:
            raise UserError(
                f"{self._name} is a chat API and gives no log-likelihoods: use --mode generate, or "
                "lm-eval/local-completions, hf/ or vllm/"
            )

    def notices(self, settings: Settings, tasks: Sequence[Task]) -> list[str]:
        """Say what the user should know."""
        sampled = any(task.type.params(settings).temperature > 0 for task in tasks)
        if settings.mode is Mode.GENERATE and sampled and not self._asker.repeatable:
            return [f"{self._name} samples without a seed: a repeated run answers otherwise"]
        return []

    def _work(self, jobs: Sequence[Job[Request, Response]]) -> None:
        pending = []
        for job in jobs:
            if job.cancelled:
                continue
            ready = self._pending(job)
            if isinstance(ready, Response):
                job.resolve(ready)
            else:
                pending.append(ready)
        self._asker.ask(pending)

    def _pending(self, job: Job[Request, Response]) -> Pending | Response:
        """Make the calls for a request, or say why it can't be asked: lm-eval would cut a prompt that is too long."""
        request = job.item
        if request.media:
            return Response(error=f"lm-eval models are asked text only, but this has {request.media[0].path}")
        context = self._context(request)
        size = None if self._window is None else len(self._lm.tok_encode(context))
        problem = self._too_long(request, context, size)
        if problem is not None:
            return Response(error=problem)
        if request.mode is Mode.GENERATE:
            return Pending(job, [Instance((context, self._generation(request, size)), request.task)], size)
        return Pending(job, [Instance((context, text), request.task) for text in request.continuations], size)

    def _too_long(self, request: Request, context: str, size: int | None) -> str | None:
        if self._window is None or size is None:
            return None
        whole = size + 1
        if request.mode is Mode.LOGLIKELIHOOD:
            # A token has at least one byte, so that most prompts need not be encoded with each continuation.
            whole = size + max(len(text.encode()) for text in request.continuations)
            if whole > self._window:
                whole = max(len(self._lm.tok_encode(context + text)) for text in request.continuations)
        return f"the prompt has {whole} tokens, but the model takes {self._window}" if whole > self._window else None

    def _context(self, request: Request) -> Any:
        if not self._use_template:
            return plain_prompt(request.messages) + request.prefill
        turns = [{"role": message.role, "content": message.content} for message in request.messages]
        try:
            text = self._lm.apply_chat_template(turns, add_generation_prompt=True)
        except Exception as error:  # templates raise what they like
            raise UserError(
                f"the chat template of {self._name} can't take these messages: {first_line(error)}"
            ) from None
        if self._is_chat:
            return text
        for message in request.messages:
            if message.role != "assistant" and message.content.strip() not in text:
                raise UserError(
                    f"the chat template of {self._name} leaves out the {message.role} message: give --model-arg "
                    "chat_template=none for plain text"
                )
        return text + request.prefill

    def _generation(self, request: Request, size: int | None) -> dict[str, Any]:
        # lm-eval cuts a prompt that leaves no room for the longest answer; the answer gets what room there is instead.
        most = request.params.max_tokens
        if self._window is not None and size is not None:
            most = min(most, self._window - size)
        temperature = request.params.temperature
        made = {"until": [], "max_gen_toks": most, "do_sample": temperature > 0, "temperature": temperature}
        return made | ({"seed": request.params.seed} if self._asker.seeded and temperature > 0 else {})


def _class_of(name: str) -> Any:
    module, colon, attribute = name.partition(":")
    if colon:
        try:
            return getattr(importlib.import_module(module), attribute)
        except AttributeError:
            raise UserError(f"the module {module} has no class {attribute!r}") from None
    if name not in model_registry:
        raise UserError(f"lm-eval has no model class {name!r}{did_you_mean(name, list(model_registry.keys()))}")
    return get_model(name)


def _why_not(name: str, error: BaseException) -> str:
    missing = _MISSING.search(str(error))
    if isinstance(error, TypeError) and missing:
        return f"lm-eval/{name} needs the argument {missing[1]!r}: give --model-arg {missing[1]}=VALUE"
    if isinstance(error, ModuleNotFoundError) and error.name:
        extra = "'ecg-bench[hf,lm-eval]'" if name.startswith(("hf", "huggingface")) else error.name
        return f"lm-eval/{name} needs the package {error.name}, which is missing: pip install {extra}"
    return f"lm-eval/{name} can't be made: {first_line(error)}"


def _chunk(given: Mapping[str, Any], *, is_api: bool) -> int:
    """Return how many requests wait in one call at most; what waits long is given up and tried again by the engine."""
    size = given.get("num_concurrent", 1) if is_api else given.get("batch_size", 1)
    return min(MOST, max(LEAST, BATCHES * size)) if isinstance(size, int) else MOST


def _window(lm: Any) -> int | None:
    found = getattr(lm, "max_length", None)
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None


def _digests(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a hash of every folder with weights, and of every file, that an argument names."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        path = Path(value) if isinstance(value, str) and value else None
        if path is not None and path.is_dir() and any(path.glob("*.safetensors")):
            found[name] = digest_of_folder(path)
        elif path is not None and path.is_file():
            found[name] = sha256_of_file(path)[:32]
    return found


def _info(lm: Any) -> dict[str, str]:
    found = lm.get_model_info() if hasattr(lm, "get_model_info") else {}
    return {name: str(value) for name, value in found.items() if value not in ("", None)}
