"""lm-eval both ways: its model classes as a backend, and our tasks in its command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import Run, UserError, evaluate, find_tasks
from ecg_bench.exports import export_lm_eval
from tests.packs import rows

pytestmark = pytest.mark.slow
pytest.importorskip("lm_eval")

Pack = Callable[..., Path]


def ours(model: str, pack: Path, out: Path, **options: Any) -> Run:
    return evaluate(model, "toy/choice", include=[pack], out=out, quiet=True, cache=False, **options)


def picks(run: Run) -> list[str | None]:
    return [one["parsed"] for one in run.samples()]


def likelihoods(run: Run) -> list[list[float]]:
    return [one["loglikelihoods"] for one in run.samples()]


@pytest.fixture(params=["chat", "plain"])
def llama(request: pytest.FixtureRequest, chat_llama: Path, plain_llama: Path) -> Path:
    return chat_llama if request.param == "chat" else plain_llama


@pytest.mark.parametrize("score_by", ["letter", "option"])
def test_lm_eval_s_hf_class_and_our_backend_score_alike(llama: Path, pack: Pack, tmp_path: Path, score_by: str) -> None:
    folder = pack()
    settings: dict[str, Any] = {"mode": "loglikelihood", "score_by": score_by}
    arguments = {"pretrained": str(llama), "batch_size": "4", "device": "cpu"}
    theirs = ours("lm-eval/hf", folder, tmp_path / "theirs", model_args=arguments, **settings)
    own = ours(f"hf/{llama}", folder, tmp_path / "own", **settings)
    assert picks(theirs) == picks(own)
    for one, other in zip(likelihoods(theirs), likelihoods(own), strict=True):
        assert one == pytest.approx(other, abs=1e-4)
    identity = theirs.header.system.identity
    assert identity["class"] == "lm_eval.models.huggingface.HFLM"
    assert identity["files"]["pretrained"]["weights"].endswith("(whole files)")
    assert (identity["chat_template"] == "none") == (llama.name == "plain")


def test_the_command_needs_no_device_on_any_machine(plain_llama: Path, pack: Pack, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ecg_bench", "eval", "--model", "lm-eval/hf", "--mode", "loglikelihood"]
    command += ["--model-arg", f"pretrained={plain_llama}", "--tasks", "toy/choice", "--include", str(pack(n=4))]
    done = subprocess.run([*command, "--out", str(tmp_path / "run"), "--json"], capture_output=True, check=True)
    (run,) = json.loads(done.stdout)["runs"]
    assert run["status"] == "complete"
    assert run["outcomes"]["error"] == 0


def test_greedy_answers_are_those_of_our_backend(llama: Path, pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=6)
    arguments = {"pretrained": str(llama), "batch_size": "1", "device": "cpu"}
    theirs = ours("lm-eval/hf", folder, tmp_path / "theirs", model_args=arguments, max_tokens=8)
    own = ours(f"hf/{llama}", folder, tmp_path / "own", max_tokens=8, model_args={"batch_size": "1"})
    assert [one["output"] for one in theirs.samples()] == [one["output"] for one in own.samples()]


def test_a_prompt_that_is_too_long_is_not_cut_silently(plain_llama: Path, pack: Pack, tmp_path: Path) -> None:
    data = rows(4)
    data[2]["question"] += " word" * 3000
    for mode in ("generate", "loglikelihood"):
        run = ours(
            "lm-eval/hf", pack(data=data), tmp_path / mode, mode=mode, max_tokens=4,
            model_args={"pretrained": str(plain_llama), "device": "cpu"},
        )  # fmt: skip
        ((_, sample, message),) = run.errors()
        assert sample == "q00002"
        assert "tokens, but the model takes 2048" in message


def test_one_request_that_breaks_the_class_takes_no_other_with_it(
    plain_llama: Path, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lm_eval.models.huggingface import HFLM

    whole = HFLM.generate_until

    def breaks(self: Any, requests: list[Any], **options: Any) -> Any:
        if any("00003" in request.args[0] or "apple" in request.args[0] for request in requests):
            raise RuntimeError("the device is on fire")
        return whole(self, requests, **options)

    monkeypatch.setattr(HFLM, "generate_until", breaks)
    data = rows(6)
    data[3]["question"] = "00003 " + data[3]["question"]
    run = ours(
        "lm-eval/hf", pack(data=data), tmp_path / "run", max_tokens=4,
        model_args={"pretrained": str(plain_llama), "device": "cpu"},
    )  # fmt: skip
    errors = {sample: message for _, sample, message in run.errors()}
    assert errors["q00003"] == "RuntimeError: the device is on fire"
    assert len(errors) < 6


@pytest.mark.parametrize(
    ("model", "arguments", "mode", "said"),
    [
        ("lm-eval/hff", {}, "generate", "did you mean 'hf'"),
        ("lm-eval/hf", {"pretrained": "/nowhere"}, "generate", "lm-eval/hf can't be made"),
        ("lm-eval/hf", {"pretrained": "PATH", "colour": "red"}, "generate", "can't be made"),
        (
            "lm-eval/local-chat-completions",
            {"model": "x", "base_url": "http://127.0.0.1:9/v1/chat/completions"},
            "loglikelihood",
            "is a chat API and gives no log-likelihoods: use --mode generate, or lm-eval/local-completions",
        ),
    ],
)
def test_what_can_not_be_done_is_said_and_nothing_is_made(
    model: str, arguments: dict[str, str], mode: str, said: str, plain_llama: Path, pack: Pack, tmp_path: Path
) -> None:
    given = {key: value.replace("PATH", str(plain_llama)) for key, value in arguments.items()}
    with pytest.raises(UserError, match=said) as caught:
        ours(model, pack(), tmp_path / "run", model_args=given, mode=mode)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_its_chat_class_reaches_a_real_server(chat_llama: Path, pack: Pack, tmp_path: Path) -> None:
    from tests.servers.llama_cpp import MODEL, serving_gguf
    from tests.small_gguf import save_gguf

    folder = pack(n=8)
    with serving_gguf(save_gguf(chat_llama, tmp_path / "tiny.gguf")) as address:
        arguments = {"model": MODEL, "base_url": f"{address}/chat/completions", "num_concurrent": "4"}
        theirs = ours("lm-eval/local-chat-completions", folder, tmp_path / "a", model_args=arguments, max_tokens=6)
        own = ours(f"openai/{MODEL}", folder, tmp_path / "b", model_args={"base_url": address}, max_tokens=6)
    assert [one["output"] for one in theirs.samples()] == [one["output"] for one in own.samples()]
    assert theirs.header.totals is not None
    assert theirs.header.totals.cost_usd is None


def test_its_completions_class_scores_over_a_real_server(plain_llama: Path, pack: Pack, tmp_path: Path) -> None:
    from tests.servers.echo_llama import serving_llama

    folder = pack(n=6)
    with serving_llama(plain_llama) as (address, _):
        arguments = {
            "model": "m",
            "base_url": f"{address}/completions",
            "tokenizer": str(plain_llama),
            "tokenizer_backend": "huggingface",
            "tokenized_requests": "true",
            "add_bos_token": "true",
        }
        theirs = ours("lm-eval/local-completions", folder, tmp_path / "a", model_args=arguments, mode="loglikelihood")
    own = ours(f"hf/{plain_llama}", folder, tmp_path / "b", mode="loglikelihood")
    assert picks(theirs) == picks(own)
    for one, other in zip(likelihoods(theirs), likelihoods(own), strict=True):
        assert one == pytest.approx(other, abs=1e-3)


def lm_eval(folder: Path, task: str, model: Path, out: Path, cwd: Path, *more: str) -> list[dict[str, Any]]:
    """Run lm-eval's own command line and return its samples."""
    arguments = f"pretrained={model},dtype=float32"
    form = ["--model", "hf", "--model_args", arguments, "--device", "cpu", "--batch_size", "4", "--tasks", task]
    form += ["--include_path", str(folder), "--log_samples", "--output_path", str(out), *more]
    command = [sys.executable, "-m", "lm_eval", "run", *form]
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": ""})
    (path,) = out.rglob(f"samples_{task}_*.jsonl")
    return sorted((json.loads(line) for line in path.read_text().splitlines()), key=lambda one: one["doc_id"])


