"""Make the pictures and the command-line reference of the documentation from the real thing: ``make pictures``."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

HERE = Path(__file__).parent
WIDTH = 132
# Without the web font that rich would fetch: the picture must be the same without a network.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
MODELS = ("random", "first", "longest", "bm25")
# Name, colours, size, the keys that are pressed before the picture is taken, and what is on it.
RATING_PAGES = (
    ("light", "light", 1200, 720, (), "html"),
    ("dark", "dark", 1200, 720, ("Shift+Digit2", "Shift+Digit3"), "html"),
    ("help", "light", 1200, 800, ("?",), "#help"),
    ("tablet", "light", 768, 1000, (), "html"),
)
SLOW_MODEL = """\
answers:
  - {task: "ecg/open-*", text: "It depends on how the complexes look.", usage: {input_tokens: 180, output_tokens: 9}}
  - {id: "*-[a-z]0[48]", text: "I can't choose without the tracing.", usage: {input_tokens: 210, output_tokens: 8}}
default: {choice: longest, usage: {input_tokens: 200, output_tokens: 4}}
latency_s: {min: 0.2, max: 0.6}
faults:
  - {share: 0.06, cause: "429", retry_after: 0.05}
  - {share: 0.02, error: refused for good}
concurrency: 6
"""
SHORT = 330  # characters of question and answer, so that a picture is small
COMMANDS = (
    "", "eval", "score", "judge", "judges", "judges list", "judges show", "judges validate", "judge-probe",
    "ratings", "ratings import", "ratings export", "ratings serve", "agreement", "leaderboard", "view", "show",
    "tasks", "tasks list", "tasks show", "tasks validate", "models", "models list",
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


def rating_pages(cwd: Path, answers: str) -> None:
    """Photograph the page for rating, if there is a browser to show it in."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("no Chromium: the pictures of the rating page stay as they are")
        return
    from playwright.sync_api import sync_playwright

    form = ("ratings", "serve", answers, "--out", "ratings.csv", "--passage", "--json", "--no-open")
    server = subprocess.Popen(  # noqa: S603  # our own command line
        [sys.executable, "-m", "ecg_bench", *form], cwd=cwd, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None  # noqa: S101
    try:
        url = json.loads(server.stdout.readline())["url"]
        with sync_playwright() as library:
            browser = library.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for number, (name, theme, width, height, keys, part) in enumerate(RATING_PAGES):
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
                page.clock.install()
                page.goto(url)
                page.fill("#name", f"Rater {'ABCD'[number]}")
                page.keyboard.press("Enter")
                page.wait_for_selector("#card:not([hidden])")
                for pressed in "4312443" * 6:
                    page.clock.fast_forward(30_000)  # the pace of somebody who reads
                    page.keyboard.press(pressed)
                while len(page.text_content("#question")) + len(page.text_content("#answer")) > SHORT:
                    page.clock.fast_forward(30_000)
                    page.keyboard.press("4")
                for key in keys:
                    page.keyboard.press(key)
                page.wait_for_selector('#saved[data-state="saved"]')
                target = HERE / "img" / f"rating-{name}.png"
                page.screenshot(path=target) if part == "html" else page.locator(part).screenshot(path=target)
                page.close()
            browser.close()
    finally:
        server.terminate()
        server.wait()


def live_page(cwd: Path) -> None:
    """Photograph a run of a slow model while it is under way, if there is a browser to show it in."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("no Chromium: the pictures of the live page stay as they are")
        return
    from playwright.sync_api import sync_playwright

    (cwd / "slow.yaml").write_text(SLOW_MODEL, encoding="utf-8")
    tasks = "--tasks ecg/mcq-special,ecg/open-factual"
    run = f"eval --model mock/slow.yaml {tasks} --price 0.5/2 --quiet --out results/runs/slow"
    command = [sys.executable, "-m", "ecg_bench"]
    slow = subprocess.Popen([*command, *run.split()], cwd=cwd)  # noqa: S603  # our own command line
    while not (cwd / "results/runs/slow/run.json").exists():
        time.sleep(0.1)
    form = ("view", "results/runs/slow", "--json", "--no-browser")
    server = subprocess.Popen([*command, *form], cwd=cwd, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert server.stdout is not None  # noqa: S101
    try:
        url = json.loads(server.stdout.readline())["url"]
        with sync_playwright() as library:
            browser = library.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            shots = (("light", 1100, 1180), ("dark", 390, 844))
            pages = [browser.new_page(viewport={"width": w, "height": h}, color_scheme=name) for name, w, h in shots]
            for page in pages:
                page.goto(url)
            pages[0].wait_for_timeout(15_000)
            for page, (name, _, _) in zip(pages, shots, strict=True):
                page.screenshot(path=HERE / "img" / f"view-{name}.png")
            browser.close()
    finally:
        for process in (server, slow):
            process.terminate()
            process.wait()


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
    with tempfile.TemporaryDirectory() as name:
        cwd = Path(name)
        for model in MODELS[:3]:
            run(f"eval --quiet --model baseline/{model} --out results/runs/{model}", cwd, colour=False)
        bm25 = "eval --quiet --out results/runs/bm25"
        board = "leaderboard " + " ".join(f"results/runs/{name}" for name in MODELS)
        picture("demo", "ecg-bench", [bm25, board], cwd)
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
