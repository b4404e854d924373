"""The transformers backend on a real, small Llama that is saved to disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import UserError, evaluate
from ecg_bench.samples import GenerationParams, Message, Mode, Request
from tests.packs import rows

pytestmark = pytest.mark.slow
torch = pytest.importorskip("torch")

Pack = Callable[..., Path]


@pytest.fixture(params=["chat", "plain"])
def llama(request: pytest.FixtureRequest, chat_llama: Path, plain_llama: Path) -> Path:
    return chat_llama if request.param == "chat" else plain_llama


def test_generation_answers_and_is_repeatable(llama: Path, pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=12)
    runs = [
        evaluate(
            f"hf/{llama}",
            "toy/*",
            include=[folder],
            out=tmp_path / str(batch),
            max_tokens=8,
            model_args={"batch_size": batch, "device": "cpu"},
            cache=False,
            quiet=True,
        )
        for batch in (1, 5)
    ]
    outputs = [[one["output"] for one in run.samples()] for run in runs]
    assert outputs[0] == outputs[1]
    for one in runs[0].samples():
        assert one["finish_reason"] in ("stop", "length")
        assert one["usage"]["input_tokens"] > 0
        assert 0 <= one["usage"]["output_tokens"] <= 8
        assert one["latency_s"] > 0
    identity = runs[0].header.system.identity
    assert identity["class"] == "LlamaForCausalLM"
    assert identity["files"]["weights"].endswith("(whole files)")
    assert (identity["chat_template"] == "none") == (llama.name == "plain")


def reference(folder: Path, context: str, continuation: str, *, special: bool) -> float:
    """Return the log-likelihood by the definition: one unpadded pass, a sum over the continuation's tokens."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    start = len(tokenizer(context, add_special_tokens=special)["input_ids"])
    ids = torch.tensor([tokenizer(context + continuation, add_special_tokens=special)["input_ids"]])
    with torch.inference_mode():
        steps = model(ids).logits[0, :-1].float().log_softmax(-1)
    return float(sum(steps[n - 1, ids[0, n]] for n in range(start, ids.shape[1])))


@pytest.mark.parametrize("score_by", ["letter", "option"])
def test_loglikelihoods_equal_their_definition(llama: Path, pack: Pack, tmp_path: Path, score_by: str) -> None:
    data = rows(6)
    for row in data:
        row["options"] = [f"{option} {'and more ' * k}".strip() for k, option in enumerate(row["options"])]
    run = evaluate(
        f"hf/{llama}",
        "toy/choice",
        include=[pack(data=data)],
        out=tmp_path / "run",
        mode="loglikelihood",
        score_by=score_by,
        model_args={"batch_size": 4},
        quiet=True,
    )
    assert set(run.results.tasks["toy/choice"].metrics) >= {"acc", "acc_norm"}
    for one in list(run.samples())[:3]:
        request = one["request"]
        prompt = request["messages"][0]["content"]
        if llama.name == "chat":
            text = f"<s><|user|>\n{prompt}<|end|>\n<|assistant|>\nAnswer:"
        else:
            text = f"{prompt}\n\nAnswer:"
        expected = [reference(llama, text, c, special=llama.name == "plain") for c in request["continuations"]]
        assert one["loglikelihoods"] == pytest.approx(expected, abs=1e-4)
        best = max(range(4), key=expected.__getitem__)
        assert one["parsed"] == "ABCD"[best]
        lengths = [len(c.strip()) for c in request["continuations"]]
        norm = max(range(4), key=lambda k: expected[k] / lengths[k])
        assert one["scores"]["acc_norm"] == float("ABCD"[norm] == one["target"])


def request_of(text: str, **changes: Any) -> Request:
    params = GenerationParams(max_tokens=6, temperature=changes.pop("temperature", 0.0), seed=changes.pop("seed", 0))
    return Request("t", changes.pop("id", "1"), 0, 0, Mode.GENERATE, (Message("user", text),), params, text)


