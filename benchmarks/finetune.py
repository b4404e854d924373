r"""Finetuning: ``ecg-bench finetune`` against trl's ``SFTTrainer``, same model, rows and settings, in the same run.

Makes a Llama of the size asked for with random weights and a tokenizer trained on the ECG corpus, and rows of questions
and answers from words of it, most of them short answers. Both train a LoRA adapter on them, each in a process of its
own, in turns. The clock runs from the end of the first step to the end of the last; model loading, tokenizing and
saving are left out. Tokens are those that are no padding. Memory is the peak of the GPU's, or of the process on a CPU.
trl refuses an adapter on the output layer, so neither has one here.

    python benchmarks/finetune.py [--repeat 3] [--json FILE]                            small, on a CPU
    python benchmarks/finetune.py --hidden 2048 --layers 16 --heads 32 --vocabulary 32000 --inner 8192 \
        --precision bfloat16 --quantization nf4 --rank 256 --checkpointing --words 60 --steps 40      a GPU, 1 B

trl is not needed for anything else: pip install trl.
"""

from __future__ import annotations

import os

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import mean, median
from typing import Any

PACKAGES = ("torch", "transformers", "peft", "trl")
WARM = 1  # steps before the clock runs
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def make(folder: Path, given: argparse.Namespace) -> None:
    """Save the model and the rows."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    from ecg_bench.domains import find_domains

    corpus = find_domains()["ecg"].corpus
    assert corpus is not None
    texts = [passage.text for document in corpus for passage in document.passages]
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    special = ["<s>", "</s>", "<pad>", "<|end|>", "<|user|>", "<|assistant|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=given.vocabulary, special_tokens=special, initial_alphabet=alphabet)
    bpe.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token="<s>", eos_token="<|end|>", pad_token="<pad>")
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=given.vocabulary,
        hidden_size=given.hidden,
        intermediate_size=given.inner or 2 * given.hidden,
        num_hidden_layers=given.layers,
        num_attention_heads=given.heads,
        num_key_value_heads=max(1, given.heads // 4),
        bos_token_id=0,
        eos_token_id=3,
        pad_token_id=2,
    )
    LlamaForCausalLM(config).to(getattr(torch, given.precision)).save_pretrained(folder)
    words = " ".join(texts).split()
    rng = random.Random(0)
    with (folder / "rows.jsonl").open("w") as file:
        for n in range(given.batch * given.accumulation * given.steps):
            question = " ".join(rng.choices(words, k=rng.randint(given.words // 2, given.words * 3 // 2)))
            answer = " ".join(rng.choices(words, k=rng.choice((1, 1, 1, given.words // 2))))
            turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
            file.write(json.dumps({"messages": turns, "id": f"r{n}", "group": f"g{n}", "task": "bench"}) + "\n")


def clock() -> Any:
    """Return a callback that notes when each step ended, and how many tokens were seen by then."""
    from transformers import TrainerCallback

    class Clock(TrainerCallback):
        def __init__(self) -> None:
            self.marks: list[tuple[float, float, int]] = []
            self.losses: list[float] = []

        def on_step_end(self, args: Any, state: Any, control: Any, **_kwargs: Any) -> None:
            import torch

            if torch.cuda.is_available():
                torch.cuda.synchronize()
            self.marks.append((time.perf_counter(), time.process_time(), state.num_input_tokens_seen))

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_kwargs: Any) -> None:
            if "loss" in (logs or {}):
                self.losses.append(logs["loss"])

        def result(self) -> dict[str, float]:
            wall, cpu, tokens = (b - a for a, b in zip(self.marks[WARM - 1], self.marks[-1], strict=True))
            return {"tokens_per_s": tokens / wall, "tokens_per_cpu_s": tokens / cpu, "loss": mean(self.losses)}

    return Clock()


def recipe(given: argparse.Namespace) -> Any:
    """Return the settings that both have."""
    from ecg_bench.adapters.finetune import read_recipe

    values = {
        "model.quantization": given.quantization,
        "model.precision": given.precision,
        "lora.r": given.rank,
        "lora.alpha": given.rank // 2,
        "lora.dropout": given.dropout,
        "lora.lm_head": "false",
        "data.max_length": 2048,
        "training.epochs": 1,
        "training.batch_size": given.batch,
        "training.accumulation": given.accumulation,
        "training.optimizer": given.optimizer,
        "training.gradient_checkpointing": str(given.checkpointing).lower(),
        "checkpoint.every": "1000000 steps",
    }
    return read_recipe("lora-small", [f"{name}={value}" for name, value in values.items()])


def run_ours(folder: Path, out: Path, given: argparse.Namespace) -> dict[str, float]:
    """Train with this package."""
    from ecg_bench.adapters.finetune import _trainer, finetune

    timer = clock()
    plain = _trainer.AnswerTrainer.__init__

    def timed(self: Any, *args: Any) -> None:
        plain(self, *args)
        self.add_callback(timer)

    _trainer.AnswerTrainer.__init__ = timed  # type: ignore[method-assign]
    finetune(f"hf/{folder}", folder / "rows.jsonl", out, recipe(given), quiet=True)
    result: dict[str, float] = timer.result()
    return result


def run_trl(folder: Path, out: Path, given: argparse.Namespace) -> dict[str, float]:
    """Train with trl, with the loss on the answers and the same everything."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoTokenizer, set_seed
    from trl import SFTConfig, SFTTrainer

    from ecg_bench.adapters.finetune._base import find_base, load_base, targets_of

    config = recipe(given)
    set_seed(0)
    model = load_base(find_base(f"hf/{folder}"), config.model)
    rows = [json.loads(line)["messages"] for line in (folder / "rows.jsonl").open()]
    data = Dataset.from_list([{"prompt": turns[:1], "completion": turns[1:]} for turns in rows])
    training = config.training
    timer = clock()
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(
            output_dir=str(out),
            completion_only_loss=True,
            max_length=config.data.max_length,
            per_device_train_batch_size=training.batch_size,
            gradient_accumulation_steps=training.accumulation,
            num_train_epochs=1,
            learning_rate=training.learning_rate,
            lr_scheduler_type=training.schedule,
            warmup_steps=training.warmup,
            optim=training.optimizer,
            max_grad_norm=training.max_grad_norm,
            gradient_checkpointing=training.gradient_checkpointing,
            train_sampling_strategy="group_by_length",
            bf16=config.model.precision == "bfloat16",
            use_cpu=not torch.cuda.is_available(),
            include_num_input_tokens_seen="non_padding",
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=data,
        processing_class=AutoTokenizer.from_pretrained(folder),
        peft_config=LoraConfig(
            r=config.lora.r,
            lora_alpha=config.lora.alpha,
            lora_dropout=config.lora.dropout,
            target_modules=targets_of(model, config.lora, "bench"),
            task_type="CAUSAL_LM",
        ),
        callbacks=[timer],
    )
    trainer.train()
    result: dict[str, float] = timer.result()
    return result


