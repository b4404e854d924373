"""A small Llama with a tokenizer of its own, trained from scratch: what the examples begin with.

The seed is fixed and one thread computes everything in float32: on one machine, the same texts give the same model.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils.logging import disable_progress_bar

SEED = 1
BATCH = 4  # windows of a step
LEARNING_RATE = 3e-3
LONGEST = 2048  # tokens of a prompt and its answer
WARM_UP = 40  # steps
BEGIN, END, PAD = "<s>", "</s>", "<pad>"
TURN, TURN_END = "<|im_start|>", "<|im_end|>"  # a base may never have read them; whoever finetunes it needs them
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def begin() -> None:
    """Make whatever follows the same each time."""
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    disable_progress_bar()


def make_tokenizer(texts: Sequence[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer made from some texts, with a chat template."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[BEGIN, END, PAD, TURN, TURN_END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    begin = bpe.token_to_id(BEGIN)
    bpe.post_processor = processors.TemplateProcessing(single=f"{BEGIN} $A", special_tokens=[(BEGIN, begin)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        bos_token=BEGIN,
        eos_token=END,
        pad_token=PAD,
        extra_special_tokens=[TURN, TURN_END],
        model_max_length=LONGEST,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def make_model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Return a Llama with random weights."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=320,
        num_hidden_layers=4,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=LONGEST,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,
    )
    model = LlamaForCausalLM(config)
    # What an answer may end with, once the model has learnt to end one.
    model.generation_config.eos_token_id = [tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids(TURN_END)]
    return model


def train(model: LlamaForCausalLM, texts: Sequence[Sequence[int]], steps: int, window: int) -> None:
    """Train on windows of so many tokens of all texts in one row, whose order is drawn anew each time."""
    generator = torch.Generator().manual_seed(SEED)
    matrices = [one for one in model.parameters() if one.ndim > 1]
    scales = [one for one in model.parameters() if one.ndim == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": scales, "weight_decay": 0.0}],
        lr=LEARNING_RATE,
        betas=(0.9, 0.95),
    )
    cosine = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: min(1.0, (n + 1) / WARM_UP) * (0.525 + 0.475 * math.cos(math.pi * n / steps))
    )
    row: list[int] = []
    losses: list[float] = []
    began = time.perf_counter()
    for step in range(1, steps + 1):
        while len(row) < BATCH * window:
            for n in torch.randperm(len(texts), generator=generator).tolist():
                row += texts[n]
        batch = torch.tensor(row[: BATCH * window]).view(BATCH, window)
        del row[: BATCH * window]
        loss = model(input_ids=batch, labels=batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        cosine.step()
        losses.append(loss.item())
        if step % 100 == 0 or step == steps:
            mean = sum(losses[-100:]) / len(losses[-100:])
            seconds = time.perf_counter() - began
            print(f"step {step}  loss {mean:.3f}  perplexity {math.exp(mean):.1f}  {seconds:.0f} s", flush=True)


def save(folder: Path, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> None:
    """Save both, as ``--model hf/FOLDER`` loads them."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
