"""Train a small language model on what is said of ECGs, without any ECG: ``python make_base.py BASE``.

The folder then holds a Llama of a million parameters with a tokenizer of its own, which ``--llm hf/BASE`` loads. It has
read questions, answers and reports about synthetic ECGs as text, and never saw an ECG: it knows what is said, and not
of which ECG. It is there so that signal adapters can be tried within minutes on any machine, and of no use otherwise.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils.logging import disable_progress_bar

from ecg_bench.adapters.signal import conversations

SEED = 1
RECORDS = 600
DATA_SEED = 77
STEPS = 300
BATCH = 4
WINDOW = 512
LEARNING_RATE = 3e-3
WARM_UP = 30
BEGIN, END, PAD = "<s>", "</s>", "<pad>"
TURN, TURN_END = "<|im_start|>", "<|im_end|>"
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_tokenizer(texts: list[str], vocabulary: int = 1024) -> PreTrainedTokenizerFast:
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
        model_max_length=1024,
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
        max_position_embeddings=1024,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,
    )
    model = LlamaForCausalLM(config)
    model.generation_config.eos_token_id = [tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids(TURN_END)]
    return model


def train(model: LlamaForCausalLM, texts: list[list[int]], steps: int) -> None:
    """Train on windows of all conversations in one row, whose order is drawn anew each time."""
    generator = torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.95), weight_decay=0.05)
    cosine = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: min(1.0, (n + 1) / WARM_UP) * (0.525 + 0.475 * math.cos(math.pi * n / steps))
    )
    row: list[int] = []
    began = time.perf_counter()
    for step in range(1, steps + 1):
        while len(row) < BATCH * WINDOW:
            for n in torch.randperm(len(texts), generator=generator).tolist():
                row += texts[n]
        batch = torch.tensor(row[: BATCH * WINDOW]).view(BATCH, WINDOW)
        del row[: BATCH * WINDOW]
        loss = model(input_ids=batch, labels=batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        cosine.step()
        if step % 100 == 0 or step == steps:
            print(f"step {step}  loss {loss.item():.3f}  {time.perf_counter() - began:.0f} s", flush=True)


def main() -> None:
    """Make tokenizer and model, train, and save both."""
    parser = argparse.ArgumentParser(description="Train a small language model on what is said of ECGs.")
    parser.add_argument("folder", type=Path, metavar="BASE", help="where to save it")
    parser.add_argument("--steps", type=int, default=STEPS, help="how long to train; %(default)s if not given")
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    disable_progress_bar()
    chats = conversations(RECORDS, DATA_SEED)
    tokenizer = make_tokenizer([turn["content"] for chat in chats for turn in chat])
    model = make_model(tokenizer)
    texts = [tokenizer.apply_chat_template(chat, tokenize=False) for chat in chats]
    encoded: list[list[int]] = tokenizer(texts, add_special_tokens=False)["input_ids"]
    print(f"{len(texts):,} conversations, {sum(map(len, encoded)):,} tokens; {model.num_parameters():,} parameters")
    train(model, encoded, given.steps)
    model.save_pretrained(given.folder)
    tokenizer.save_pretrained(given.folder)


if __name__ == "__main__":
    main()