def test_sampling_is_repeatable_whatever_the_batch(plain_llama: Path, pack: Pack, tmp_path: Path) -> None:
    folder, outputs = pack(n=6), []
    for n, (batch, seed) in enumerate(((1, 0), (6, 0), (6, 1))):
        run = evaluate(
            f"hf/{plain_llama}",
            "toy/choice",
            include=[folder],
            out=tmp_path / str(n),
            max_tokens=8,
            temperature=1.0,
            seed=seed,
            model_args={"batch_size": batch},
            cache=False,
            quiet=True,
        )
        outputs.append({one["id"]: one["output"] for one in run.samples()})
    assert outputs[0] == outputs[1] != outputs[2]


def test_a_prompt_that_is_too_long_is_an_error_of_its_sample_only(
    plain_llama: Path, pack: Pack, tmp_path: Path
) -> None:
    data = rows(4)
    data[2]["question"] += " word" * 3000
    for mode in ("generate", "loglikelihood"):
        run = evaluate(
            f"hf/{plain_llama}",
            "toy/choice",
            include=[pack(data=data)],
            out=tmp_path / mode,
            mode=mode,
            max_tokens=4,
            quiet=True,
        )
        ((_, sample, message),) = run.errors()
        assert sample == "q00002"
        assert "tokens, but the model takes 2048" in message


def test_a_long_neighbour_cuts_nobody_elses_answer(plain_llama: Path, pack: Pack, tmp_path: Path) -> None:
    data = rows(4)
    outputs = {}
    for name, words in (("short", 0), ("long", 600)):
        data[3] = {**rows(4)[3], "question": rows(4)[3]["question"] + " ECG" * words}
        run = evaluate(
            f"hf/{plain_llama}",
            "toy/choice",
            include=[pack(name=f"{name}/toy", data=data)],
            out=tmp_path / "runs" / name,
            max_tokens=1200,
            model_args={"batch_size": 4},
            quiet=True,
        )
        outputs[name] = [one["usage"]["output_tokens"] for one in run.samples()]
    assert outputs["short"][:3] == outputs["long"][:3]
    assert outputs["long"][3] < outputs["short"][3] == 1200


def test_broken_weights_are_said(plain_llama: Path, pack: Pack, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(plain_llama, broken)
    (broken / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(UserError, match="can't be loaded"):
        evaluate(f"hf/{broken}", "toy/choice", include=[pack()], out=tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()


def test_few_shot_turns_go_through_the_chat_template(chat_llama: Path, pack: Pack, tmp_path: Path) -> None:
    run = evaluate(
        f"hf/{chat_llama}",
        "toy/choice",
        include=[pack(n=4)],
        out=tmp_path / "run",
        num_fewshot=2,
        max_tokens=4,
        quiet=True,
    )
    assert all(one["outcome"] != "error" for one in run.samples())


@pytest.mark.parametrize(
    ("model", "arguments", "said"),
    [
        ("hf//nowhere/model", {}, "there is no such folder"),
        ("hf/EMPTY", {}, "can't be loaded"),
        ("hf/no-such-org/no-such-model", {}, "can't be loaded"),
        ("hf/GOOD", {"device": "warp:9"}, "can't be loaded"),
        ("hf/GOOD", {"dtype": "float7"}, "dtype='float7' is wrong"),
        ("hf/GOOD", {"batch_size": "0"}, "batch_size must be at least 1"),
        ("hf/GOOD", {"batch_size": "many"}, "batch_size='many' is wrong"),
        ("hf/GOOD", {"batchsize": "1"}, "did you mean 'batch_size'"),
    ],
)
def test_what_can_not_be_loaded_is_said_and_nothing_is_made(
    model: str, arguments: dict[str, str], said: str, plain_llama: Path, pack: Pack, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    name = model.replace("EMPTY", str(tmp_path / "empty")).replace("GOOD", str(plain_llama))
    with pytest.raises(UserError, match=said) as caught:
        evaluate(name, "toy/choice", include=[pack()], model_args=arguments, out=tmp_path / "run", quiet=True)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()
