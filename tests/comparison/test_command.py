"""``ecg-bench compare``, as a user runs it."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest

from ecg_bench import Run
from ecg_bench.cli import main
from ecg_bench.schemas import load_schemas
from tests.comparison.making import Pack, alone, answering

N = 120
HOSTILE = "Answer: \x1b]0;owned\x07\x1b[2J\x9b31m[red]B[/red] \u202eevil\u202c [link=file:///etc]x[/link] \r gone\\"
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def run(*arguments: object, **variables: str) -> Done:
    """Run the command in this process, through the entry point of the script."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["ecg-bench", "compare", *map(str, arguments)])
        for name, value in variables.items():
            patch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main()
    return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture
def runs(pack: Pack) -> tuple[Run, Run]:
    """The second is worse."""
    data = alone(N)
    folder = pack(data=data)
    said = {0: HOSTILE, 1: "Neither.", 2: "<script>alert(1)</script>"}
    before = answering(folder, set(range(80)), "before", data=data)
    return before, answering(folder, set(range(50)), "after", data=data, said=said)


def test_the_form_that_must_work(runs: tuple[Run, Run]) -> None:
    before, after = (one.path for one in runs)
    form = [sys.executable, "-m", "ecg_bench", "compare", before, after, "--json", "--fail-if", "worse"]
    done = subprocess.run(form, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("ecg-bench: --fail-if 'worse' holds: toy/choice: acc from 0.667 to 0.392: worse")
    found = json.loads(done.stdout)
    jsonschema.validate(found, load_schemas()["comparison"])
    assert found["tasks"][0]["metrics"][0]["changes"]["broken"] == 33
    assert found["conditions"][0]["holds"]
    better = run(after, before, "--json", "--fail-if", "worse")
    assert (better.returncode, better.stderr) == (0, "")


def test_exit_codes(runs: tuple[Run, Run]) -> None:
    before, after = (one.path for one in runs)
    assert run(before, after).returncode == 0
    assert run(before, after, "--fail-if", "broken > 99").returncode == 0
    several = run(before, after, "--fail-if", "broken > 99", "--fail-if", "accuracy drops by more than the interval")
    assert several.returncode == 1
    for wrong in (("--fail-if", "wrse"), ("--metric", "acccc"), ("--tasks", "other"), ("--show", "-1")):
        done = run(before, after, *wrong)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Traceback" not in done.stderr
    assert run(before).returncode == 2
    header = json.loads((after / "run.json").read_text())
    (after / "run.json").write_text(json.dumps(header | {"status": "interrupted"}))
    done = run(before, after)
    assert done.returncode == 2
    assert "the run is not complete (interrupted): finish it with" in done.stderr


def test_what_is_printed(runs: tuple[Run, Run]) -> None:
    before, after = (one.path for one in runs)
    shown = run(before, after, "--show", 2, "--fail-if", "broken > 99").stdout
    assert 'differs system.name: "before" before, "after" after' in shown
    assert "acc from 0.667 to 0.392: worse" in shown
    assert "120 samples in 120 clusters; exact McNemar test; interval: Agresti-Min" in shown
    assert re.search(r"before \\ after +ok +unparsed\nok +\d+ +[123]\n", shown)
    assert len(re.findall(r"(?m)^broken +q000", shown)) == 2
    assert "… and 31 more: --show N, or --json for all" in shown
    assert "--fail-if broken > 99: does not hold" in shown
    assert "Which colour" not in shown
    assert not re.search(r"(?m)^broken +q000", run(before, after, "--show", 0).stdout)


def test_full_shows_questions_and_answers_and_no_control_characters(runs: tuple[Run, Run]) -> None:
    before, after = (one.path for one in runs)
    for terminal in ({}, {"FORCE_COLOR": "1", "TERM": "xterm-256color"}):
        done = run(before, after, "--full", "--show", 3, **terminal)
        assert done.returncode == 0, done.stderr
        own = re.sub("\x1b\\[[0-9;]*m", "", done.stdout)  # colours, which only rich writes
        assert not CONTROL.search(own)
        assert own.count("Which colour") == 3
        assert "[red]B[/red] evil [link=file:///etc]x[/link]" in own
        assert "<script>alert(1)</script>" in own
    assert "\x1b" not in run(before, after, "--full").stdout


def test_ids_topics_and_systems_are_as_hostile_as_answers(pack: Pack) -> None:
    data = alone(30)
    data[0] |= {"id": "q\x1b[31m[bold]", "topic": "colours"}
    folder = pack(data=data)
    before = answering(folder, set(range(30)), "before", data=data)
    after = answering(folder, set(range(1, 30)), "=after", data=data)
    header = json.loads((after.path / "run.json").read_text())
    header["system"]["name"] = "=cmd\x1b[31m | <b>[x](y)</b>"
    (after.path / "run.json").write_text(json.dumps(header))
    out = before.path.parent / "out"
    done = run(before.path, after.path, "--out", out)
    assert done.returncode == 0, done.stderr
    assert not CONTROL.search(done.stdout)
    assert "q[31m[bold]" in done.stdout
    markdown = (out / "comparison.md").read_text()
    assert not CONTROL.search(markdown)
    assert "=cmd\\[31m \\| &lt;b&gt;\\[x\\](y)&lt;/b&gt;" in markdown


def test_nothing_but_the_folder_of_out_is_written(runs: tuple[Run, Run], tmp_path: Path) -> None:
    before, after = (one.path for one in runs)
    kept = {path: path.stat().st_mtime_ns for path in (*before.rglob("*"), *after.rglob("*"))}
    assert run(before, after, "--full", "--metric", "all", "--out", tmp_path / "x" / "y").returncode == 0
    assert kept == {path: path.stat().st_mtime_ns for path in (*before.rglob("*"), *after.rglob("*"))}
    assert (tmp_path / "x" / "y" / "comparison.csv").is_file()


def test_without_full_the_samples_are_not_opened(runs: tuple[Run, Run]) -> None:
    for one in runs:
        (one.path / "samples.jsonl").unlink()
    assert run(*(one.path for one in runs)).returncode == 0
