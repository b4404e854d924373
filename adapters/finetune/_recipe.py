"""Reading a recipe: a YAML file, or one of those that are shipped, and single fields changed on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from ecg_bench.adapters.finetune._config import FinetuneConfig
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.files import describe, parse_yaml, read_text

DEFAULT = "qlora"
Recipe = TypeVar("Recipe", bound=FinetuneConfig)
_NOT_RECIPES = ("fsdp.yaml",)


@cache
def shipped_recipes() -> dict[str, str]:
    """Return the recipes that come with the package, by file name, as YAML."""
    folder = files("ecg_bench.adapters.finetune") / "configs"
    found = (one for one in folder.iterdir() if one.name.endswith(".yaml") and one.name not in _NOT_RECIPES)
    return {one.name: one.read_text(encoding="utf-8") for one in found}


def read_recipe(given: str | Path | None = None, changes: Sequence[str] = ()) -> FinetuneConfig:
    """Read a recipe.

    Parameters
    ----------
    given : str or path, optional
        A YAML file; or, where there is no such file, the name of a shipped one (``qlora``, ``lora-small``, with or
        without ``.yaml``). By default the study's, ``qlora``.
    changes : sequence of str
        ``section.field=value`` each, with the value in YAML, that take the place of the file's.

    Raises
    ------
    UserError
        If there is no such recipe, or something in it or in the changes is wrong.
    """
    path = Path(given or DEFAULT).expanduser()
    if path.is_file():
        text = read_text(path)
    else:
        name = path.name if path.suffix == ".yaml" else f"{path.name}.yaml"
        if str(path.parent) != "." or name not in shipped_recipes():
            known = did_you_mean(str(path), (one.removesuffix(".yaml") for one in shipped_recipes()))
            raise UserError(f"there is no such file, and no shipped recipe of that name{known}", path=path)
        text, path = shipped_recipes()[name], Path(name)
    config = parse_yaml(text, FinetuneConfig, path)
    return changed(config, dict(parse_change(change) for change in changes))


def parse_change(change: str, recipe: type[FinetuneConfig] = FinetuneConfig) -> tuple[str, Any]:
    """Return the field and the value of ``section.field=value``, for a recipe of some kind.

    Raises
    ------
    UserError
        If it isn't of that form, or there is no such field.
    """
    field, sign, text = (part.strip() for part in change.partition("="))
    if not (field and sign):
        raise UserError(f"--set {change!r}: expected FIELD=VALUE, such as training.epochs=3")
    known = [
        f"{section}.{name}"
        for section, part in recipe.model_fields.items()
        for name in part.annotation.model_fields  # type: ignore[union-attr]
    ]
    if field not in known:
        raise UserError(f"--set {change!r}: there is no field {field!r}{did_you_mean(field, known)}")
    try:
        return field, yaml.safe_load(text)
    except yaml.YAMLError:
        raise UserError(f"--set {change!r}: the value is no YAML") from None


def changed(config: Recipe, values: dict[str, Any]) -> Recipe:
    """Return a recipe with some fields, ``section.field``, replaced.

    Raises
    ------
    UserError
        If a value is out of its field's range.
    """
    data = config.model_dump()
    for field, value in values.items():
        section, _, name = field.partition(".")
        data[section][name] = value
    try:
        return type(config).model_validate(data)
    except ValidationError as error:
        raise UserError(f"--set: {describe(error)}") from None
