"""What a run asks for, compared with what the API and the model take, before anything is asked or paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecg_bench.backends.anthropic._messages import Form
from ecg_bench.domains import Task
from ecg_bench.errors import UserError
from ecg_bench.settings import Settings


def temperature_notices(form: Form, api_version: str, tasks: Sequence[Task], settings: Settings) -> list[str]:
    """Return what the user should know about the temperature.

    Raises
    ------
    UserError
        If one is asked for that the API doesn't take.
    """
    if form.temperature:
        for task in tasks:
            asked = task.type.params(settings).temperature
            if asked > 1:
                raise UserError(
                    f"Anthropic's API takes temperatures from 0 to 1, but {task.name} is asked at {asked:g}: "
                    "set --temperature"
                )
        return []
    if form.thinking is not None and form.thinking["type"] != "disabled":
        what = "a model that thinks takes no temperature"
    else:
        what = (
            f"Anthropic's API takes no temperature in version {api_version} "
            "(models up to 4.6 do with --model-arg api_version=2023-06-01)"
        )
    if settings.temperature is not None:
        raise UserError(f"{what}: leave --temperature out")
    return [f"{what}: answers are sampled as the provider does it, and another run may give others"]


def ability_notices(form: Form, model: Mapping[str, Any], tasks: Sequence[Task], settings: Settings) -> list[str]:
    """Return what the user should know about the model, by what its server says of it.

    Raises
    ------
    UserError
        If the server says that the model can't do what is asked for.
    """
    abilities = model.get("capabilities") or {}
    kinds = (abilities.get("thinking") or {}).get("types") or {}
    chosen = (form.thinking or {}).get("type")
    if chosen and _supported(kinds, chosen) is False:
        given = "thinking_budget" if chosen == "enabled" else f"thinking={chosen}"
        known = " or ".join(f"thinking={kind}" for kind in ("adaptive", "disabled") if _supported(kinds, kind))
        raise UserError(f"anthropic/{form.model} does not take {given}" + (f": use {known}" if known else ""))
    if form.effort and _supported(abilities.get("effort") or {}, form.effort) is False:
        raise UserError(f"anthropic/{form.model} does not take effort={form.effort}")
    asked = max((task.type.params(settings).max_tokens for task in tasks), default=0)
    most = model.get("max_tokens")
    if most and asked + form.budget > most:
        which = "--max-tokens or thinking_budget" if form.budget else "--max-tokens"
        total = asked + form.budget
        raise UserError(f"anthropic/{form.model} writes at most {most} tokens, but is asked for {total}: lower {which}")
    if chosen is None and _supported(kinds, "adaptive"):
        return [
            f"anthropic/{form.model} may think before it answers, and its thoughts count as tokens of the answer: if "
            f"answers are cut at {asked} tokens, raise --max-tokens or set --model-arg thinking=disabled"
        ]
    return []


def _supported(abilities: Mapping[str, Any], name: str) -> bool | None:
    """Return whether an ability is there, None where the server doesn't say."""
    ability = abilities.get(name)
    return ability.get("supported") if isinstance(ability, Mapping) else None
