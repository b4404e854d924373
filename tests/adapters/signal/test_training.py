"""Training: what is left, going on after an interruption, and answering through the harness."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ecg_bench.adapters.finetune._watch import Watch
from ecg_bench.adapters.signal import SignalAdapter, SignalConfig, read_recipe, shipped_recipes, train_signal
from ecg_bench.adapters.signal._backend import Signal
from ecg_bench.adapters.signal._ptbxl import ptbxl_rows
from ecg_bench.adapters.signal._rows import SignalRow, read_signal_rows, without_signal
from ecg_bench.adapters.signal._store import Store
from ecg_bench.ecg.sets import PtbXl
from ecg_bench.errors import UserError
from ecg_bench.evaluation._presenting import NO_ECG
from ecg_bench.samples import GenerationParams, Media, Message, Mode, Request, Response
from tests.adapters.signal.made import small_base, write_conversations

SMALL = (
    *("encoder.width=4", "encoder.kernel=5", "encoder.hertz=100", "lora.r=4", "lora.dropout=0.1"),
    *("training.batch_size=8", "training.epochs=3", "training.warmup=0.1", "training.learning_rate=1e-3"),
    *("checkpoint.every=2 steps", "evaluation.every=4 steps", "evaluation.batch_size=8"),
)
ALIGNED = ("alignment.records=16", "alignment.batch_size=8", "alignment.epochs=1", "encoder.tokens=2")
COLUMNS = ("step", "epoch", "loss", "lr", "grad_norm", "eval_loss")


def recipe(arch: str, *changes: str) -> SignalConfig:
    return read_recipe(f"{arch}-small", [*SMALL, *(() if arch == "resnet" else ALIGNED), *changes])


def train(arch: str, base: Path, rows: Path, out: Path, *changes: str, resume: bool = False) -> SignalAdapter:
    llm = None if arch == "resnet" else f"hf/{base}"
    return train_signal(arch, str(rows), out, recipe(arch, *changes), llm=llm, resume=resume, quiet=True)


def curve(out: Path) -> list[list[str]]:
    with (out / "log.csv").open(encoding="utf-8", newline="") as file:
        return [[row[name] for name in COLUMNS] for row in csv.DictReader(file)]


def request(number: int = 0, *, media: bool = True, **more: Any) -> Request:
    spec = json.dumps({"rate": 150 if number % 2 == 0 else 40, "seed": 900 + number, "seconds": 4.0})
    return Request(
        task="t",
        id=str(number),
        index=number,
        permutation=0,
        mode=Mode.GENERATE,
        messages=(Message("user", "Is the rhythm fast or slow?"),),
        params=GenerationParams(8, 0.0, 0),
        question="",
        media=(Media("ecg", f"synthetic:{spec}"),) if media else (),
        **more,
    )


def ask(folder: Path, requests: list[Request], **arguments: Any) -> list[Response]:
    """Answer requests by the loaded adapter."""
    import asyncio

    backend = Signal(str(folder), **arguments)
    backend.prepare([], None)  # type: ignore[arg-type]  # no settings are looked at
    return list(asyncio.run(backend.answer(requests)))  # type: ignore[arg-type]


class KilledError(Exception):
    """In place of a signal."""


@pytest.mark.slow
@pytest.mark.parametrize("arch", ["ecg-lm", "meit", "resnet"])
def test_an_interrupted_training_goes_on_as_if_nothing_had_happened(
    arch: str, base: Path, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(arch, base, rows, tmp_path / "whole")
    log = Watch.on_log

    def fall(self: Watch, args: Any, state: Any, *rest: Any, **options: Any) -> None:
        log(self, args, state, *rest, **options)
        if state.global_step >= 7:
            raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Watch, "on_log", fall)
        with pytest.raises(KilledError):
            train(arch, base, rows, tmp_path / "parts")
    with pytest.raises(UserError, match="holds an unfinished training: go on with --resume"):
        train(arch, base, rows, tmp_path / "parts")
    with pytest.raises(UserError, match="is not trained to its end"):
        Signal(str(tmp_path / "parts"))
    train(arch, base, rows, tmp_path / "parts", resume=True)
    assert curve(tmp_path / "parts") == curve(tmp_path / "whole")
    for name in ("signal_model.safetensors", *(() if arch == "resnet" else ("adapter_model.safetensors",))):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert not (tmp_path / "parts" / "checkpoints").exists()
    with pytest.raises(UserError, match=r"can't be resumed: config.lora.r: 4 → 8"):
        train(arch, base, rows, tmp_path / "whole", "lora.r=8", resume=True)


@pytest.fixture(scope="module")
def meit(base: Path, rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a finished adapter."""
    out = tmp_path_factory.mktemp("meit") / "adapter"
    train("meit", base, rows, out)
    return out


