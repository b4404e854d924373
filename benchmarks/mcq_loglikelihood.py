"""Scoring and writing answers on this machine: the ``hf`` backend against lm-eval's ``hf``, same model, same strings.

Makes a small Llama (4 layers, hidden size 256, vocabulary 4,096, random weights) with a tokenizer trained on the ECG
corpus, and 500 questions from words of the corpus with four options of several tokens each. Then, in turns:

* the log-likelihood of each option after its question (2,000 in all),
* answers of 32 tokens to 200 of the questions, greedily.

Ours is asked as the engine asks it: one request a call, as many calls at once as the backend wants. lm-eval's is given
all requests in one call of ``loglikelihood`` and ``generate_until``, at each batch size; its best one counts. Loading
the models is left out, tokenizing is counted. Log-likelihoods and written texts are compared. One thread each.

    python benchmarks/mcq_loglikelihood.py [--repeat 3] [--json FILE]
"""

from __future__ import annotations

import os

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", OMP_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")

import argparse
import asyncio
import json
import logging
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ecg_bench.backends import open_model
from ecg_bench.domains import find_domains
from ecg_bench.samples import GenerationParams, Message, Mode, Request, Response
from ecg_bench.settings import Settings

MAX_TOKENS = 32
VOCABULARY = 4096


@dataclass(frozen=True)
class Question:
    """A prompt as text, and what may follow it."""

    prompt: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Timing:
    """Seconds on the clock and of the processor; the least of all repeats."""

    wall: float
    cpu: float

    @classmethod
    def of(cls, repeats: Sequence[Timing]) -> Timing:
        """Return the least of several."""
        return cls(min(one.wall for one in repeats), min(one.cpu for one in repeats))


def corpus_sentences() -> list[str]:
    """Return the sentences of the ECG corpus."""
    corpus = find_domains()["ecg"].corpus
    assert corpus is not None
    text = " ".join(passage.text for document in corpus for passage in document.passages)
    return [sentence.strip() + "." for sentence in text.replace("\n", " ").split(". ") if len(sentence) > 40]


def make_questions(n: int) -> list[Question]:
    """Make questions of about 60 to 130 tokens, each with four phrases of two to four words as options."""
    rng = random.Random(0)
    sentences = corpus_sentences()
    phrases = set()
    for sentence in sentences:
        words = sentence.split()
        for start in range(len(words) - 4):
            phrase = words[start : start + rng.randint(2, 4)]
            if all(word.isalpha() for word in phrase):
                phrases.add(" ".join(phrase))
    choices = sorted(phrases)
    made = []
    for _ in range(n):
        text = " ".join(rng.sample(sentences, rng.randint(2, 4)))[: rng.randint(180, 420)]
        options = tuple(f" {phrase}" for phrase in rng.sample(choices, 4))
        made.append(Question(f"Read this: {text}\nWhich of the following is meant?", options))
    return made


def save_model(folder: Path) -> None:
    """Train a tokenizer on the corpus, make a random Llama for it, and save both."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<s>", "</s>", "<pad>"]
    bpe.train_from_iterator(
        corpus_sentences(),
        trainers.BpeTrainer(
            vocab_size=VOCABULARY, special_tokens=special, initial_alphabet=alphabet, show_progress=False
        ),
    )
    bpe.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token="<s>", eos_token="</s>", pad_token="<pad>").save_pretrained(
        folder
    )
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=256,
        intermediate_size=688,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=2048,
        bos_token_id=0,
        eos_token_id=None,
        pad_token_id=2,
    )
    LlamaForCausalLM(config).save_pretrained(folder)


def timed(action: Callable[[], Any]) -> tuple[Timing, Any]:
    """Run something and return how long it took, with its result."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = action()
    return Timing(time.perf_counter() - wall, time.process_time() - cpu), result


class Ours:
    """The backend, asked as the engine asks it."""

    def __init__(self, folder: Path, questions: Sequence[Question], n_written: int, batch_size: str) -> None:
        self._backend = open_model(f"hf/{folder}", {"device": "cpu", "dtype": "float32", "batch_size": batch_size})
        self._backend.prepare([], Settings())
        self._scored = [self._request(n, q, Mode.LOGLIKELIHOOD) for n, q in enumerate(questions)]
        self._written = [self._request(n, q, Mode.GENERATE) for n, q in enumerate(questions[:n_written])]

    def _request(self, n: int, question: Question, mode: Mode) -> Request:
        return Request(
            task="bench",
            id=str(n),
            index=n,
            permutation=0,
            mode=mode,
            messages=(Message("user", question.prompt),),
            params=GenerationParams(MAX_TOKENS, 0.0, 0),
            question=question.prompt,
            prefill="Answer:",
            continuations=question.options if mode is Mode.LOGLIKELIHOOD else (),
        )

    async def _ask(self, requests: Sequence[Request]) -> list[Response]:
        waiting = iter(enumerate(requests))
        responses: dict[int, Response] = {}

        async def ask() -> None:
            for n, request in waiting:
                (responses[n],) = await self._backend.answer([request])

        async with self._backend.session(), asyncio.TaskGroup() as group:
            for _ in range(self._backend.concurrency):
                group.create_task(ask())
        return [responses[n] for n in range(len(requests))]

    def score(self) -> list[float]:
        """Return the log-likelihood of every option."""
        responses = asyncio.run(self._ask(self._scored))
        return [value for response in responses for value in response.loglikelihoods]

    def write(self) -> list[str]:
        """Return the answers."""
        return [response.text for response in asyncio.run(self._ask(self._written))]


