"""What answers requests: ``--model PROVIDER/NAME``.

To add a backend, copy ``baseline/_choice.py``, subclass `Backend`, and add a line to `BACKENDS` (or, in a package of
your own, an entry point of the group ``ecg_bench.backends``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecg_bench.backends.base import Backend, ModelCard, TransientError
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.registry import Registry, build, keyword_parameters

BACKENDS: Registry[type[Backend]] = Registry(
    "model provider",
    "ecg_bench.backends",
    {
        "anthropic": "ecg_bench.backends.anthropic:Anthropic",
        "baseline": "ecg_bench.backends.baseline:Baseline",
        "hf": "ecg_bench.backends.hf:HuggingFace",
        "lm-eval": "ecg_bench.backends.lm_eval:LmEval",
        "mock": "ecg_bench.backends.mock:Mock",
        "openai": "ecg_bench.backends.openai:OpenAICompatible",
        "rag": "ecg_bench.adapters.rag._backend:Rag",
        "replay": "ecg_bench.backends.replay:Replay",
        "signal": "ecg_bench.adapters.signal._backend:Signal",
        "template": "ecg_bench.adapters.datagen.template:Template",
        "vllm": "ecg_bench.backends.vllm:VLLM",
    },
)

__all__ = [
    "BACKENDS",
    "Backend",
    "ModelCard",
    "TransientError",
    "generator_arguments",
    "open_model",
    "parse_arguments",
]


def open_model(model: str, arguments: Mapping[str, Any] | None = None) -> Backend:
    """Return the backend for ``PROVIDER/NAME``; nothing heavy is loaded before `Backend.prepare`.

    Raises
    ------
    UserError
        If the provider or the name is unknown, or an argument is.
    """
    provider, slash, name = model.partition("/")
    if not slash or not name:
        hint = did_you_mean(model, (f"{p}/" for p in BACKENDS))
        raise UserError(f"a model is named PROVIDER/NAME, such as baseline/bm25, but this is {model!r}{hint}")
    return build(BACKENDS.get(provider), f"--model {model}", (name,), arguments or {})


def generator_arguments(model: str, generator: str | None, pairs: Sequence[str]) -> dict[str, str]:
    """Turn ``--generator`` and ``--generator-arg`` into arguments of a model that lets another one answer.

    Raises
    ------
    UserError
        If the model answers by itself, or an argument is wrong.
    """
    provider = model.partition("/")[0]
    if provider in BACKENDS.targets() and "generator" not in keyword_parameters(BACKENDS.get(provider)):
        raise UserError(
            f"--generator says who answers with what rag/ models find, and {model} answers by itself: leave it out"
        )
    found = {} if generator is None else {"generator": generator}
    return found | {f"generator.{key}": value for key, value in parse_arguments(pairs, "--generator-arg").items()}


def parse_arguments(pairs: Sequence[str], option: str = "--model-arg") -> dict[str, str]:
    """Turn ``key=value`` texts, given by an option of the command line, into a mapping.

    Raises
    ------
    UserError
        If one has no ``=``, or a key is given twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise UserError(f"{option} takes KEY=VALUE, but got {pair!r}")
        if key in found:
            raise UserError(f"{option} {key} is given twice")
        found[key] = value
    return found
