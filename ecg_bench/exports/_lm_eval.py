"""Tasks as lm-eval reads them: YAML and JSONL in a folder, with no dependency on this package.

The prompts are rendered here and stored in the data, so that lm-eval asks exactly what ``ecg-bench eval`` asks.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ecg_bench._version import VERSION
from ecg_bench.backends._prompt import plain_prompt
from ecg_bench.domains import Task
from ecg_bench.errors import UserError
from ecg_bench.exports._folder import writing_folder
from ecg_bench.files import write_whole, writing
from ecg_bench.samples import LETTERS, Mode, Request, Sample
from ecg_bench.settings import ScoreBy, Settings
from ecg_bench.task_types import Plan
from ecg_bench.task_types.multiple_choice import PREFILL

LOADER = "ecg_bench_data"

_LOADER = '''"""Loads the data of the tasks beside it, wherever this folder lies."""

import json
from pathlib import Path

import datasets


def load(file, **_):
    # Not by from_json, which takes ids that look like dates for dates, and keeps copies in a cache.
    with (Path(__file__).parent / file).open(encoding="utf-8") as lines:
        return {"test": datasets.Dataset.from_list([json.loads(line) for line in lines])}
'''

_README = """\
# Tasks of ecg-bench for lm-eval

Made by `ecg-bench export lm-eval` (ecg-bench {version}), to be run with lm-eval (0.4.13 was tested):

    lm_eval run --model hf --model_args pretrained=PATH --include_path DIR --tasks {first}

{tasks}

- A task ending in `_chat` is for models with a chat template: give `--apply_chat_template`. The others are for plain
  text; use them without.
- A task with `_generate` lets the model write and looks for "Answer: X" by a regular expression. That is not the reader
  of ecg-bench, which tells unparsed, refused, empty and cut answers apart: accuracies of generated answers differ.
- In log-likelihood mode, picks and log-likelihoods are those of `ecg-bench eval --mode loglikelihood --score-by
  {score_by} --seed {seed}`, item for item; where two options tie, lm-eval takes the first and ecg-bench none.
- lm-eval cuts prompts that are too long from the left; ecg-bench counts them as errors.
- Options stand in the order of ecg-bench's seed {seed}; the column `order` says which option is shown where.

