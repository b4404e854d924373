"""The export to lm-eval asks what we ask, in every form, and touches nothing that isn't its own."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecg_bench import Run, UserError, evaluate, find_tasks
from ecg_bench.backends._prompt import plain_prompt
from ecg_bench.exports import export_lm_eval
from ecg_bench.samples import Mode, Request
from ecg_bench.settings import Settings
from tests.packs import rows

Pack = Callable[..., Path]

SYSTEM = "You read {{ ECGs }} and {% raw %} braces{% endraw %}."
CARD = f"prompt: {{system: '{SYSTEM}'}}\ngeneration: {{max_tokens: 7, temperature: 0.5}}\n"


def asked_by_us(name: str, pack: Path, **settings: Any) -> list[Request]:
    (task,) = find_tasks([name], [pack])
    plan = task.type.plan(task.name, Settings(**settings), task.scan.columns, task.shots)
    return [request for sample in task.dataset for request in plan.requests(sample)]


def in_turns(turns: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
    """A chat template that shows every character and where the answer begins."""
    whole = "".join(f"<{turn['role']}>{turn['content']}</>" for turn in turns)
    return f"{whole}<assistant>" if add_generation_prompt else whole.removesuffix("</>")


def asked_by_them(folder: Path, name: str) -> list[tuple[Any, ...]]:
    from lm_eval.tasks import TaskManager

    task = TaskManager(include_path=str(folder), include_defaults=False).load([name])["tasks"][name]
    chat = name.endswith("_chat")
    task.build_all_requests(apply_chat_template=chat, fewshot_as_multiturn=True, chat_template=in_turns)
    return [instance.args for instance in task.instances]


def context(request: Request, *, chat: bool) -> str:
    if not chat:
        return plain_prompt(request.messages) + request.prefill
    turns = [{"role": message.role, "content": message.content} for message in request.messages]
    return in_turns(turns) + request.prefill


@pytest.mark.slow
@pytest.mark.parametrize("chat", [False, True])
@pytest.mark.parametrize("score_by", ["letter", "option"])
def test_lm_eval_asks_exactly_what_we_ask(pack: Pack, tmp_path: Path, score_by: Any, chat: bool) -> None:
    pytest.importorskip("lm_eval")
    folder = pack(n=6, card=CARD)
    suffix = "_chat" if chat else ""
    out = tmp_path / "out"
    export_lm_eval(find_tasks(["toy/*"], [folder]), out, seed=3, score_by=score_by)
    scored = asked_by_us("toy/choice", folder, mode=Mode.LOGLIKELIHOOD, score_by=score_by, seed=3)
    assert asked_by_them(out, f"toy_choice{suffix}") == [
        (context(request, chat=chat), text) for request in scored for text in request.continuations
    ]
    for ours, theirs in (("toy/choice", "toy_choice_generate"), ("toy/free", "toy_free")):
        written = asked_by_us(ours, folder, seed=3)
        asked = asked_by_them(out, theirs + suffix)
        assert [args[0] for args in asked] == [context(request, chat=chat) for request in written]
        parameters = asked[0][1]
        assert parameters["max_gen_toks"] == written[0].params.max_tokens
        assert parameters["temperature"] == written[0].params.temperature
        assert parameters["do_sample"] == (written[0].params.temperature > 0)
        assert parameters["until"] == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["plain", "chat"])
@pytest.mark.parametrize("score_by", ["letter", "option"])
def test_both_harnesses_score_each_item_alike(
    kind: str, score_by: Any, chat_llama: Path, plain_llama: Path, pack: Pack, tmp_path: Path
) -> None:
    pytest.importorskip("lm_eval")
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    model = chat_llama if kind == "chat" else plain_llama
    data = rows(16)
    for row in data:  # options of several tokens and of different lengths
        row["options"] = [f"{text} {'and more ' * n}".strip() for n, text in enumerate(row["options"])]
    folder = pack(data=data)
    export = export_lm_eval(find_tasks(["toy/choice"], [folder]), tmp_path / "out", seed=5, score_by=score_by)
    name = "toy_choice_chat" if kind == "chat" else "toy_choice"
    theirs = simple_evaluate(
        model="hf",
        model_args={"pretrained": str(model), "dtype": "float32"},
        tasks=[name],
        task_manager=TaskManager(include_path=str(export.path), include_defaults=False),
        batch_size=4,
        device="cpu",
        apply_chat_template=kind == "chat",
        bootstrap_iters=0,
    )
    samples = sorted(theirs["samples"][name], key=lambda one: one["doc_id"])
    backends = ((f"hf/{model}", {}), ("lm-eval/hf", {"pretrained": str(model), "batch_size": "4", "device": "cpu"}))
    for number, (backend, arguments) in enumerate(backends):
        run: Run = evaluate(
            backend, "toy/choice", include=[folder], out=tmp_path / str(number), model_args=arguments,
            mode="loglikelihood", score_by=score_by, seed=5, quiet=True, cache=False,
        )  # fmt: skip
        assert run.results.tasks["toy/choice"].metrics["acc"].value == theirs["results"][name]["acc,none"]
        for one, own in zip(samples, run.samples(), strict=True):
            values = [answer[0][0] for answer in one["resps"]]
            assert values == pytest.approx(own["loglikelihoods"], abs=1e-4)
            assert "ABCD"[max(range(4), key=values.__getitem__)] == own["parsed"]
            assert (one["acc"], one["acc_norm"]) == (own["scores"]["acc"], own["scores"]["acc_norm"])


@pytest.mark.slow
def test_ids_that_look_like_dates_stay_texts(pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("datasets")
    data = rows(4)
    for n, row in enumerate(data):
        row["id"] = f"2026-11-0{n + 1}"
    export_lm_eval(find_tasks(["toy/choice"], [pack(data=data)]), tmp_path / "out")
    monkeypatch.syspath_prepend(tmp_path / "out")
    loader = __import__("ecg_bench_data")
    try:
        assert loader.load("toy_choice.jsonl")["test"]["id"][:] == [row["id"] for row in data]
    finally:
        del sys.modules["ecg_bench_data"]


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("Answer: B", "B"),
        ("It is A or B.\n**Answer:** C", "C"),
        ("Answer: A\nOn reflection:\nAnswer: (D)", "D"),
        ("Answer: B\nI am glad to answer a question.", "B"),
        ("To answer a question like this, more is needed.", None),
        ("Answer: Because of the axis", None),
    ],
)
def test_the_expression_for_stated_letters_guesses_nothing(
    pack: Pack, tmp_path: Path, answer: str, letter: str | None
) -> None:
    export_lm_eval(find_tasks(["toy/choice"], [pack(n=2)]), tmp_path / "out")
    config = yaml.safe_load((tmp_path / "out" / "toy_choice_generate.yaml").read_text().replace("!function", ""))
    step = config["filter_list"][0]["filter"][0]
    found = re.findall(step["regex_pattern"], answer)
    assert (found[step["group_select"]] if found else None) == letter


def test_what_is_no_part_of_an_export_is_never_deleted(pack: Pack, tmp_path: Path) -> None:
    tasks = find_tasks(["toy/*"], [pack(n=2)])
    out = tmp_path / "out"
    export_lm_eval(tasks, out)
    (out / "results").mkdir()
    (out / "results" / "mine.json").write_text("weeks of computing")
    before = sorted(path.name for path in out.iterdir())
    with pytest.raises(UserError, match="beside an earlier export, 'results'"):
        export_lm_eval(tasks, out)
    assert (out / "results" / "mine.json").read_text() == "weeks of computing"
    assert sorted(path.name for path in out.iterdir()) == before


def test_an_export_that_fails_leaves_the_earlier_one(pack: Pack, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_lm_eval(find_tasks(["toy/*"], [pack(n=2)]), out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(UserError, match="would both be called"):
        export_lm_eval(find_tasks(["toy/choice"], [pack(n=3)]) * 2, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "toy"]


def test_tasks_with_media_are_left_out_and_named(pack: Pack, tmp_path: Path) -> None:
    data = rows(2)
    data[1]["media"] = [{"kind": "image", "path": "trace.png"}]
    shown = find_tasks(["toy/choice"], [pack(data=data)])
    with pytest.raises(UserError, match="toy/choice: its samples have media"):
        export_lm_eval(shown, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    export = export_lm_eval([*shown, *find_tasks(["ecg/open-factual"])], tmp_path / "out")
    assert export.left_out == ("toy/choice",)
    assert "ecg_open_factual" in export.tasks


def test_the_current_folder_can_be_exported_into(pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = find_tasks(["toy/*"], [pack(n=2)])
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    export_lm_eval(tasks, ".")
    os.chdir(tmp_path)
    assert (tmp_path / "here" / "toy_choice.yaml").is_file()


def test_tasks_that_lm_eval_would_call_the_same_are_refused(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=2)
    card = (folder / "free.yaml").read_text()
    (folder / "other.yaml").write_text(card.replace("task: free", "task: choice-generate"))
    with pytest.raises(UserError, match="would both be called toy_choice_generate"):
        export_lm_eval(find_tasks(["toy/*"], [folder]), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_data_say_which_order_and_which_letter_is_right(pack: Pack, tmp_path: Path) -> None:
    data = rows(8)
    export_lm_eval(find_tasks(["toy/choice"], [pack(data=data)]), tmp_path / "out", seed=9)
    lines = [json.loads(line) for line in (tmp_path / "out" / "toy_choice.jsonl").read_text().splitlines()]
    for row, line in zip(data, lines, strict=True):
        assert line["order"][line["gold"]] == row["key"]
        assert line["letter"] == "ABCD"[line["gold"]]
