"""Train a small language model from scratch on the shipped ECG corpus: ``python make_model.py MODEL``.

The folder then holds a Llama of 1.3 million parameters with a tokenizer of its own, which ``--model hf/MODEL`` loads.
It has read the documents sixteen times over, and nothing else: no question, no option, no turn of a conversation. It is
a base model, there so that finetuning and retrieval can be tried within minutes on any machine. What it says of
electrocardiography is of no use to anybody.

The seed is fixed and one thread computes everything in float32: on one machine, the same command gives the same model.
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

from ecg_bench.domains import find_domains

SEED = 1
STEPS = 1400
BATCH = 4  # windows of a step
WINDOW = 256  # tokens of a window
LEARNING_RATE = 3e-3
WARM_UP = 40  # steps
BEGIN, END, PAD = "<s>", "</s>", "<pad>"
TURN, TURN_END = "<|im_start|>", "<|im_end|>"  # the base never reads them; whoever finetunes it needs them
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def documents() -> list[str]:
    """Return the documents of the corpus as Markdown without their front matter."""
    return [
        f"# {document.card.title}\n\n"
        + "\n\n".join(f"## {passage.heading}\n\n{passage.text}" for passage in document.passages)
        for document in find_domains()["ecg"].corpus or ()
    ]


def make_tokenizer(texts: list[str], vocabulary: int = 2048) -> PreTrainedTokenizerFast:
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
        model_max_length=2048,
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
        max_position_embeddings=2048,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,
    )
    model = LlamaForCausalLM(config)
    # What an answer may end with, once the model has learnt to end one.
    model.generation_config.eos_token_id = [tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids(TURN_END)]
    return model


def train(model: LlamaForCausalLM, texts: list[list[int]], steps: int) -> None:
    """Train on windows of all documents in one row, whose order is drawn anew each time; ``</s><s>`` parts them."""
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
        losses.append(loss.item())
        if step % 100 == 0 or step == steps:
            mean = sum(losses[-100:]) / len(losses[-100:])
            seconds = time.perf_counter() - began
            print(f"step {step}  loss {mean:.3f}  perplexity {math.exp(mean):.1f}  {seconds:.0f} s", flush=True)


def main() -> None:
    """Make tokenizer and model, train, and save both."""
    parser = argparse.ArgumentParser(description="Train a small language model from scratch on the shipped ECG corpus.")
    parser.add_argument("folder", type=Path, metavar="MODEL", help="where to save it")
    parser.add_argument("--steps", type=int, default=STEPS, help="how long to train; %(default)s if not given")
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    disable_progress_bar()
    texts = documents()
    tokenizer = make_tokenizer(texts)
    model = make_model(tokenizer)
    encoded: list[list[int]] = [[*tokenizer(text)["input_ids"], tokenizer.eos_token_id] for text in texts]
    print(
        f"{len(texts)} documents, {sum(map(len, encoded)):,} tokens; {model.num_parameters():,} parameters", flush=True
    )
    train(model, encoded, given.steps)
    model.save_pretrained(given.folder)
    tokenizer.save_pretrained(given.folder)


if __name__ == "__main__":
    main()