def compare(theirs: list[dict[str, Any]], own: Run) -> None:
    mine = list(own.samples())
    assert [one["doc"]["id"] for one in theirs] == [one["id"] for one in mine]
    for one, other in zip(theirs, mine, strict=True):
        scores = [float(answer[0][0]) for answer in one["resps"]]
        assert scores == pytest.approx(other["loglikelihoods"], abs=1e-4)
        assert "ABCD"[max(range(4), key=scores.__getitem__)] == other["parsed"]
        assert (one["acc"], one["acc_norm"]) == (other["scores"]["acc"], other["scores"]["acc_norm"])


@pytest.mark.parametrize(("kind", "score_by"), [("plain", "letter"), ("plain", "option"), ("chat", "letter")])
def test_the_command_line_of_lm_eval_gives_our_accuracy_item_for_item(
    kind: str, score_by: str, chat_llama: Path, plain_llama: Path, pack: Pack, tmp_path: Path
) -> None:
    folder = pack()
    model = chat_llama if kind == "chat" else plain_llama
    export_lm_eval(find_tasks(["toy/*"], [folder]), tmp_path / "there", seed=5, score_by=score_by)  # type: ignore[arg-type]
    (tmp_path / "elsewhere").mkdir()
    moved = tmp_path / "elsewhere" / "moved"
    shutil.move(tmp_path / "there", moved)
    task, more = ("toy_choice_chat", ["--apply_chat_template"]) if kind == "chat" else ("toy_choice", [])
    theirs = lm_eval(moved, task, model, tmp_path / "out", tmp_path / "elsewhere", *more)
    own = ours(f"hf/{model}", folder, tmp_path / "own", mode="loglikelihood", score_by=score_by, seed=5)
    compare(theirs, own)


