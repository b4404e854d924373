"""Runs of several systems for the sample browser: small ones as they are made, large ones by changing their answers."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ecg_bench import evaluate, evaluate_systems
from ecg_bench.evaluation import Run, load_run
from ecg_bench.files import sha256_of_file
from ecg_bench.judgements import judge_runs
from ecg_bench.reports._samples import sample_script, sample_style
from ecg_bench.runs import KEYS, EstimateRecord, RunDirectory, ScoredTaskRecord, ScoringRecord, Scorings
from ecg_bench.scoring import open_metrics, score_run
from tests.packs import make_pack, open_rows, rows, write_jsonl

POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
HOSTILE = (
    '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=2"><svg/onload=window.hacked=3>'
    "<!--<script>[x](javascript:window.hacked=4) {{7*7}} &lt;b&gt; \"'` \u202eright to left\u202c \u2066one\u2069"
    " nul \0 line\u2028end\u2029 \ufeff \ufffd \U0001f600 é ⁵ 中文\r\nnew\rlone\ttab \x1b[31m"
)
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}"><title>Samples</title>
<style>
:root {{ color-scheme: light dark; --ink: #1d2733; --faint: #5c6874; --rule: #d8dee5; --paper: #fff; --raised: #f6f8fa;
  --accent: #1769aa; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e6ebf0; --faint: #9aa7b4; --rule: #37424e; --paper: #161c23;
  --raised: #1e252d; --accent: #6db3ea; }} }}
body {{ margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.55 system-ui, sans-serif; }}
main {{ max-width: 1080px; margin: 0 auto; padding: 24px 20px 80px; }}
{style}</style></head><body><main><h1>Leaderboard</h1><p>What came out.</p>{before}
<h2 id="samples">Samples</h2><div id="sample-browser"></div></main>
{elements}<script>{script}</script></body></html>
"""


def write_page(path: Path, elements: Iterable[str], before: str = "") -> Path:
    """Write the least page that a browser of samples can live in."""
    parts = {"policy": POLICY, "style": sample_style(), "script": sample_script(), "before": before}
    path.write_text(PAGE.format(elements="".join(elements), **parts), encoding="utf-8", newline="")
    return path


def replayed(folder: Path, answers: Mapping[str, Sequence[str]], n: int, n_open: int, **settings: Any) -> list[Run]:
    """Return a run for each system over a toy pack: the n-th answer to its n-th sample, choices first."""
    make_pack(folder / "toy", n=n, n_open=n_open)
    ids = [("toy/choice", row["id"]) for row in rows(n)] + [("toy/free", f"o{i:04d}") for i in range(n_open)]
    lines = [
        {"task": task, "id": id_, "system": system, "answer": answer}
        for system, some in answers.items()
        for (task, id_), answer in zip(ids, some, strict=True)
    ]
    write_jsonl(folder / "answers.jsonl", lines)
    return list(
        evaluate_systems(
            f"replay/{folder / 'answers.jsonl'}",
            "toy/*",
            include=[folder / "toy"],
            out=folder / "runs",
            quiet=True,
            **settings,
        )
    )


def small_runs(folder: Path, systems: int = 3, n: int = 24, n_open: int = 8) -> list[Run]:
    """Return judged and scored runs of systems that are right more and more often."""
    rng = random.Random(7)
    keys = ["ABCD"[i % 4] for i in range(n)]
    answers = {}
    for number in range(systems):
        choices = []
        for i, key in enumerate(keys):
            wrong = rng.choice([letter for letter in "ABCD" if letter != key])
            letter = key if rng.random() < 0.3 + 0.2 * number else wrong
            choices.append("I would rather not say." if i == 5 + number else f"Thinking of it. Answer: {letter}")
        frees = [
            ""
            if i == number
            else f"Thing {i} is good for the purpose of number {i + (i + number) % 2}. So says {number}."
            for i in range(n_open)
        ]
        answers[f"system-{'abcdefgh'[number]}"] = choices + frees
    runs = replayed(folder, answers, n, n_open)
    paths = [run.path for run in runs]
    for path in paths:
        score_run(path, open_metrics(["length"]))
    judge_runs(paths, "ecg-correctness", "baseline/lexical-judge", include=[folder / "toy"], quiet=True)
    return [load_run(path) for path in paths]


