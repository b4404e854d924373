"""What the lm-eval backend makes of faults, of sampling, and of what model classes print."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import Run, UserError, evaluate
from ecg_bench.backends import TransientError, open_model
from ecg_bench.limits import Limits
from ecg_bench.redaction import redact
from tests.servers.openai_server import KEY, MODEL, chat, choice, failure, serving

pytestmark = pytest.mark.slow
pytest.importorskip("lm_eval")

Pack = Callable[..., Path]


def run_of(model: str, pack: Path, out: Path, **options: Any) -> Run:
    return evaluate(model, "toy/choice", include=[pack], out=out, quiet=True, cache=False, **options)


def outputs(run: Run) -> list[str]:
    return [one["output"] for one in run.samples()]


def test_epochs_of_one_prompt_get_answers_of_their_own_which_can_be_had_again(
    plain_llama: Path, pack: Pack, tmp_path: Path
) -> None:
    folder = pack(n=4)
    given: dict[str, Any] = {
        "model_args": {"pretrained": str(plain_llama), "device": "cpu"},
        "epochs": 3,
        "temperature": 1.0,
        "max_tokens": 8,
    }
    runs = [run_of("lm-eval/hf", folder, tmp_path / str(n), **given) for n in range(2)]
    by_sample: dict[str, set[str]] = {}
    for one in runs[0].samples():
        by_sample.setdefault(one["id"], set()).add(one["output"])
    assert [len(found) for found in by_sample.values()] == [3] * 4
    assert outputs(runs[0]) == outputs(runs[1])


@pytest.mark.parametrize("mode", ["generate", "loglikelihood"])
def test_a_class_without_a_tokenizer_at_hand_is_not_made_to_fetch_one(pack: Pack, tmp_path: Path, mode: str) -> None:
    run = run_of("lm-eval/dummy", pack(n=5), tmp_path / "run", mode=mode)
    assert not list(run.errors())
    assert len(list(run.samples())) == 5


def test_a_fault_of_the_server_is_retried_by_the_engine(pack: Pack, tmp_path: Path) -> None:
    asked: dict[str, int] = {}

    def answer(body: dict[str, Any]) -> Any:
        prompt = str(body["messages"])
        asked[prompt] = asked.get(prompt, 0) + 1
        return failure(503, "busy") if asked[prompt] == 1 else chat(choice("Answer: B"))

    with serving() as server:
        server.answer = answer
        url = f"{server.root}/v1/chat/completions"
        run = run_of(
            "lm-eval/local-chat-completions", pack(n=4), tmp_path / "run",
            model_args={"model": MODEL, "base_url": url, "max_retries": "1"},
            limits=Limits(max_retries=8, retry_wait=0.01),
        )  # fmt: skip
    assert outputs(run) == ["Answer: B"] * 4
    assert run.header.totals is not None
    assert run.header.totals.retries["503"] >= 4


def test_a_refused_key_ends_the_run_and_a_refused_prompt_only_itself(pack: Pack, tmp_path: Path) -> None:
    def too_long(body: dict[str, Any]) -> Any:
        return failure(400, "too long") if " 2 " in str(body["messages"]) else chat(choice("Answer: B"))

    folder = pack(n=4)
    with serving() as server:
        server.answer = too_long
        arguments = {"model": MODEL, "base_url": f"{server.root}/v1/chat/completions", "max_retries": "1"}
        arguments["num_concurrent"] = "4"
        run = run_of("lm-eval/local-chat-completions", folder, tmp_path / "run", model_args=arguments)
        assert [sample for _, sample, _ in run.errors()] == ["q00002"]
        assert outputs(run).count("Answer: B") == 3
        server.answer = lambda body: failure(401, "who are you?")
        with pytest.raises(UserError, match="check the key"):
            run_of("lm-eval/local-chat-completions", folder, tmp_path / "refused", model_args=arguments)


def test_a_key_in_a_header_is_in_no_file_of_the_run(pack: Pack, tmp_path: Path) -> None:
    with serving() as server:
        run = run_of(
            "lm-eval/local-chat-completions", pack(n=2), tmp_path / "run",
            model_args={
                "model": MODEL,
                "base_url": f"{server.root}/v1/chat/completions",
                "header": f'{{"Authorization": "Bearer {KEY}"}}',
            },
        )  # fmt: skip
    assert not list(run.errors())
    for path in run.path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
    assert run.header.system.arguments["header"] == "(not recorded)"


def test_an_argument_that_ends_in_token_and_is_no_key_hides_nothing() -> None:
    open_model("lm-eval/hf", {"pretrained": "x", "think_end_token": "</reflection>"})
    assert redact("so it is.</reflection> Answer: B") == "so it is.</reflection> Answer: B"


def test_what_a_class_prints_does_not_reach_standard_output(plain_llama: Path, pack: Pack, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ecg_bench", "eval", "--model", "lm-eval/hf", "--tasks", "toy/choice", "--json"]
    for argument in (f"pretrained={plain_llama}", "batch_size=auto", "max_batch_size=2", "device=cpu"):
        command += ["--model-arg", argument]
    more = ["--include", str(pack(n=3)), "--max-tokens", "4", "--out", str(tmp_path / "run"), "--no-cache"]
    done = subprocess.run([*command, *more], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("{")
    assert "batch" not in done.stderr
    assert "Determined" in (tmp_path / "run" / "log.jsonl").read_text()


def test_results_printed_while_a_class_is_still_at_work_are_not_taken_for_its_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from ecg_bench.backends.lm_eval._quiet import quiet

    inside, printed = threading.Event(), threading.Event()

    def at_work() -> None:
        with quiet():
            print("Determined batch size")
            inside.set()
            assert printed.wait(10)

    thread = threading.Thread(target=at_work)
    before = sys.stdout
    thread.start()
    assert inside.wait(10)
    print("the results")
    printed.set()
    thread.join()
    assert capsys.readouterr().out == "the results\n"
    assert sys.stdout is before


def test_a_template_that_leaves_out_the_system_message_is_refused(chat_llama: Path, pack: Pack, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(chat_llama, model)
    (model / "chat_template.jinja").write_text(
        "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "{{ m['content'] }}{% endfor %}"
    )
    folder = pack(n=2, card="prompt: {system: You are a cardiologist.}\n")
    with pytest.raises(UserError, match="leaves out the system message"):
        run_of("lm-eval/hf", folder, tmp_path / "run", model_args={"pretrained": str(model), "device": "cpu"})


def test_a_class_of_one_s_own_is_named_by_its_module(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "our_model.py").write_text(
        "from lm_eval.api.model import LM\n"
        "class Ours(LM):\n"
        "    def __init__(self, letter='A'):\n        super().__init__()\n        self.letter = letter\n"
        "    def generate_until(self, requests):\n        return [f'Answer: {self.letter}' for _ in requests]\n"
        "    def loglikelihood(self, requests):\n        raise NotImplementedError('no such thing')\n"
        "    def loglikelihood_rolling(self, requests):\n        raise NotImplementedError\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    folder = pack(n=3)
    run = run_of("lm-eval/our_model:Ours", folder, tmp_path / "run", model_args={"letter": "C"})
    assert outputs(run) == ["Answer: C"] * 3
    with pytest.raises(UserError, match="no such thing: use another --mode"):
        run_of("lm-eval/our_model:Ours", folder, tmp_path / "scored", mode="loglikelihood")
    with pytest.raises(UserError, match="has no class 'Yours'"):
        run_of("lm-eval/our_model:Yours", folder, tmp_path / "none")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "needs the argument 'pretrained': give --model-arg pretrained=VALUE"),
        ({"pretrained": "PATH", "name": "x"}, "unexpected keyword argument 'name'"),
        ({"pretrained": "PATH", "chat_template_args": "{half"}, "looks like JSON but can't be read"),
    ],
)
def test_a_wrong_argument_is_told_in_one_sentence(
    arguments: dict[str, str], said: str, plain_llama: Path, pack: Pack, tmp_path: Path
) -> None:
    given = {key: value.replace("PATH", str(plain_llama)) for key, value in arguments.items()}
    with pytest.raises(UserError, match=said):
        run_of("lm-eval/hf", pack(n=2), tmp_path / "run", model_args=given)
    assert not (tmp_path / "run").exists()


def test_status_and_kind_of_an_exception_say_what_to_do() -> None:
    from ecg_bench.backends.lm_eval._faults import sort_out

    def with_status(status: int) -> Exception:
        error = Exception("said so")
        error.status = status  # type: ignore[attr-defined]
        return error

    busy = sort_out(with_status(429), "m")
    assert isinstance(busy, TransientError)
    assert busy.overloaded
    assert isinstance(sort_out(with_status(500), "m"), TransientError)
    assert isinstance(sort_out(with_status(404), "m"), UserError)
    assert isinstance(sort_out(RuntimeError("Session is closed"), "m"), TransientError)
    assert sort_out(with_status(400), "m") is None
    assert sort_out(ValueError("odd prompt"), "m") is None
