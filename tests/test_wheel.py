"""A wheel built from the checkout, installed into an empty environment, does the main job there."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

# One worker builds it: two at once would build in each other's way.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]
ROOT = Path(__file__).parent.parent


def test_the_main_job_runs_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [installed / "ecg-bench", "eval", "--json"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert set(run["results"]["tasks"]) == {"ecg/mcq-checked", "ecg/mcq-general", "ecg/mcq-special"}
    (folder,) = (tmp_path / "results" / "runs").iterdir()
    board = subprocess.run(
        [installed / "ecg-bench", "leaderboard", folder, "--out", "board"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "baseline/bm25" in board.stdout
    assert (tmp_path / "board" / "leaderboard.md").exists()


LIST_FILES = """
import ecg_bench, pathlib
top = pathlib.Path(ecg_bench.__file__).parent
print(*(path.relative_to(top) for path in top.rglob("*") if path.is_file()), sep="\\n")
"""


def test_everything_that_the_package_needs_is_in_it(installed: Path, tmp_path: Path) -> None:
    listed = subprocess.run(
        [installed / "python", "-c", LIST_FILES], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    files = set(listed.stdout.splitlines())
    for top in ("tasks", "judges", "adapters"):
        for path in (ROOT / top).rglob("*"):
            if path.is_file() and path.suffix != ".pyc" and "__pycache__" not in path.parts:
                name = str(path.relative_to(ROOT))
                if path.name != "README.md":
                    assert name in files, name
    assert {"py.typed", "schemas/run.schema.json", "ratings/serving/static/page.html"} <= files
    assert {"viewing/live.html.j2", "viewing/live.css", "viewing/live.js"} <= files
    assert {"tasks/ecg/LICENSE", "tasks/ecg/data/mcq-general.jsonl"} <= files
    assert {path.name for path in map(Path, files) if path.parent == Path("published/data")} == {
        "__init__.py", *(path.name for path in (ROOT / "results" / "published").glob("*.json"))
    }  # fmt: skip


def test_published_results_are_found_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    code = "from ecg_bench.published import names, published; print(*(published(name).name for name in names()))"
    done = subprocess.run(
        [installed / "python", "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["ecg-llm", "ecg-lm", "ecg-qa", "ecgbench", "gem", "meit", "ptbxl"]


def test_help_answers_like_a_shell_tool(installed: Path) -> None:
    """Measured in the installed package, whose modules are compiled; the best of ten is the machine's idle speed."""
    import time

    times = []
    for _ in range(10):
        start = time.perf_counter()
        subprocess.run([installed / "ecg-bench", "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.25, f"{min(times):.3f} s"


@pytest.mark.parametrize("model", ["openai/x", "anthropic/x", "hf/x", "vllm/x", "lm-eval/hf"])
def test_a_model_whose_packages_are_missing_says_which_extra_has_them(
    installed: Path, tmp_path: Path, model: str
) -> None:
    environment = {**os.environ, "OPENAI_API_KEY": "a-key-of-some-length", "ANTHROPIC_API_KEY": "a-key-of-some-length"}
    done = subprocess.run(
        [installed / "ecg-bench", "eval", "--model", model],
        capture_output=True, text=True, cwd=tmp_path, env=environment,
    )  # fmt: skip
    assert done.returncode == 2
    assert f"pip install 'ecg-bench[{model.partition('/')[0]}]'" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
