"""Reading a recipe of a signal adapter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from ecg_bench.adapters.finetune._recipe import changed, parse_change
from ecg_bench.adapters.signal._config import SignalConfig
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.files import parse_yaml, read_text

SMALL = "-small"


@cache
def shipped_recipes() -> dict[str, str]:
    """Return the recipes that come with the package, by name, as YAML."""
    folder = files("ecg_bench.adapters.signal") / "configs"
    return {
        one.name.removesuffix(".yaml"): one.read_text(encoding="utf-8")
        for one in folder.iterdir()
        if one.name.endswith(".yaml")
    }


def read_recipe(given: str | Path, changes: Sequence[str] = ()) -> SignalConfig:
    """Read a recipe.

    Parameters
    ----------
    given : str or path
        A YAML file; or, where there is no such file, the name of a shipped one: an architecture's, or that followed by
        ``-small`` for a CPU.
    changes : sequence of str
        ``section.field=value`` each, with the value in YAML, that take the place of the file's.

    Raises
    ------
    UserError
        If there is no such recipe, or something in it or in the changes is wrong.
    """
    path = Path(given).expanduser()
    if path.is_file():
        text = read_text(path)
    else:
        name = path.name.removesuffix(".yaml")
        if str(path.parent) != "." or name not in shipped_recipes():
            hint = did_you_mean(str(path), shipped_recipes())
            raise UserError(f"there is no such file, and no shipped recipe of that name{hint}", path=path)
        text, path = shipped_recipes()[name], Path(f"{name}.yaml")
    config = parse_yaml(text, SignalConfig, path)
    return changed(config, dict(parse_change(change, SignalConfig) for change in changes))
