"""The example of a third-party provider installs and runs beside the wheel, as its README says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]
EXAMPLE = Path(__file__).parent.parent / "docs" / "examples" / "parrot-backend"
OWN_PATH = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parrot")
    shutil.copytree(EXAMPLE, folder / "source")  # a build leaves files where it builds
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(folder / "source")]
    subprocess.run(build, check=True, capture_output=True, text=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture
def scripts(installed: Path, wheel: Path) -> Iterator[Path]:
    """Return the folder of scripts of the wheel's environment while the example is installed there too."""
    subprocess.run([installed / "pip", "install", "--quiet", str(wheel)], check=True, capture_output=True, text=True)
    yield installed
    uninstall = [installed / "pip", "uninstall", "--quiet", "--yes", "ecg-bench-parrot"]
    subprocess.run(uninstall, check=True, capture_output=True, text=True)


def test_the_example_is_listed_and_runs_beside_the_wheel(scripts: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        command = [scripts / "ecg-bench", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=OWN_PATH, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    listed = {one["provider"]: one for one in json.loads(run("models", "list", "--json"))["providers"]}
    assert listed["parrot"]["arguments"] == {"shortest": 4, "delay_s": 0.0}
    assert "parrot/NAME" in run("models", "list")
    out = run("eval", "--model", "parrot/polly", "--tasks", "ecg/mcq-general", "--out", "RUN", "--json")
    (done,) = json.loads(out)["runs"]
    result = done["results"]["tasks"]["ecg/mcq-general"]
    assert result["outcomes"]["ok"] == result["n"] > 100
    header = json.loads((tmp_path / "RUN" / "run.json").read_text())
    assert header["system"]["identity"] == {"version": "0.1.0"}
    run("eval", "--model", "parrot/coco", "--model-arg", "shortest=6", "--mode", "loglikelihood", "--limit", "20")


def test_the_tests_of_the_example_pass(wheel: Path, tmp_path: Path) -> None:
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path), str(wheel)]
    subprocess.run(install, check=True, capture_output=True, text=True)
    checkout = str(Path(__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE / "tests")],
        cwd=tmp_path,
        env={**OWN_PATH, "PYTHONPATH": os.pathsep.join([str(tmp_path), checkout])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
