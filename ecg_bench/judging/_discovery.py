"""Finding judges: those that are shipped, and one in any YAML file."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.files import find_line, read_yaml
from ecg_bench.judging._card import JudgeCard
from ecg_bench.judging._judge import CardError, Judge

_SUFFIXES = (".yaml", ".yml")


def load_judge(name_or_path: str | Path) -> Judge:
    """Load a judge.

    Parameters
    ----------
    name_or_path : str or path
        The name of a judge that is shipped, or a YAML file.

    Raises
    ------
    UserError
        If there is none of this name, or its definition is wrong; with file and line.
    """
    path, name = Path(name_or_path), str(name_or_path)
    if path.suffix in _SUFFIXES:
        return read_judge(path)
    known = {path.stem: path for path in _shipped()}
    if name not in known:
        raise UserError(
            f"there is no judge {name!r}{did_you_mean(name, known)}; a judge of your own is named by its file, "
            "which ends in .yaml"
        )
    return read_judge(known[name])


def read_judge(path: Path) -> Judge:
    """Read a judge from a YAML file, whatever the file is called.

    Raises
    ------
    UserError
        If its definition is wrong; with file and line.
    """
    card = read_yaml(path, JudgeCard)
    try:
        return Judge(card)
    except CardError as error:
        raise UserError(error.message, path=path, line=find_line(path, error.place)) from None


def find_judges() -> dict[str, Judge]:
    """Return the judges that are shipped, by name."""
    return {path.stem: read_judge(path) for path in _shipped()}


def _shipped() -> list[Path]:
    return sorted(Path(str(files("ecg_bench.judges"))).glob("*.yaml"))
