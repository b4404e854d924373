"""Make the pictures and the command-line reference of the documentation from the real thing: ``make pictures``."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from browser_pictures import live_page, rating_pages, report_pages
from ecg_pictures import ecg_pages
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

HERE = Path(__file__).parent
WIDTH = 132
# Without the web font that rich would fetch: the picture must be the same without a network.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
MODELS = ("random", "first", "longest", "bm25")
COMMANDS = (
    "", "eval", "score", "judge", "judges", "judges list", "judges show", "judges validate", "judge-probe",
    "ratings", "ratings import", "ratings export", "ratings serve", "agreement", "leaderboard",
    "finetune", "finetune merge", "finetune sweep",
    "compare", "view", "robustness", "show", "ecg", "ecg show", "ecg simulate", "ecg check",
    "tasks", "tasks list", "tasks show", "tasks validate", "models", "models list",
    "datagen", "signal", "signal train", "rag", "rag index", "rag eval", "rag sweep",
    "cache", "cache stats", "cache prune", "export", "export lm-eval", "export model-index",
    "export results", "schema", "doctor", "completion",
)  # fmt: skip


def run(arguments: str, cwd: Path, *, colour: bool) -> str:
    """Return what a command prints, with the terminal's colour codes if asked."""
    variables = {"COLUMNS": str(WIDTH), "FORCE_COLOR": "1"} if colour else {"COLUMNS": "110"}
    command = [sys.executable, "-m", "ecg_bench", *shlex.split(arguments)]
    done = subprocess.run(  # noqa: S603  # our own command lines
        command, cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True, check=True
    )
    return done.stdout.replace("python -m ecg_bench", "ecg-bench")


def picture(name: str, title: str, commands: list[str], cwd: Path) -> None:
    """Draw what some commands print."""
    console = Console(record=True, width=WIDTH, file=Path(os.devnull).open("w"), force_terminal=True)  # noqa: SIM115
    for command in commands:
        console.print(Text(f"$ ecg-bench {command}", style="bold bright_green"))
        console.print(Text.from_ansi(run(command, cwd, colour=True).rstrip()))
        console.print()
    svg = console.export_svg(title=title, theme=MONOKAI, code_format=FORMAT, unique_id=name)
    svg = "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
    (HERE / "img" / f"{name}.svg").write_text(svg, encoding="utf-8")


def tutorial(cwd: Path) -> None:
    """Do what the tutorial of agreement says, and take its plots."""
    cwd.mkdir()
    (cwd / "docs").symlink_to(HERE)
    page = (HERE / "tutorial-agreement.md").read_text(encoding="utf-8")
    for line in "".join(re.findall(r"```console\n(.*?)```", page, flags=re.DOTALL)).replace("\\\n", " ").splitlines():
        name, _, rest = line.removeprefix("$ ").partition(" ")
        if name == "python":
            subprocess.run([sys.executable, *shlex.split(rest)], cwd=cwd, check=True)  # noqa: S603
        else:
            run(rest, cwd, colour=False)
    plots = cwd / "AGREEMENT" / "plots"
    for name, pattern in (("corrected", "corrected-*-share-correct.svg"), ("table", "table-*.svg")):
        (found,) = plots.glob(pattern)
        (HERE / "img" / f"agreement-{name}.svg").write_text(found.read_text(encoding="utf-8"), encoding="utf-8")


def reference(cwd: Path) -> str:
    """Return the page of the command line: every command's help."""
    pages = []
    for command in COMMANDS:
        shown = run(f"{command} --help", cwd, colour=False)
        pages.append(f"## {f'ecg-bench {command}'.strip()}\n\n```text\n{shown}```\n")
    return "\n".join(["# Command line\n\nEvery command's own `--help`. All of them take `--json`.\n", *pages])


def baselines(cwd: Path) -> str:
    """Return the README's table of baselines, from the runs' own results."""
    runs = {name: json.loads((cwd / "results" / "runs" / name / "results.json").read_text()) for name in MODELS}
    lines = ["| set | items | " + " | ".join(MODELS) + " |", "|---|---|" + "---|" * len(MODELS)]
    for task in ("mcq-general", "mcq-special", "mcq-checked"):
        results = [runs[name]["tasks"][f"ecg/{task}"]["metrics"]["acc"] for name in MODELS]
        cells = [f"{acc['value']:.1%} ({acc['low']:.1%} to {acc['high']:.1%})" for acc in results]
        lines.append(f"| `ecg/{task}` | {results[0]['n']:.0f} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Write the pictures, the reference, and the table in the README."""
    (HERE / "img").mkdir(exist_ok=True)
    ecg_pages()
    with tempfile.TemporaryDirectory() as name:
        cwd = Path(name)
        for model in MODELS[:3]:
            run(f"eval --quiet --model baseline/{model} --out results/runs/{model}", cwd, colour=False)
        bm25 = "eval --quiet --out results/runs/bm25"
        board = "leaderboard " + " ".join(f"results/runs/{name}" for name in MODELS)
        picture("demo", "ecg-bench", [bm25, board], cwd)
        run(f"{board} --out BOARD", cwd, colour=False)
        report_pages(cwd / "BOARD" / "index.html")
        picture("sample", "one sample in full", ["show results/runs/bm25 --sample qt-interval-g01"], cwd)
        picture("validate", "what gives keys away", ["tasks validate"], cwd)
        answers = "eval --quiet --tasks ecg/open-* --out results/runs/open"
        judge = "--judge ecg-correctness --model baseline/lexical-judge"
        run(answers, cwd, colour=False)
        picture("score", "text metrics of a stored run", ["score results/runs/open"], cwd)
        picture("judge", "verdicts of a judge", [f"judge results/runs/open {judge} --quiet"], cwd)
        rating_pages(cwd, "results/runs/open")
        live_page(cwd)
        tutorial(cwd / "tutorial")
        picture("probe", "a judge on trial", [f"judge-probe {judge} --quiet"], cwd)
        (HERE / "cli.md").write_text(reference(cwd), encoding="utf-8")
        readme = HERE.parent / "README.md"
        start, end = "<!-- baselines -->\n", "<!-- /baselines -->"
        before, _, rest = readme.read_text(encoding="utf-8").partition(start)
        table = f"{start}\n{baselines(cwd)}\n\n{end}"
        readme.write_text(before + table + rest.partition(end)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
