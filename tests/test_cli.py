"""The command line, as a user runs it: real processes, exit codes, and nothing but JSON under --json."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ecg_bench.schemas import load_schemas
from tests.packs import make_pack, rows, write_jsonl

Pack = Callable[..., Path]


def run(*arguments: object, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ecg_bench", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **variables},
        check=False,
    )


def data(*arguments: object, cwd: Path) -> Any:
    done = run(*arguments, "--json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refusal(*arguments: object, cwd: Path, **variables: str) -> str:
    """Return the one sentence that a wrong command is answered with, having checked that nothing else happened."""
    before = sorted(cwd.rglob("*"))
    done = run(*arguments, cwd=cwd, **variables)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert sorted(cwd.rglob("*")) == before
    return done.stderr.strip()


def test_eval_without_options_is_bm25_on_the_three_sets(tmp_path: Path) -> None:
    done = run("eval", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for task in ("ecg/mcq-checked", "ecg/mcq-general", "ecg/mcq-special"):
        assert task in done.stdout
    (folder,) = (tmp_path / "results" / "runs").iterdir()
    assert folder.name.startswith("baseline-bm25-")


def test_the_forms_that_must_work(tmp_path: Path) -> None:
    made = data(
        *(
            "eval",
            "--model",
            "baseline/random",
            "--tasks",
            "ecg/mcq-general",
            "--limit",
            50,
            "--seed",
            7,
            "--out",
            "RUN",
        ),
        cwd=tmp_path,
    )
    (one,) = made["runs"]
    assert one["run"] == "RUN"
    assert one["results"]["tasks"]["ecg/mcq-general"]["n"] == 50
    from ecg_bench.domains import find_tasks

    (task,) = find_tasks(["ecg/open-factual"])
    answers = [{"id": s.id, "answer": s.reference, "system": "NAME"} for s in task.dataset]
    write_jsonl(tmp_path / "answers.jsonl", answers)
    form = (
        "eval",
        "--model",
        "replay/answers.jsonl",
        "--system",
        "NAME",
        "--tasks",
        "ecg/open-factual",
        "--out",
        "RUN2",
    )
    assert data(*form, cwd=tmp_path)["runs"][0]["outcomes"]["ok"] == len(answers)
    data("eval", "--model", "baseline/longest", "--tasks", "ecg/mcq-general", "--out", "RUN3", cwd=tmp_path)
    board = data("leaderboard", "RUN", "RUN3", cwd=tmp_path)
    assert {cell["system"] for cell in board["layers"][0]["cells"]} == {"baseline/random", "baseline/longest"}


def test_what_a_run_leaves_fits_the_published_schema(tmp_path: Path) -> None:
    make_pack(tmp_path / "toy")
    form = (
        "eval",
        "--model",
        "baseline/bm25",
        "--tasks",
        "toy/*",
        "--include",
        "toy",
        "--permutations",
        2,
        "--out",
        "RUN",
    )
    data(*form, cwd=tmp_path)
    schemas = load_schemas()
    jsonschema.validate(json.loads((tmp_path / "RUN" / "run.json").read_text()), schemas["run"])
    jsonschema.validate(json.loads((tmp_path / "RUN" / "results.json").read_text()), schemas["results"])
    for line in (tmp_path / "RUN" / "samples.jsonl").read_text().splitlines():
        jsonschema.validate(json.loads(line), schemas["samples"])
    jsonschema.validate(data("leaderboard", "RUN", cwd=tmp_path), schemas["leaderboard"])
    printed = run("schema", "results", cwd=tmp_path)
    assert json.loads(printed.stdout) == schemas["results"]


def test_every_command_speaks_json(tmp_path: Path) -> None:
    make_pack(tmp_path / "toy")
    data("eval", "--tasks", "toy/choice", "--include", "toy", "--out", "RUN", cwd=tmp_path)
    for form in (
        ("tasks", "list"),
        ("tasks", "list", "--domain", "toy", "--include", "toy"),
        ("tasks", "show", "ecg/mcq-checked"),
        ("tasks", "validate"),
        ("models", "list"),
        ("show", "RUN"),
        ("show", "RUN", "--sample", "q00003"),
        ("show", "RUN", "--outcome", "ok"),
        ("schema",),
        ("doctor",),
        ("completion", "zsh"),
        ("leaderboard", "RUN"),
    ):
        assert isinstance(data(*form, cwd=tmp_path), dict), form


def test_every_command_has_help_with_an_example(tmp_path: Path) -> None:
    forms = ["", "eval", "leaderboard", "show", "tasks", "tasks list", "tasks show", "tasks validate", "models"]
    for form in (*forms, "models list", "schema", "doctor", "completion"):
        done = run(*form.split(), "--help", cwd=tmp_path)
        assert done.returncode == 0
        assert "Example" in done.stdout, form


def test_show_prints_one_sample_in_full(tmp_path: Path) -> None:
    make_pack(tmp_path / "toy")
    data("eval", "--tasks", "toy/choice", "--include", "toy", "--out", "RUN", cwd=tmp_path)
    shown = run("show", "RUN", "--sample", "q00003", cwd=tmp_path).stdout
    for part in ("Which colour does the", "A) The colour", "output", "outcome ok", "right answer", "acc"):
        assert part in shown
    assert "did you mean 'q000" in refusal("show", "RUN", "--sample", "q0003", cwd=tmp_path)


def test_the_table_shows_what_was_not_read(tmp_path: Path) -> None:
    make_pack(tmp_path / "toy")
    write_jsonl(tmp_path / "a.jsonl", ({"id": row["id"], "answer": "Perhaps."} for row in rows(20)))
    done = run(
        "eval", "--model", "replay/a.jsonl", "--tasks", "toy/choice", "--include", "toy", "--out", "R", cwd=tmp_path
    )
    assert "20 unparsed" in done.stdout


def test_errors_make_the_exit_code_1_unless_allowed(tmp_path: Path) -> None:
    make_pack(tmp_path / "toy")
    write_jsonl(tmp_path / "a.jsonl", ({"id": row["id"], "answer": row["key"]} for row in rows(18)))
    form = ("eval", "--model", "replay/a.jsonl", "--tasks", "toy/choice", "--include", "toy", "--out", "R", "--json")
    done = run(*form, cwd=tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["runs"][0]["outcomes"]["error"] == 2
    assert "2 requests ended in errors" in done.stderr
    assert "toy/choice q00018: a.jsonl has no answer" in done.stderr
    assert run(*form, "--max-error-rate", "0.1", cwd=tmp_path).returncode == 0
    assert run(*form, "--max-error-rate", "0.05", cwd=tmp_path).returncode == 1


def test_progress_is_plain_lines_in_a_log_and_nothing_when_quiet(tmp_path: Path) -> None:
    make_pack(tmp_path / "toy")
    form = ("eval", "--model", "baseline/random", "--tasks", "toy/choice", "--include", "toy", "--out")
    logged = run(*form, "A", cwd=tmp_path).stderr
    assert "baseline/random: 20/20" in logged
    assert "\x1b" not in logged
    assert run(*form, "B", "--quiet", cwd=tmp_path).stderr == ""


def test_progress_is_a_bar_with_rate_and_score_on_a_terminal(tmp_path: Path) -> None:
    import pty

    make_pack(tmp_path / "toy", n=500)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "ecg_bench", "eval", "--tasks", "toy/choice", "--include", "toy", "--out", "R"]
    done = subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=theirs,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "140"},
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # how a terminal says that the other side is gone
        pass
    assert done.wait() == 0
    assert b"500/500" in shown
    assert b"running score" in shown
    assert b"/s" in shown


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("--model basline/random", "did you mean 'baseline'"),
        ("--model baseline/bm52", "did you mean 'bm25'"),
        ("--model bm25", "PROVIDER/NAME"),
        ("--model baseline/random --model-arg seed", "--model-arg takes KEY=VALUE"),
        ("--model baseline/random --model-arg a=1", "has no argument 'a'"),
        ("--model replay/none.jsonl", "none.jsonl: no such file"),
        ("--model replay/toy/domain.yaml", "must end in one of .jsonl, .csv, .tsv"),
        ("--tasks ecg/mcq-genral", "did you mean 'ecg/mcq-general'"),
        ("--tasks toy/choice --include nowhere", "holds no domain pack"),
        ("--limit 0", "limit must be at least 1"),
        ("--permutations 25", "no more than 24 orders"),
        ("--num-fewshot 500", "worked examples: --num-fewshot 500 is too many"),
        ("--model baseline/random --mode loglikelihood", "can't be asked for loglikelihood"),
        ("--resume", "--resume needs --out"),
        ("--resume --out toy", "is no run directory"),
        ("--out toy", "is not empty and holds no run"),
        ("--out toy/domain.yaml/run", "cannot be written"),
        ("--out /proc/run", "cannot be written"),
    ],
)
def test_wrong_options_are_answered_in_one_sentence(tmp_path: Path, form: str, said: str) -> None:
    make_pack(tmp_path / "toy")
    assert said in refusal("eval", *form.split(), cwd=tmp_path)


ROW = '{"id": "1", "question": "Q?", "options": ["a", "b", "c", "d"], "key": "ANSWER"}\n'


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"choice.jsonl": "{broken\n"}, "toy/choice.jsonl:1: is not valid JSON"),
        ({"choice.jsonl": ""}, "toy/choice.jsonl: holds no sample"),
        ({"choice.jsonl": '{"id": "1"}\n'}, "toy/choice.jsonl:1: the field 'options' is missing"),
        ({"choice.jsonl": ROW.replace("ANSWER", "E")}, "toy/choice.jsonl:1: the key must be a letter from A to D"),
        ({"choice.jsonl": ROW.replace('"d"]', '"d", "e"]')}, "toy/choice.jsonl:1: must have 4 options, but has 5"),
        ({"choice.jsonl": 2 * ROW.replace("ANSWER", "A")}, "toy/choice.jsonl:2: the id '1' stands on line 1 already"),
        ({"choice.yaml": "[]"}, "toy/choice.yaml:1: must be a YAML mapping"),
        ({"choice.yaml": "task: ["}, "toy/choice.yaml:1: is not valid YAML"),
        ({"domain.yaml": "just words"}, "toy/domain.yaml:1: must be a YAML mapping"),
    ],
)
def test_broken_packs_are_answered_with_file_and_line(tmp_path: Path, change: dict[str, str], said: str) -> None:
    make_pack(tmp_path / "toy")
    for name, text in change.items():
        (tmp_path / "toy" / name).write_text(text)
    form = ("eval", "--tasks", "toy/choice", "--include", "toy", "--out", "RUN")
    assert said in refusal(*form, cwd=tmp_path)


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("{{ qestion }}", "unknown field 'qestion'; a sample has"),
        ("{{ question.__class__.__mro__ }}", "may not use '__"),
        ("{{ question.upper() }}", "may not call functions"),
    ],
)
def test_broken_templates_are_answered_in_one_sentence(tmp_path: Path, prompt: str, said: str) -> None:
    make_pack(tmp_path / "toy", card=f"prompt: {{user: '{prompt}'}}\n")
    assert said in refusal("eval", "--tasks", "toy/choice", "--include", "toy", "--out", "RUN", cwd=tmp_path)


def test_a_leaderboard_that_can_not_be_made_or_written_is_said(tmp_path: Path) -> None:
    data("eval", "--model", "baseline/random", "--limit", 5, "--out", "RUN", cwd=tmp_path)
    assert "RUN/run.json: cannot be written" in refusal("leaderboard", "RUN", "--out", "RUN/run.json", cwd=tmp_path)
    assert "is no run directory" in refusal("leaderboard", "RUN", "nothing", cwd=tmp_path)
    (tmp_path / "RUN" / "scores.csv").write_text("a,b\n")
    assert "scores.csv:1: must begin with the columns" in refusal("leaderboard", "RUN", cwd=tmp_path)
    (tmp_path / "RUN" / "results.json").write_text("{}")
    assert "does not fit this version's run contract" in refusal("leaderboard", "RUN", cwd=tmp_path)


@pytest.mark.parametrize(
    ("version", "advice"),
    [("1.2", "evaluate again into another folder; answers in the response cache are not paid twice"),
     ("1.10", "update ecg-bench to read it")],
)  # fmt: skip
def test_a_run_of_another_version_of_the_contract_is_refused_with_what_to_do(
    tmp_path: Path, version: str, advice: str
) -> None:
    form = ("eval", "--model", "baseline/random", "--limit", 5, "--out", "RUN")
    data(*form, cwd=tmp_path)
    path = tmp_path / "RUN" / "run.json"
    header = json.loads(path.read_text())
    path.write_text(json.dumps(header | {"schema_version": version, "field_of_that_version": 1}))
    said = (
        f"run.json: was written by ecg-bench {header['ecg_bench']} under run contract {version}, this is 1.4: {advice}"
    )
    for command in (("leaderboard", "RUN"), ("show", "RUN"), ("score", "RUN", "--metrics", "length"), form):
        assert said in refusal(*command, cwd=tmp_path)


def test_another_configuration_in_the_same_directory_is_refused_with_the_difference(tmp_path: Path) -> None:
    form = ("eval", "--model", "baseline/random", "--limit", 5, "--out", "RUN")
    data(*form, cwd=tmp_path)
    assert "settings.seed is 0 there and 3 here" in refusal(*form, "--seed", 3, cwd=tmp_path)


def test_a_full_disk_is_said_and_the_run_goes_on_when_there_is_room(tmp_path: Path) -> None:
    """The limit on a file's size is the kernel's; reaching it fails a write as a full disk does."""
    make_pack(tmp_path / "toy", n=2000)
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "from ecg_bench.cli import main\n"
        "main()\n"
    )
    form = ["eval", "--model", "baseline/random", "--tasks", "toy/choice", "--include", "toy", "--out", "RUN", "-q"]
    full = subprocess.run(
        [sys.executable, "-c", code, *form], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert full.returncode == 2
    assert "finished samples are safe: make room and repeat the command to go on" in full.stderr
    assert "Traceback" not in full.stderr
    done = run(*form, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    stored = [json.loads(line)["id"] for line in (tmp_path / "RUN" / "samples.jsonl").read_text().splitlines()]
    assert stored == [f"q{n:05d}" for n in range(2000)]


def test_completion_knows_commands_tasks_and_models(tmp_path: Path) -> None:
    def complete(words: str) -> list[str]:
        variables = {"_ECG_BENCH_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        code = "import sys; sys.argv[0] = 'ecg-bench'; from ecg_bench.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **variables}, check=False
        )
        return [line.split(",")[1] for line in done.stdout.splitlines()]

    assert "leaderboard" in complete("ecg-bench lea")
    assert complete("ecg-bench eval --tasks ecg/mcq-g") == ["ecg/mcq-general"]
    assert "baseline/bm25" in complete("ecg-bench eval --model base")
    assert "complete" in run("completion", "bash", cwd=tmp_path).stdout


def test_validate_exits_with_2_and_names_file_and_line(tmp_path: Path) -> None:
    make_pack(tmp_path / "toy")
    with (tmp_path / "toy" / "choice.jsonl").open("a") as file:
        file.write(json.dumps({**rows(1)[0], "id": "x", "key": "E"}) + "\n")
    done = run("tasks", "validate", "toy", cwd=tmp_path)
    assert done.returncode == 2
    assert "toy/choice.jsonl:21: the key must be a letter from A to D, but is 'E'" in done.stdout


def test_an_interrupted_process_exits_with_130_and_is_resumed(tmp_path: Path) -> None:
    import signal
    import time

    make_pack(tmp_path / "toy", n=20_000)
    form = ["eval", "--tasks", "toy/choice", "--include", "toy", "--out", "RUN"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ecg_bench", *form], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    samples = tmp_path / "RUN" / "samples.jsonl"
    while not samples.exists() or samples.stat().st_size < 50_000:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "are answered and kept" in said
    assert json.loads((tmp_path / "RUN" / "run.json").read_text())["status"] == "interrupted"
    asked = len(samples.read_text().splitlines())
    assert 0 < asked < 20_000
    assert run("eval", "--resume", "--out", "RUN", "--include", "toy", "-q", cwd=tmp_path).returncode == 0
    sessions = json.loads((tmp_path / "RUN" / "run.json").read_text())["sessions"]
    assert [session["asked"] for session in sessions] == [asked, 20_000 - asked]