class LmEval:
    """lm-eval's class, by its own interface."""

    def __init__(self, folder: Path, questions: Sequence[Question], n_written: int) -> None:
        logging.disable(logging.WARNING)
        import lm_eval.models  # noqa: F401  # fills the registry
        from lm_eval.api.registry import get_model

        os.environ["TQDM_DISABLE"] = "1"
        self._make = lambda batch_size: get_model("hf").create_from_arg_obj(
            {"pretrained": str(folder), "dtype": "float32", "add_bos_token": True},
            {"batch_size": batch_size, "device": "cpu"},
        )
        contexts = [f"{question.prompt}\n\nAnswer:" for question in questions]
        self._scored = [
            _instance((context, option))
            for context, question in zip(contexts, questions, strict=True)
            for option in question.options
        ]
        limits = {"until": [], "max_gen_toks": MAX_TOKENS, "do_sample": False}
        self._written = [_instance((context, dict(limits))) for context in contexts[:n_written]]

    def open(self, batch_size: int) -> Any:
        """Load the model for a batch size."""
        return self._make(batch_size)

    def score(self, model: Any) -> list[float]:
        """Return the log-likelihood of every option."""
        return [value for value, _ in model.loglikelihood(self._scored, disable_tqdm=True)]

    def write(self, model: Any) -> list[str]:
        """Return the answers."""
        found: list[str] = model.generate_until(self._written, disable_tqdm=True)
        return found


def _instance(args: tuple[Any, ...]) -> SimpleNamespace:
    return SimpleNamespace(args=args, arguments=args, task_name="bench")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--answers", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=3, help="the least time of so many counts, for both")
    parser.add_argument("--batch-size", default="auto", help="of ours")
    parser.add_argument("--score-sizes", type=int, nargs="*", default=[1, 8, 16, 32, 64], help="of lm-eval's")
    parser.add_argument("--write-sizes", type=int, nargs="*", default=[1, 16, 32, 64], help="of lm-eval's")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    given = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    questions = make_questions(given.questions)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_model(folder)
        ours = Ours(folder, questions, given.answers, given.batch_size)
        scored: dict[str, list[Timing]] = {"ecg-bench": []}
        written: dict[str, list[Timing]] = {"ecg-bench": []}
        peer = None
        if find_spec("lm_eval") is None or not (given.score_sizes or given.write_sizes):
            print("lm-eval is not installed, or no sizes are given: no ratio (pip install 'ecg-bench[lm-eval]')")
        else:
            peer = LmEval(folder, questions, given.answers)
        values: list[float] = []
        texts: list[str] = []
        their_values: list[float] = []
        their_texts: list[str] = []
        for _ in range(given.repeat):  # in turns, so that what else goes on in the machine meets all alike
            taken, values = timed(ours.score)
            scored["ecg-bench"].append(taken)
            taken, texts = timed(ours.write)
            written["ecg-bench"].append(taken)
            for size in sorted({*given.score_sizes, *given.write_sizes}) if peer else ():
                model = peer.open(size)
                if size in given.score_sizes:
                    taken, their_values = timed(lambda model=model: peer.score(model))
                    scored.setdefault(f"lm-eval, batch {size}", []).append(taken)
                if size in given.write_sizes:
                    taken, their_texts = timed(lambda model=model: peer.write(model))
                    written.setdefault(f"lm-eval, batch {size}", []).append(taken)
        report(given, scored, written, (values, their_values), (texts, their_texts))


def report(
    given: argparse.Namespace,
    scored: dict[str, list[Timing]],
    written: dict[str, list[Timing]],
    values: tuple[list[float], list[float]],
    texts: tuple[list[str], list[str]],
) -> None:
    """Print a table, and write the figures to a file if one is given."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "lm_eval") if find_spec(name))
    print(f"4-layer Llama, hidden 256, vocabulary {VOCABULARY:,}, float32, CPU, 1 thread; {packages}")
    figures: dict[str, Any] = {"repeat": given.repeat, "packages": packages}
    for title, unit, n, times in (
        (f"{given.questions} questions, 4 options each, by log-likelihood", "questions/s", given.questions, scored),
        (f"{given.answers} answers of {MAX_TOKENS} tokens", "answers/s", given.answers, written),
    ):
        print(f"\n{title} (least of {given.repeat})\n{'':24}{'wall s':>8}{'CPU s':>8}{unit:>13}")
        least = {name: Timing.of(some) for name, some in times.items()}
        for name, one in least.items():
            print(f"{name:24}{one.wall:8.2f}{one.cpu:8.2f}{n / one.wall:13.1f}")
        peers = {name: one for name, one in least.items() if name != "ecg-bench"}
        part: dict[str, Any] = {name: asdict(one) for name, one in least.items()}
        if peers:
            mine = least["ecg-bench"]
            best = min(peers, key=lambda name: peers[name].wall)
            part["ratio"] = {
                "wall": peers[best].wall / mine.wall,
                "cpu": min(one.cpu for one in peers.values()) / mine.cpu,
            }
            print(f"{best} / ecg-bench: {part['ratio']['wall']:.2f} by the clock, {part['ratio']['cpu']:.2f} by CPU")
        figures["written" if times is written else "scored"] = part
    if values[1]:
        figures["max_difference"] = max(abs(a - b) for a, b in zip(*values, strict=True))
        print(f"\nlog-likelihoods: largest difference {figures['max_difference']:.1e} of {len(values[0])}")
    if texts[1]:
        figures["equal_texts"] = sum(a == b for a, b in zip(*texts, strict=True))
        print(f"texts: {figures['equal_texts']} of {len(texts[0])} are equal")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