def changed(run: Run, change: Callable[[dict[str, Any]], None]) -> None:
    """Change every sample of a run, and of its judges' runs, on disk, as if they had been answered so."""
    for path in (run.path / "samples.jsonl", *run.path.glob("judgements/*/samples.jsonl")):
        samples = [json.loads(line) for line in path.read_text().splitlines()]
        for sample in samples:
            change(sample)
        path.write_text("".join(json.dumps(sample) + "\n" for sample in samples))
    sha256 = sha256_of_file(run.path / "samples.jsonl")
    for path in (run.path / "scorings").glob("*.json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "samples_sha256": sha256}))


class English:
    """Sentences made of a text's words, each drawn among those that follow the one before."""

    def __init__(self, text: str, seed: int) -> None:
        self._words = re.findall(r"\S+", text)
        self._next: dict[str, list[str]] = {}
        for one, other in zip(self._words, self._words[1:], strict=False):
            self._next.setdefault(one, []).append(other)
        self._rng = random.Random(seed)

    def text(self, length: int) -> str:
        rng, words = self._rng, self._words
        word = rng.choice(words)
        found, size = [word], len(word)
        while size < length:
            word = rng.choice(words) if rng.random() < 0.15 else rng.choice(self._next.get(word, words))
            found.append(word)
            size += len(word) + 1
        return " ".join(found)


LEVELS = {"incorrect": 0.0, "partially incorrect": 0.25, "correct but incomplete": 0.75, "correct": 1.0}


def large_runs(folder: Path, systems: int, n: int, corpus: str) -> dict[str, list[Run]]:
    """Return runs with questions of 300 characters and answers of 400 to 600, each different, with a judge's scores."""
    english = English(corpus, 1)
    make_pack(folder / "toy", n=4, n_open=n)
    questions = [{**row, "question": f"{english.text(300)}?", "reference": english.text(200)} for row in open_rows(n)]
    write_jsonl(folder / "toy" / "free.jsonl", questions)
    answers = [{"task": "toy/free", "id": row["id"], "answer": "x"} for row in questions]
    write_jsonl(folder / "answers.jsonl", answers)
    model = f"replay/{folder / 'answers.jsonl'}"
    first = evaluate(model, "toy/free", include=[folder / "toy"], out=folder / "first", quiet=True)
    samples = list(first.samples())
    header = json.loads((first.path / "run.json").read_text())
    runs = {}
    for number in range(systems):
        name, path = f"system-{number:02d}", folder / f"run-{number:02d}"
        rng = random.Random(number)
        path.mkdir()
        with (path / "samples.jsonl").open("w") as file:
            for sample in samples:
                text = english.text(rng.randint(400, 590))
                usage = {"input_tokens": 70 + len(text) % 9, "output_tokens": len(text) // 4}
                usage |= dict.fromkeys(("cached_tokens", "cache_write_tokens", "reasoning_tokens"), 0)
                changes = {"output": text, "parsed": text, "usage": usage, "latency_s": rng.uniform(0.5, 9)}
                file.write(json.dumps(sample | changes) + "\n")
        for name_ in ("results.json", "scores.csv"):
            shutil.copy(first.path / name_, path)
        header["system"]["name"] = name
        (path / "run.json").write_text(json.dumps(header))
        _scored(path, samples, rng, 0.2 + 0.03 * number)
        runs[name] = [load_run(path)]
    return runs


def _scored(path: Path, samples: Sequence[Mapping[str, Any]], rng: random.Random, skill: float) -> None:
    """Add a judge's scores, and a metric's, to a run."""
    run = RunDirectory(path)
    places = [[sample[name] for name in KEYS] for sample in samples]
    marks = rng.choices(list(LEVELS), weights=(1 - skill, 1, 1, skill), k=len(samples))
    names = ["rouge1_f", "rougeL_f", "chrf"]
    scores = [[min(1.0, max(0.0, rng.gauss(skill, 0.2))) for _ in names] for _ in samples]

    def scoring(name: str, kind: str, source: dict[str, Any], values: Mapping[str, Sequence[float]]) -> ScoringRecord:
        metrics = {metric: _estimate(some) for metric, some in values.items()}
        return ScoringRecord(
            name=name,
            kind=kind,  # type: ignore[arg-type]
            ecg_bench="0",
            fingerprint="0",
            made="",
            notices=[],
            samples_sha256=Scorings(run).samples_sha256(),
            source={"signature": name, **source},
            tasks={samples[0]["task"]: ScoredTaskRecord(n=len(samples), metrics=metrics, flags={})},
        )

    judged = {"a-judge@model": [LEVELS[mark] for mark in marks]}
    judge = scoring("a-judge@model", "judge", {"levels": {"correctness": LEVELS}, "model": "model"}, judged)
    rows_ = ([*place, "ok", LEVELS[mark], mark] for place, mark in zip(places, marks, strict=True))
    Scorings(run).write(judge, ["state", "correctness", "correctness_level"], rows_)
    metric = scoring("metric", "text metric", {}, dict(zip(names, zip(*scores, strict=True), strict=True)))
    Scorings(run).write(
        metric, names, ([*place, *(f"{x:.9g}" for x in some)] for place, some in zip(places, scores, strict=True))
    )


def _estimate(values: Sequence[float]) -> EstimateRecord:
    mean, n = sum(values) / len(values), len(values)
    return EstimateRecord(
        value=mean, low=mean - 0.01, high=mean + 0.01, method="made", confidence=0.95, n=n, signature="made"
    )
