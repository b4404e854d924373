"""An lm-eval model: made from its registry, asked in chunks, each answer taken as it arrives."""

from __future__ import annotations

import inspect
import logging
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("TQDM_DISABLE", "1")  # the run has a progress bar of its own

import lm_eval.models  # noqa: F401  # fills the registry
from lm_eval.api.registry import get_model, model_registry
from lm_eval.utils import handle_arg_string

from ecg_bench.backends._prompt import plain_prompt
from ecg_bench.backends._worker import Job, Worker
from ecg_bench.backends.hf._model import _digest as digest
from ecg_bench.domains import Task
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.redaction import redact
from ecg_bench.samples import Mode, Request, Response, Usage
from ecg_bench.settings import Settings

CHUNK = 512  # requests in one call: enough to sort by length, few enough to lose when a process is killed
_CONFIG = ("batch_size", "max_batch_size", "device")  # what lm-eval gives a class beside its own arguments
_NULL = "LMEVAL_MODEL_NONE_ANSWER_PLACEHOLDER"

Chunk = Sequence[Job[Request, Response]]


@dataclass(frozen=True)
class _Instance:
    """The part of lm-eval's requests that model classes read."""

    args: tuple[Any, ...]
    task_name: str

    @property
    def arguments(self) -> tuple[Any, ...]:
        return self.args


