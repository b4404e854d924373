"""An ECG reaches the language model, in every architecture, the same whatever stands beside it in a batch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from numpy.testing import assert_allclose

from ecg_bench.adapters.finetune._base import add_adapter
from ecg_bench.adapters.signal._arrays import Traces, stacked
from ecg_bench.adapters.signal._config import SignalConfig
from ecg_bench.adapters.signal._generate import generate
from ecg_bench.adapters.signal._model import SignalModel
from ecg_bench.adapters.signal._slots import attention_layers, slots
from ecg_bench.errors import UserError
from tests.adapters.signal.made import ARCHS, ENCODER, NAMES, configurations, language_model, records, signal_model

KINDS = tuple(configurations())
PROMPTS = ((5, 6, 7, 8), (9, 10, 11, 12, 13, 14, 15), (5, 6), (20, 21, 22, 23, 24))
OWNERS = (0, 1, 1)  # the first prompt has one ECG, the second two, the others none


def read(model: SignalModel, prompts: Any, owners: Any, traces: list[Traces]) -> torch.Tensor:
    """Return the logits of prompts, padded on the right."""
    width = max(map(len, prompts))
    ids = torch.zeros(len(prompts), width, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for n, prompt in enumerate(prompts):
        ids[n, : len(prompt)] = torch.tensor(prompt)
        mask[n, : len(prompt)] = 1
    with torch.no_grad():
        vectors, seen = model.prefix(
            stacked(traces) if traces else None, torch.tensor(owners, dtype=torch.long), len(prompts)
        )
        return model.read(vectors, seen, ids, mask)[0]


def alone(model: SignalModel, row: int, prompt: Any) -> torch.Tensor:
    """Return the logits of a prompt with the ECGs of a row, and nothing beside it."""
    own = [one for one, owner in zip(records(), OWNERS, strict=True) if owner == row]
    return read(model, [prompt], [0] * len(own), own)[0]


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_reads_as_each_row_does_alone(kind: str, arch: str) -> None:
    model = signal_model(arch, kind)
    together = read(model, PROMPTS, OWNERS, records())
    for row, prompt in enumerate(PROMPTS):
        assert_allclose(together[row, : len(prompt)], alone(model, row, prompt), atol=5e-6)


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("kind", KINDS)
def test_cached_generation_writes_what_reading_anew_each_time_writes(kind: str, arch: str) -> None:
    model = signal_model(arch, kind)
    written = generate(model, PROMPTS, stacked(records()), OWNERS, limits=[6, 3, 6, 5], stops=frozenset(), pad=0)
    for row, (prompt, limit) in enumerate(zip(PROMPTS, (6, 3, 6, 5), strict=True)):
        text = list(prompt)
        for _ in range(limit):
            text.append(int(alone(model, row, text)[-1].argmax()))
        assert written[row].tokens == tuple(text[len(prompt) :])
        assert not written[row].ended


def test_an_answer_ends_at_a_stop_and_the_others_go_on() -> None:
    model = signal_model("meit")
    free = generate(model, PROMPTS, stacked(records()), OWNERS, limits=[8] * 4, stops=frozenset(), pad=0)
    stop = free[0].tokens[2]
    stopped = generate(model, PROMPTS, stacked(records()), OWNERS, limits=[8] * 4, stops=frozenset({stop}), pad=0)
    for one, other in zip(stopped, free, strict=True):
        tokens = other.tokens
        end = tokens.index(stop) if stop in tokens else None
        assert one.tokens == tokens[:end]
        assert one.ended == (end is not None)


@pytest.mark.parametrize("arch", ARCHS)
def test_another_ecg_changes_what_is_read_and_another_row_s_does_not(arch: str) -> None:
    model = signal_model(arch)
    one, two, three = records()
    before = read(model, PROMPTS[:2], (0, 1), [one, two])
    after = read(model, PROMPTS[:2], (0, 1), [one, three])
    assert_allclose(before[0], after[0], atol=5e-6)
    assert not torch.allclose(before[1], after[1], atol=1e-2)


@pytest.mark.parametrize("arch", ARCHS)
def test_which_of_two_ecgs_is_the_first_matters(arch: str) -> None:
    model = signal_model(arch)
    one, two, _ = records()
    assert not torch.allclose(
        read(model, PROMPTS[:1], (0, 0), [one, two]), read(model, PROMPTS[:1], (0, 0), [two, one]), atol=1e-3
    )


def test_a_row_without_ecg_reads_as_the_language_model_alone_does() -> None:
    for arch in ARCHS:
        model = signal_model(arch)
        with torch.no_grad():
            plain = model.lm(input_ids=torch.tensor([PROMPTS[2]])).logits[0]
        assert_allclose(read(model, PROMPTS, OWNERS, records())[2, :2], plain, atol=5e-6)


def lora(lm: Any) -> Any:
    return add_adapter(lm, SignalConfig.model_validate({"lora": {"r": 4}}), "small")


def losses_of(model: SignalModel, **more: Any) -> torch.Tensor:
    ids = torch.tensor([[5, 6, 7, 8], [9, 10, 11, 0]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    labels = torch.tensor([[-100, -100, 7, 8], [-100, 10, 11, -100]])
    batch = stacked(records()[:2])
    found, right, rows = model(ids, mask, labels, torch.tensor([0, 1]), batch, **more)
    assert found.shape == right.shape == (4,)
    assert rows.tolist() == [0, 0, 1, 1]
    return found


@pytest.mark.parametrize("arch", ARCHS)
def test_gradients_reach_the_encoder_the_projection_and_lora_and_nothing_else(arch: str) -> None:
    model = SignalModel(lora(language_model()), arch, {**ENCODER, "name": NAMES[arch]}).train()  # type: ignore[arg-type]
    for name, parameter in model.named_parameters():
        if "lora_B" in name:  # begins at 0, which lets nothing through to lora_A
            torch.nn.init.normal_(parameter)
    losses_of(model).sum().backward()
    for name, parameter in model.named_parameters():
        learns = parameter.grad is not None and bool(parameter.grad.abs().max() > 0)
        if name.startswith("lm.") and "lora_" not in name:
            assert not learns, name
        elif name != "encoder.stem.missing.weight" or arch == "ecg-lm":
            assert learns, name


@pytest.mark.parametrize("arch", ARCHS)
def test_the_losses_are_those_of_the_answers_tokens(arch: str) -> None:
    model = signal_model(arch)
    with torch.no_grad():
        found = losses_of(model)
        logits = read(model, [(5, 6, 7, 8), (9, 10, 11)], (0, 1), records()[:2]).log_softmax(-1)
    expected = [-logits[0, 1, 7], -logits[0, 2, 8], -logits[1, 0, 10], -logits[1, 1, 11]]
    assert_allclose(found, torch.stack(expected), atol=1e-4)


def test_codes_are_learned_beside_the_answers_where_they_are_known_and_in_training_only() -> None:
    lm = language_model()
    model = SignalModel(lm, "meit", {**ENCODER, "name": "light"}, statements=3, weight=1.0).eval()
    truths = torch.tensor([[1.0, 0, 1], [float("nan")] * 3])
    with torch.no_grad():
        assert (losses_of(model, truths=truths) == losses_of(model)).all()
    model.train()
    extra = losses_of(model, truths=truths) - losses_of(model)
    assert extra.detach().mean() > 0.1
    losses_of(model, truths=truths).sum().backward()
    assert model.statements is not None
    assert model.statements.weight.grad.abs().max() > 0
    assert (losses_of(model, truths=torch.full((2, 3), float("nan"))) == losses_of(model)).all()


def test_the_slots_of_meit_are_the_layers_own_keys_and_values_of_the_vector() -> None:
    lm = language_model().eval()
    torch.manual_seed(1)
    vectors = torch.randn(2, 1, 64)
    with torch.no_grad():
        cache = slots(lm, vectors, torch.ones(2, 1, dtype=torch.long))
        for layer, module in enumerate(attention_layers(lm)):
            # At position 0 the rotation of keys does nothing.
            keys = module.k_proj(vectors).view(2, 1, 2, 16).transpose(1, 2)
            values = module.v_proj(vectors).view(2, 1, 2, 16).transpose(1, 2)
            assert_allclose(cache.layers[layer].keys, keys, atol=1e-6)
            assert_allclose(cache.layers[layer].values, values, atol=1e-6)


def test_meit_adds_no_weights_to_the_language_model() -> None:
    lm = language_model()
    before = {name for name, _ in lm.named_parameters()}
    SignalModel(lm, "meit", {**ENCODER, "name": "light"})
    assert {name for name, _ in lm.named_parameters()} == before


def test_a_model_without_attention_is_refused_for_meit() -> None:
    import transformers as hf

    config = hf.MambaConfig(vocab_size=32, hidden_size=64, num_hidden_layers=2, state_size=8)
    lm = hf.AutoModelForCausalLM.from_config(config)
    with pytest.raises(UserError, match=r"0 of attention that could be found.*use --arch ecg-lm"):
        SignalModel(lm, "meit", {**ENCODER, "name": "light"})