def child(kind: str, folder: Path, out: Path, given: argparse.Namespace) -> None:
    """Train in this process, and print what was measured as the last line."""
    from ecg_bench.adapters.finetune._card import peak_memory

    found = (run_ours if kind == "ours" else run_trl)(folder, out, given)
    (memory,) = peak_memory().values()
    print(json.dumps({**found, "peak_mb": memory}))


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = {"hidden": 256, "layers": 4, "heads": 4, "inner": 0, "vocabulary": 4096, "rank": 16, "batch": 8}
    for name, default in {**sizes, "accumulation": 2, "steps": 15, "words": 40, "repeat": 3}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--quantization", choices=["none", "nf4"], default="none")
    parser.add_argument("--optimizer", default="adamw_torch")
    parser.add_argument("--checkpointing", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure both, in turns, and print the ratios."""
    given = parse()
    if given.child:
        kind, folder, out = given.child
        child(kind, Path(folder), Path(out), given)
        return
    kinds = ["ours", *(["trl"] if find_spec("trl") else [])]
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as place:
        make(Path(place), given)
        for turn in range(given.repeat):
            for kind in kinds:
                where = ["--child", kind, place, f"{place}/{kind}-{turn}"]
                done = subprocess.run([sys.executable, __file__, *sys.argv[1:], *where], capture_output=True, text=True)
                if done.returncode:
                    sys.exit(f"{kind} failed:\n{done.stderr[-3000:]}")
                found[kind].append(json.loads(done.stdout.splitlines()[-1]))
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("torch", "transformers", "peft", "trl") if find_spec(name)
    )
    print(
        f"{given.layers}-layer Llama, hidden {given.hidden}, {given.precision}, base {given.quantization}; {packages}"
    )
    figures: dict[str, Any] = {"settings": {k: v for k, v in vars(given).items() if k not in ("json", "child")}}
    print(f"{'':8}{'tokens/s':>12}{'per CPU s':>12}{'peak MB':>10}{'mean loss':>11}   (median of {given.repeat})")
    for kind, runs in found.items():
        one = figures[kind] = {key: median(run[key] for run in runs) for key in runs[0]}
        numbers = f"{one['tokens_per_s']:12.0f}{one['tokens_per_cpu_s']:12.0f}{one['peak_mb']:10.0f}"
        print(f"{kind:8}{numbers}{one['loss']:11.4f}")
    if "trl" in figures:
        ours, trl = figures["ours"], figures["trl"]
        names = ("tokens_per_s", "tokens_per_cpu_s", "peak_mb")
        figures["ratio"] = {name: ours[name] / trl[name] for name in names}
        speed, cpu, memory = figures["ratio"].values()
        print(f"ours / trl: {speed:.2f} in tokens/s ({cpu:.2f} per CPU second), {memory:.2f} in peak memory")
    else:
        print("trl is not installed: no ratio (pip install trl)")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