The folder can be moved: the tasks find their data beside them.
"""


@dataclass(frozen=True)
class Export:
    """What was written.

    Attributes
    ----------
    path : Path
        The folder.
    tasks : tuple of str
        The names of the tasks and groups, as lm-eval knows them.
    samples : int
        How many samples the data has in all.
    left_out : tuple of str
        Our names of the tasks whose samples have media: lm-eval's text models can't be asked these.
    """

    path: Path
    tasks: tuple[str, ...]
    samples: int
    left_out: tuple[str, ...] = ()


def export_lm_eval(tasks: Sequence[Task], out: str | Path, *, seed: int = 0, score_by: ScoreBy = "letter") -> Export:
    """Write tasks into a folder that ``lm_eval --include_path`` reads.

    Parameters
    ----------
    tasks : sequence of Task
        Multiple-choice and open tasks; others are left out, and named in what is returned.
    out : path
        The folder; made anew, whole or not at all.
    seed : int
        Of the order of options.
    score_by : {"letter", "option"}
        What is compared in log-likelihood mode.

    Raises
    ------
    UserError
        If the folder holds something else than an earlier export, or no task can be exported.
    """
    left_out = tuple(task.name for task in tasks if task.scan.media)
    asked = [task for task in tasks if not task.scan.media]
    if not asked:
        raise UserError(f"{', '.join(left_out)}: its samples have media, which lm-eval's text models can't be asked")
    with writing_folder(out) as folder:
        names, samples = _write(asked, folder, seed, score_by)
    return Export(Path(out), names, samples, left_out)


def _write(tasks: Sequence[Task], folder: Path, seed: int, score_by: ScoreBy) -> tuple[tuple[str, ...], int]:
    names: list[str] = []
    groups: dict[str, list[str]] = {}
    samples = 0
    for task in tasks:
        written, n = _write_task(task, folder, seed, score_by)
        samples += n
        names += written
        for name in written:
            if not name.removesuffix("_chat").endswith("_generate") or len(written) == 2:
                group = _named(task.name.split("/")[0]) + ("_chat" if name.endswith("_chat") else "")
                groups.setdefault(group, []).append(name)
    twice = sorted(name for name, n in Counter([*groups, *names]).items() if n > 1)
    if twice:
        raise UserError(f"two tasks would both be called {twice[0]} in lm-eval: export them into folders of their own")
    for group, members in groups.items():
        _yaml(folder / f"{group}.yaml", {"group": group, "task": members, "metadata": {"version": 1.0}})
    write_whole(folder / f"{LOADER}.py", _LOADER)
    listed = "\n".join(f"- `{name}`" for name in [*groups, *names])
    readme = _README.format(version=VERSION, first=names[0], tasks=listed, score_by=score_by, seed=seed)
    write_whole(folder / "README.md", readme)
    return (*groups, *names), samples


def _write_task(task: Task, folder: Path, seed: int, score_by: ScoreBy) -> tuple[list[str], int]:
    stem = _named(task.name)
    written = _plan(task, Settings(seed=seed))
    scored = None
    if Mode.LOGLIKELIHOOD in task.type.modes:
        scored = _plan(task, Settings(mode=Mode.LOGLIKELIHOOD, score_by=score_by, seed=seed))
    n = 0
    with writing(folder / f"{stem}.jsonl") as file:
        for sample in task.dataset:
            file.write(json.dumps(_row(sample, written, scored), ensure_ascii=False) + "\n")
            n += 1
    made = []
    for chat in (False, True):
        suffix = "_chat" if chat else ""
        if scored is not None:
            made.append(_yaml_task(f"{stem}{suffix}", task, folder, stem, _scored_form(scored, chat=chat)))
            made.append(_yaml_task(f"{stem}_generate{suffix}", task, folder, stem, _letter_form(task, chat=chat)))
        else:
            made.append(_yaml_task(f"{stem}{suffix}", task, folder, stem, _open_form(task, chat=chat)))
    return made, n


def _named(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "_", name)


def _plan(task: Task, settings: Settings) -> Plan:
    return task.type.plan(task.name, settings, task.scan.columns, task.shots)


def _row(sample: Sample, written: Plan, scored: Plan | None) -> dict[str, Any]:
    request = next(written.requests(sample))
    row: dict[str, Any] = {"id": sample.id, "group": sample.group, "topic": sample.topic, **_prompts(request, "")}
    if scored is None:
        return row | {"reference": sample.reference or ""}
    request = next(scored.requests(sample))
    target = str(scored.target(sample, request))
    choices = [text.removeprefix(" ") for text in request.continuations]
    row |= {"order": request.order, "letter": target, "gold": LETTERS.index(target), "choices": choices}
    return row | _prompts(request, "scored_")


def _prompts(request: Request, name: str) -> dict[str, str]:
    user = [message.content for message in request.messages if message.role == "user"]
    system = "".join(message.content for message in request.messages if message.role == "system")
    return {f"{name}text": plain_prompt(request.messages), f"{name}user": user[-1], "system": system}


def _yaml_task(name: str, task: Task, folder: Path, stem: str, form: Mapping[str, Any]) -> str:
    params = task.type.params(Settings())
    config = {
        "task": name,
        "custom_dataset": f"!function {LOADER}.load",
        "dataset_kwargs": {"file": f"{stem}.jsonl"},
        "test_split": "test",
        "num_fewshot": 0,
        **form,
        "metadata": {"version": float(task.card.version), "data_sha256": task.scan.sha256, "ecg_bench": VERSION},
    }
    if form["output_type"] == "generate_until":
        how = {"do_sample": params.temperature > 0, "temperature": params.temperature}
        config["generation_kwargs"] = {"until": [], "max_gen_toks": params.max_tokens, **how}
    _yaml(folder / f"{name}.yaml", config)
    return name


def _scored_form(plan: Plan, *, chat: bool) -> dict[str, Any]:
    metrics = [{"metric": name, "aggregation": "mean", "higher_is_better": True} for name in plan.metrics]
    return {
        "output_type": "multiple_choice",
        **_prompt_form("scored_", plan, chat=chat),
        "gen_prefix": PREFILL,
        "doc_to_choice": "choices",
        "doc_to_target": "gold",
        "target_delimiter": " ",
        "metric_list": metrics,
    }


def _letter_form(task: Task, *, chat: bool) -> dict[str, Any]:
    letters = LETTERS[: task.card.options]
    # Colon and capital are needed: "to answer a question" states no A.
    pattern = rf"(?i:answer)\**\s*[:=][\s*(\[]*([{letters}])\b"
    steps = [{"function": "regex", "regex_pattern": pattern, "group_select": -1}, {"function": "take_first"}]
    return {
        "output_type": "generate_until",
        **_prompt_form("", _plan(task, Settings()), chat=chat),
        "doc_to_target": "letter",
        "filter_list": [{"name": "stated", "filter": steps}],
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }


def _open_form(task: Task, *, chat: bool) -> dict[str, Any]:
    has_references = "reference" in task.scan.columns
    names = ("bleu", "chrf") if has_references else ("bypass",)
    return {
        "output_type": "generate_until",
        **_prompt_form("", _plan(task, Settings()), chat=chat),
        "doc_to_target": "reference",
        "metric_list": [{"metric": name, "aggregation": name, "higher_is_better": True} for name in names],
    }


def _prompt_form(name: str, plan: Plan, *, chat: bool) -> dict[str, Any]:
    """Say which column is the prompt; a chat template gets the system message and the user's turn apart."""
    form: dict[str, Any] = {"doc_to_text": f"{name}{'user' if chat else 'text'}"}
    if chat and plan.prompt[0].strip():
        form["description"] = "{{ system }}"
    return form


class _Function(str):
    """A text that stands in YAML behind the tag ``!function``."""


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(_Function, lambda dumper, text: dumper.represent_scalar("!function", str(text)))


def _yaml(path: Path, config: Mapping[str, Any]) -> None:
    tagged = dict(_tagged(config))
    write_whole(path, yaml.dump(tagged, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


def _tagged(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in config.items():
        tagged = isinstance(value, str) and value.startswith("!function ")
        yield name, _Function(value.removeprefix("!function ")) if tagged else value
