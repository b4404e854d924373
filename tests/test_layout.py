"""The layout holds: packages are listed, links are links, schemas are true, and start-up imports nothing heavy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ecg_bench.schemas import build_schemas, load_schemas

ROOT = Path(__file__).parent.parent
# Folders at the top, by where their packages are inside ecg_bench.
LINKED = {"tasks": "tasks", "judges": "judges", "adapters": "adapters", "published/data": "results/published"}

pytestmark = pytest.mark.skipif(not (ROOT / "pyproject.toml").exists(), reason="only in a checkout")


def test_every_package_is_listed_with_its_folder() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    found = {}
    for place, top in {"": "ecg_bench", **LINKED}.items():
        for init in (ROOT / top).rglob("__init__.py"):
            inside = init.parent.relative_to(ROOT / top)
            if place or not any(inside.is_relative_to(link) for link in LINKED):
                name = ".".join(("ecg_bench", *Path(place).parts, *inside.parts))
                found[name] = str(init.parent.relative_to(ROOT))
    assert sorted(config["packages"]) == config["packages"]
    assert set(config["packages"]) == set(found)
    for name, folder in found.items():
        if not folder.startswith("ecg_bench"):
            assert config["package-dir"][name] == folder


@pytest.mark.parametrize("name", LINKED)
def test_the_checkout_has_links_to_the_folders_at_the_top(name: str) -> None:
    link = ROOT / "ecg_bench" / name
    assert os.readlink(link) == os.path.relpath(ROOT / LINKED[name], link.parent)


def test_runs_are_never_packaged() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert [folder for folder in config["package-dir"].values() if folder.startswith("results")] == [
        "results/published"
    ]


def test_published_schemas_are_those_of_the_records() -> None:
    assert load_schemas() == build_schemas(), "run python -m ecg_bench.schemas"


def imported_by(*arguments: str) -> set[str]:
    code = (
        "import sys, json\n"
        f"sys.argv = ['ecg-bench', *{list(arguments)!r}]\n"
        "from ecg_bench.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stderr.splitlines()[-1]))


HEAVY = {"torch", "transformers", "pandas", "scipy", "numpy", "pydantic", "yaml", "jinja2", "rich", "bm25s", "openai"}


@pytest.mark.parametrize("arguments", [("--help",), ("eval", "--help"), ("leaderboard", "--help"), ("--version",)])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert not imported_by(*arguments) & HEAVY


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, ecg_bench; print(*{n.split('.')[0] for n in sys.modules})"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert not set(out.split()) & HEAVY


def test_listing_tasks_and_a_baseline_run_need_neither_torch_nor_pandas(tmp_path: Path) -> None:
    run = ("eval", "--model", "baseline/random", "--limit", "5", "--quiet", "--out", str(tmp_path / "run"))
    for arguments in (("tasks", "list"), ("models", "list"), run):
        assert not imported_by(*arguments) & {"torch", "transformers", "pandas", "scipy", "openai"}


@pytest.mark.parametrize("arguments", [("-m", "ecg_bench"), ("-c", "from ecg_bench.cli import main; main()")])
def test_the_checkout_runs_without_being_installed(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """As in a checkout on the path: the package's own folder serves tasks through the links."""
    done = subprocess.run(
        [sys.executable, *arguments, "tasks", "list", "--json"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert {task["name"] for task in json.loads(done.stdout)["tasks"]} >= {"ecg/mcq-general", "ecg/open-factual"}


def test_published_results_are_found_without_being_installed(tmp_path: Path) -> None:
    code = "from ecg_bench.published import names, published; print(*(published(name).name for name in names()))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path, env=environment
    )
    assert done.stdout.split() == ["ecg-llm", "ecg-lm", "ecg-qa", "ecgbench", "gem", "meit", "ptbxl"]