def test_every_shipped_task_loads_and_runs_in_lm_eval(plain_llama: Path, tmp_path: Path) -> None:
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    export = export_lm_eval(find_tasks(["ecg/*"]), tmp_path / "ecg")
    manager = TaskManager(include_path=str(export.path), include_defaults=False)
    names = [name for name in export.tasks if name not in ("ecg", "ecg_chat")]
    assert len(names) == 16
    assert export.left_out == ("ecg/signal-detection", "ecg/signal-qa", "ecg/signal-report")
    found = simple_evaluate(
        model="dummy", tasks=names, task_manager=manager, limit=3, bootstrap_iters=0, log_samples=True
    )
    assert set(found["samples"]) == set(names)
    grouped = simple_evaluate(model="dummy", tasks=["ecg"], task_manager=manager, limit=2, bootstrap_iters=0)
    assert "ecg_mcq_general" in grouped["results"]
    assert all(len(samples) == 3 for samples in found["samples"].values())


def test_an_export_never_takes_the_place_of_something_else(pack: Pack, tmp_path: Path) -> None:
    tasks = find_tasks(["toy/*"], [pack()])
    out = tmp_path / "out"
    export_lm_eval(tasks, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    export_lm_eval(tasks, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("years of work")
    with pytest.raises(UserError, match="exists and is no earlier export"):
        export_lm_eval(tasks, mine)
    assert [path.name for path in mine.iterdir()] == ["thesis.tex"]


def test_the_command_says_what_it_wrote(pack: Pack, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ecg_bench", "export", "lm-eval", "--tasks", "toy/*", "--include", str(pack())]
    done = subprocess.run([*command, "--out", "DIR", "--json"], cwd=tmp_path, capture_output=True, check=True)
    said = json.loads(done.stdout)
    assert said["samples"] == 26
    assert {"toy", "toy_chat", "toy_choice", "toy_choice_generate_chat", "toy_free"} <= set(said["tasks"])
    for name in said["tasks"]:
        assert (tmp_path / "DIR" / f"{name}.yaml").is_file()