def test_the_card_says_what_was_trained_on_what(meit: Path) -> None:
    card = json.loads((meit / "system.json").read_text())
    assert (card["kind"], card["arch"], card["status"]) == ("signal", "meit", "complete")
    assert card["data"]["train"]["used"] == 32
    assert card["data"]["selection"]["used"] == 8
    assert card["result"]["steps"] == 12
    assert card["labels"] == ["SBRAD", "STACH"]
    assert card["base"]["files"]["weights"]
    assert set(card["adapter"]["sha256"]) == {"signal_model.safetensors", "adapter_model.safetensors"}


def test_the_system_names_the_records_that_it_was_trained_on(meit: Path, tmp_path: Path) -> None:
    """So that a leaderboard can say which of its questions are about them."""
    folder = tmp_path / "adapter"
    shutil.copytree(meit, folder)
    card = json.loads((folder / "system.json").read_text())
    card["data"]["records"] = ["records100/00000/00017_lr.hea", "records500/00000/00018_hr"]
    (folder / "system.json").write_text(json.dumps(card))
    assert Signal(str(folder)).trained_on == {"00017", "00018"}


def test_a_batch_is_answered_as_each_question_is_alone(meit: Path) -> None:
    asked = [request(0), request(1), request(2, media=False), request(3)]
    together = [one.text for one in ask(meit, asked)]
    alone = [ask(meit, [one])[0].text for one in asked]
    assert together == alone


def test_an_ecg_that_cannot_be_opened_is_an_error_of_its_own_question(meit: Path) -> None:
    from dataclasses import replace

    bad = replace(request(1), media=(Media("ecg", "nowhere.hea"),))
    one, two = ask(meit, [bad, request(0)])
    assert "nowhere.hea" in (one.error or "")
    assert two.error is None
    assert two.text == ask(meit, [request(0)])[0].text


