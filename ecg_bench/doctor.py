"""What is installed, what is missing, and the command that adds it."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, requires
from typing import Any

from ecg_bench._version import VERSION
from ecg_bench.domains import find_domains
from ecg_bench.packages import version_of

PURPOSE = {
    "": "the core",
    "hf": "--model hf/…: transformers models on this machine",
    "vllm": "--model vllm/…: vLLM in process",
    "openai": "--model openai/…: OpenAI and every compatible server",
    "anthropic": "--model anthropic/…: Anthropic's API",
    "lm-eval": "--model lm-eval/…: the model classes of lm-eval",
    "datagen": "PDF documents for ecg-bench datagen",
    "rag": "retrieval-augmented systems",
    "finetune": "LoRA and QLoRA finetuning",
    "ecg": "ECG records in formats of WFDB that only wfdb reads",
    "report": "data frames and reports",
}
_NAME = re.compile(r"^([A-Za-z0-9._-]+)")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")


def examine() -> dict[str, Any]:
    """Return the state of this installation, as data.

    Returns
    -------
    dict
        ``ecg_bench`` (version), ``machine``, ``parts`` (each with what it is for, its packages with the version
        installed or None, and the command that adds it) and ``domains``.
    """
    needed: dict[str, list[str]] = {name: [] for name in PURPOSE}
    for requirement in _requirements():
        name, extra = _NAME.match(requirement), _EXTRA.search(requirement)
        group = extra[1] if extra else ""
        if name and group in needed and name[1] != "ecg-bench":
            needed[group].append(name[1])
    parts = []
    for group, names in needed.items():
        packages = [{"name": name, "version": version_of(name)} for name in names]
        parts.append(
            {
                "extra": group,
                "for": PURPOSE[group],
                "packages": packages,
                "complete": all(package["version"] for package in packages),
                "add": f"pip install 'ecg-bench[{group}]'" if group else "pip install ecg-bench",
            }
        )
    machine = {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
    }
    domains = [
        {"name": d.name, "version": d.card.version, "tasks": len(d.task_cards), "path": str(d.path)}
        for d in find_domains().values()
    ]
    return {"ecg_bench": VERSION, "machine": machine, "parts": parts, "domains": domains}


def _requirements() -> list[str]:
    try:
        return requires("ecg-bench") or []
    except PackageNotFoundError:  # run from a checkout that was never installed
        return []