class LmEvalModel:
    """A model class of lm-eval with its arguments, ready to answer.

    Parameters
    ----------
    name : str
        As in lm-eval's registry.
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
        if name not in model_registry:
            raise UserError(f"lm-eval has no model class {name!r}{did_you_mean(name, list(model_registry.keys()))}")
        for logger in ("lm_eval", "lm-eval"):
            logging.getLogger(logger).setLevel(logging.ERROR)
        given = {key: handle_arg_string(value) if isinstance(value, str) else value for key, value in arguments.items()}
        config = {key: given.pop(key) for key in _CONFIG if key in given}
        try:
            self._lm: Any = get_model(name).create_from_arg_obj(given, config)
        except UserError:
            raise
        except (Exception, SystemExit) as error:  # whatever a class throws at its arguments
            raise UserError(f"lm-eval/{name} can't be made: {_first_line(error)}") from None
        self._name = name
        self._is_chat = "chat" in name
        tokenizer = getattr(self._lm, "tokenizer", None)
        self._use_template = use_template and (self._is_chat or bool(getattr(tokenizer, "chat_template", None)))
        self._window = _window(self._lm) if callable(tokenizer) else None
        self.worker: Worker[Request, Response] = Worker(self._work, most=CHUNK, name=f"lm-eval {name}")
        folder = Path(str(given.get("pretrained", "")))
        self.identity: dict[str, Any] = {
            "lm_eval": version("lm_eval"),
            "class": type(self._lm).__name__,
            "chat_template": self._use_template,
            "files": digest(folder) if given.get("pretrained") and folder.is_dir() else None,
            **{key: str(value) for key, value in _info(self._lm).items()},
        }
        if given.get("peft") and Path(str(given["peft"])).is_dir():
            self.identity["peft_files"] = digest(Path(str(given["peft"])))

    def check(self, mode: Mode) -> None:
        """Refuse what the class can't do.

        Raises
        ------
        UserError
            With what to use instead.
        """
        if mode is Mode.LOGLIKELIHOOD and self._is_chat:
            raise UserError(
                f"lm-eval/{self._name} is a chat API and gives no log-likelihoods: use --mode generate, or "
                "lm-eval/local-completions, hf/ or vllm/"
            )

    def notices(self, settings: Settings, tasks: Sequence[Task]) -> list[str]:
        """Say what the user should know."""
        sampled = [task.name for task in tasks if task.type.params(settings).temperature > 0]
        if settings.mode is Mode.GENERATE and sampled:
            return [f"lm-eval/{self._name} samples without a seed for each request: a repeated run answers otherwise"]
        return []

    def _context(self, request: Request) -> str:
        if not self._use_template:
            return plain_prompt(request.messages) + request.prefill
        turns = [{"role": message.role, "content": message.content} for message in request.messages]
        text = self._lm.apply_chat_template(turns, add_generation_prompt=True)
        return text if self._is_chat else f"{text}{request.prefill}"

    def _work(self, jobs: Chunk) -> None:
        contexts: dict[int, tuple[str, int]] = {}
        for n, job in enumerate(jobs):
            context = self._context(job.item)
            size = 0
            if self._window is not None:
                size = len(self._lm.tok_encode(context + max(job.item.continuations, key=len, default="")))
            room = 0 if job.item.continuations else 1
            if self._window is not None and size + room > self._window:
                job.resolve(Response(error=f"the prompt has {size} tokens, but the model takes {self._window}"))
            else:
                contexts[n] = (context, size)
        left = [(job, *contexts[n]) for n, job in enumerate(jobs) if n in contexts]
        scored = [entry for entry in left if entry[0].item.mode is Mode.LOGLIKELIHOOD]
        written = [entry for entry in left if entry[0].item.mode is Mode.GENERATE]
        for entries, ask in ((scored, self._score), (written, self._generate)):
            if entries:
                self._ask(entries, ask)

    def _ask(self, entries: list[tuple[Any, str, int]], ask: Any) -> None:
        """Ask together; should that fail, ask what is left alone, so that one bad request fails only itself."""
        try:
            ask(entries)
        except Exception as error:
            left = [entry for entry in entries if not entry[0].done]
            if len(entries) > 1:
                for entry in left:
                    self._ask([entry], ask)
            else:
                for job, *_ in left:
                    job.resolve(Response(error=_first_line(error)))

    def _score(self, entries: list[tuple[Any, str, int]]) -> None:
        found: dict[tuple[str, str], float] = {}
        waiting: dict[tuple[str, str], list[Any]] = defaultdict(list)
        contexts = {id(job): context for job, context, _ in entries}
        sizes = {id(job): size for job, _, size in entries}

        def take(key: Any, value: Any) -> None:
            pair = (key[0], key[1])
            found[pair] = float(value[0])
            for job in waiting[pair]:
                pairs = [(contexts[id(job)], text) for text in job.item.continuations]
                if all(one in found for one in pairs):
                    values = [found[one] for one in pairs]
                    usage = Usage(sizes[id(job)], 0) if self._window is not None else None
                    job.resolve(Response(loglikelihoods=tuple(values), usage=usage))

        instances = []
        for job, context, _ in entries:
            for text in job.item.continuations:
                waiting[context, text].append(job)
                instances.append(_Instance((context, text), job.item.task))
        values = self._call("loglikelihood", instances, take)
        for instance, value in zip(instances, values, strict=True):
            take(instance.args, value)

    def _generate(self, entries: list[tuple[Any, str, int]]) -> None:
        waiting: dict[str, list[Any]] = defaultdict(list)

        def take(key: Any, value: Any) -> None:
            for job in waiting.get(str(key[0]), ()):
                job.resolve(Response("" if str(value).startswith(_NULL) else str(value)))

        instances = []
        for job, context, size in entries:
            waiting[str(context)].append(job)
            instances.append(_Instance((context, self._generation(job.item, size)), job.item.task))
        values = self._call("generate_until", instances, take)
        for (job, *_), value in zip(entries, values, strict=True):
            job.resolve(Response("" if str(value).startswith(_NULL) else str(value)))

    def _generation(self, request: Request, size: int) -> dict[str, Any]:
        # lm-eval cuts a prompt that leaves no room for the longest answer; the answer gets what room there is instead.
        most = request.params.max_tokens
        if self._window is not None:
            most = min(most, self._window - size)
        temperature = request.params.temperature
        return {"until": [], "max_gen_toks": most, "do_sample": temperature > 0, "temperature": temperature}

    def _call(self, method: str, instances: list[_Instance], take: Any) -> list[Any]:
        class Hook:
            """Is told of each answer as it arrives; by this, lm-eval fills its own cache."""

            def add_partial(self, attribute: str, key: Any, value: Any) -> None:
                if attribute == method:
                    take(key, value)

        self._lm.set_cache_hook(Hook())
        ask = getattr(self._lm, method)
        quiet = {"disable_tqdm": True} if "disable_tqdm" in inspect.signature(ask).parameters else {}
        values: list[Any] = ask(instances, **quiet)
        if len(values) != len(instances):
            raise RuntimeError(f"lm-eval/{self._name} gave {len(values)} answers to {len(instances)} requests")
        return values


def _window(lm: Any) -> int | None:
    found = getattr(lm, "max_length", None)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _info(lm: Any) -> dict[str, Any]:
    return lm.get_model_info() if hasattr(lm, "get_model_info") else {}


def _first_line(error: BaseException) -> str:
    lines = redact(str(error)).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
