"""BERTScore of 1,000 answers against bert-score, same model, same layer, one thread each.

Makes a BERT of MiniLM's size (6 layers, width 384, random weights) with a tokenizer trained on the ECG corpus, or takes
a saved model, and answers of one to six sentences of the corpus: ten to each of 100 references, as ten systems would
write them, a tenth of them alike. In turns, ours and ``bert_score.BERTScorer``, loading left out. Prints the seconds,
the ratio and the greatest difference between any two scores.

    python benchmarks/bertscore.py [--model FOLDER --num-layers N] [--pairs 1000] [--repeat 3] [--json]

(It isn't called bert_score.py, which would be imported in place of the peer.)
"""

from __future__ import annotations

import os

os.environ.update(HF_HUB_OFFLINE="1", OMP_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ecg_bench.domains import find_domains
from ecg_bench.text_metrics import Pair
from ecg_bench.text_metrics._bert_score import BertScore

ANSWERS = 10  # to each reference


def sentences() -> list[str]:
    """Return the sentences of the ECG corpus."""
    corpus = find_domains()["ecg"].corpus
    assert corpus is not None
    text = " ".join(passage.text for document in corpus for passage in document.passages)
    return [sentence.strip() + "." for sentence in text.replace("\n", " ").split(". ") if len(sentence) > 40]


def make_pairs(n: int) -> list[Pair]:
    """Make answers and references; most have one or two sentences, few have six."""
    rng = random.Random(0)
    known = sentences()

    def text() -> str:
        return " ".join(rng.sample(known, rng.choice((1, 1, 1, 2, 2, 3, 6))))

    references = [text() for _ in range(max(1, n // ANSWERS))]
    answers: list[str] = []
    for _ in range(n):
        answers.append(rng.choice(answers) if answers and rng.random() < 0.1 else text())
    return [Pair(answer, references[i % len(references)]) for i, answer in enumerate(answers)]


def save_model(folder: Path) -> Path:
    """Make a BERT of MiniLM's size for the corpus, and save it."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
    from transformers import BertConfig, BertModel, BertTokenizer

    pieces = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    pieces.normalizer, pieces.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces.train_from_iterator(sentences(), trainers.WordPieceTrainer(vocab_size=4096, special_tokens=special))
    tokenizer = BertTokenizer(vocab=json.loads(pieces.to_str())["model"]["vocab"])
    tokenizer.model_max_length = 512
    torch.manual_seed(0)
    sizes = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}
    BertModel(BertConfig(vocab_size=len(tokenizer), **sizes)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def timed(run: Callable[[], np.ndarray]) -> tuple[float, float, np.ndarray]:
    """Return seconds on the clock, seconds of the processor, and what a function gave."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = run()
    return time.perf_counter() - wall, time.process_time() - cpu, found


def measure(model: Path, layer: int, pairs: Sequence[Pair], repeat: int) -> dict[str, float | str]:
    """Run both in turns."""
    from bert_score import BERTScorer

    metric = BertScore(model=str(model), num_layers=layer)
    scorer = BERTScorer(model_type=str(model), num_layers=layer)
    answers, references = [pair.answer for pair in pairs], [pair.reference for pair in pairs]

    def ours() -> np.ndarray:
        return np.stack(list(metric.compare(pairs).scores.values()))

    def peer() -> np.ndarray:
        return np.stack([part.numpy() for part in scorer.score(answers, references)])

    metric.compare([Pair("a", "b")])  # loads the model
    rounds = [(timed(ours), timed(peer)) for _ in range(repeat)]
    least = {
        f"{name}_{what}_s": min(one[who][k] for one in rounds)
        for who, name in enumerate(("ours", "bert_score"))
        for k, what in enumerate(("wall", "cpu"))
    }
    return {
        "signature": metric.signature,
        "pairs": len(pairs),
        "distinct_texts": len({*answers, *references}),
        **least,
        "ratio_wall": least["bert_score_wall_s"] / least["ours_wall_s"],
        "ratio_cpu": least["bert_score_cpu_s"] / least["ours_cpu_s"],
        "greatest_difference": float(np.abs(rounds[-1][0][2] - rounds[-1][1][2]).max()),
    }


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", type=Path, help="a folder with a saved model")
    options.add_argument("--num-layers", type=int, default=4)
    options.add_argument("--pairs", type=int, default=1000)
    options.add_argument("--repeat", type=int, default=3, help="the least counts")
    options.add_argument("--json", action="store_true", help="print JSON instead of lines")
    given = options.parse_args()

    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        model = given.model or save_model(Path(name))
        found = measure(model, given.num_layers, make_pairs(given.pairs), given.repeat)
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for key, value in found.items():
        print(f"{key:22}{value if isinstance(value, str | int) else f'{value:.3g}'}")


if __name__ == "__main__":
    main()