def test_an_adapter_is_refused_on_another_base(meit: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    other = small_base(tmp_path / "other")
    model = AutoModelForCausalLM.from_pretrained(other)
    model.get_input_embeddings().weight.data.add_(0.1)
    model.save_pretrained(other)
    with pytest.raises(UserError, match="has other weights: adapters fit one model only"):
        ask(meit, [request()], llm=f"hf/{other}")


def test_a_folder_that_was_tampered_with_is_refused(meit: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(meit, broken)
    (broken / "signal_model.safetensors").write_bytes(b"no weights")
    with pytest.raises(UserError, match=r"doesn't hold what system.json says"):
        ask(broken, [request()])
    (broken / "system.json").write_text('{"kind": "finetune"}')
    with pytest.raises(UserError, match="is no card of a signal adapter"):
        Signal(str(broken))
    with pytest.raises(UserError, match=r"there is no system.json"):
        Signal(str(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("arch", ["ecg-lm", "concat"])
def test_the_other_architectures_answer_too(arch: str, base: Path, rows: Path, tmp_path: Path) -> None:
    train(arch, base, rows, tmp_path / "a")
    assert all(one.error is None for one in ask(tmp_path / "a", [request(0), request(1, media=False)]))


@pytest.mark.slow
def test_a_classifier_tells_fast_from_slow(rows: Path, tmp_path: Path) -> None:
    write_conversations(tmp_path / "rows" / "a.jsonl", 96)
    train("resnet", tmp_path, tmp_path / "rows", tmp_path / "c", "training.epochs=6", "training.learning_rate=3e-3")
    from ecg_bench.domains import find_tasks

    (task,) = find_tasks(["ecg/signal-detection"], arguments={"n": 1})
    backend = Signal(str(tmp_path / "c"))
    backend.prepare([task], None)  # type: ignore[arg-type]
    import asyncio
    from dataclasses import replace

    asked = [replace(request(n), task=task.name) for n in range(6)]
    answers = [one.text for one in asyncio.run(backend.answer(asked))]  # type: ignore[arg-type]
    assert answers == ["Answer: STACH", "Answer: SBRAD"] * 3


def test_batches_are_grouped_by_what_is_asked_and_not_by_what_is_answered(base: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    from ecg_bench.adapters.finetune._chat import Chat
    from ecg_bench.adapters.signal._examples import SignalExamples

    turns = [("Is it fast?", "yes"), ("Is it fast?", "no no no no no no no no"), ("Is the rhythm fast or slow?", "yes")]
    rows = [{"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]} for q, a in turns]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    given: Any = read_signal_rows(tmp_path / "rows.jsonl").train
    chat = Chat(AutoTokenizer.from_pretrained(base), "small", "auto", {})
    one, two, three = SignalExamples(given, chat, 512, "drop", Store(100.0)).lengths
    assert one == two < three


def test_every_shipped_recipe_can_be_read() -> None:
    assert {name.removesuffix("-small") for name in shipped_recipes()} == {"ecg-lm", "meit", "concat", "resnet"}
    for name in shipped_recipes():
        assert read_recipe(name).encoder.hertz >= 100


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("encoder.widht=8", "there is no field 'encoder.widht' - did you mean 'encoder.width'"),
        ("encoder.width=2", "encoder.width"),
        ("encoder.kernel=6", "odd"),
    ],
)
def test_a_wrong_field_is_named(change: str, problem: str) -> None:
    with pytest.raises(UserError) as caught:
        read_recipe("meit-small", [change])
    assert problem.split(" - ")[0] in str(caught.value)


@pytest.mark.parametrize(
    ("arch", "llm", "data", "problem"),
    [
        ("meit", None, "synthetic", "needs a language model: give --llm"),
        ("resnet", "hf/x", "synthetic", "leave out --llm"),
        ("llava", "hf/x", "synthetic", "expected ecg-lm, meit, concat, resnet"),
        ("meit", "hf/x", "synthetic:n=ten", "expected whole numbers, such as synthetic:n=2000,seed=1"),
        ("meit", "hf/x", "synthetic:m=3", "expected whole numbers"),
        ("meit", "hf/x", "nowhere", "there is no such file or folder"),
    ],
)
def test_what_cannot_be_trained_is_said_in_a_sentence(
    arch: str, llm: str | None, data: str, problem: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=problem):
        train_signal(arch, data, tmp_path / "out", read_recipe("meit-small"), llm=llm)
    assert not (tmp_path / "out").exists()


def test_meit_does_not_train_with_gradient_checkpointing(tmp_path: Path) -> None:
    config = recipe("meit", "training.gradient_checkpointing=true")
    with pytest.raises(UserError, match="gradient checkpointing throws away"):
        train_signal("meit", "synthetic", tmp_path / "out", config, llm="hf/x")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"media": [{"kind": "sound", "path": "x"}]}, "a path and a kind"),
        ({"media": [{"kind": "image", "path": "x.png"}]}, "x.png is an image: signal adapters are shown ECGs only"),
        ({"codes": "AFIB"}, '"codes" must be a list of SCP codes'),
        ({"messages": []}, "messages"),
    ],
)
def test_a_wrong_line_is_named(line: dict[str, Any], problem: str, tmp_path: Path) -> None:
    row = {"messages": [{"role": "user", "content": "Is it?"}, {"role": "assistant", "content": "No."}], **line}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(UserError, match=problem) as caught:
        read_signal_rows(tmp_path / "rows.jsonl")
    assert "rows.jsonl:1" in str(caught.value)


def test_conversations_lose_their_ecg_with_the_note_that_a_run_without_signal_has(rows: Path) -> None:
    given: list[Any] = list(read_signal_rows(rows).train)
    found = without_signal(given, 0.25, 0)
    blind = [row for row in found if not row.media]
    assert 2 <= len(blind) <= 16
    for row in blind:
        assert isinstance(row, SignalRow)
        assert row.turns[0].content.startswith(f"{NO_ECG}\n\n")
    assert found == without_signal(given, 0.25, 0)
    assert without_signal(given, 0.0, 0) == given


def test_conversations_about_ptbxl_are_the_shipped_tasks_and_never_of_fold_10() -> None:
    folder = os.environ.get("ECG_BENCH_TEST_DATA")
    if not folder:
        pytest.skip("ECG_BENCH_TEST_DATA names no folder with ptbxl")
    root = Path(folder, "ptbxl")
    found = ptbxl_rows(root, 100.0)
    rows: list[Any] = [*found.train, *found.selection]
    folds = {Path(row.filename_lr).name: row.fold for row in PtbXl(root).rows}
    assert {folds[Path(row.media[0].path).stem] for row in found.train} == set(range(1, 9))  # type: ignore[attr-defined]
    assert {folds[Path(row.media[0].path).stem] for row in found.selection} == {9}  # type: ignore[attr-defined]
    assert {"ecg/ptbxl-report", "ecg/ptbxl-superdiag"} <= {row.task for row in rows}
    assert all(row.codes for row in rows)
    report = next(row for row in rows if row.task == "ecg/ptbxl-report" and "SR" in row.codes)
    assert "sinus rhythm" in report.turns[-1].content.lower()
    assert Store(100.0).get(report.media[0]).values.shape == (12, 1000)
