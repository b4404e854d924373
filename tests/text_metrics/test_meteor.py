"""METEOR is nltk's with the same stages, parameters and words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from nltk.translate.meteor_score import single_meteor_score

from ecg_bench import UserError
from ecg_bench.registry import build
from ecg_bench.text_metrics import TEXT_METRICS, Pair
from ecg_bench.text_metrics._meteor import Meteor, words
from tests.text_metrics.texts import pairs, random_pairs, shipped_pairs, study_pairs

NLTK: dict[str, dict[str, float]] = {"1.5": {"alpha": 0.85, "beta": 0.2, "gamma": 0.6}, "nltk": {}}


class NoSynonyms:
    def synsets(self, word: str) -> list[Any]:
        return []


def meteor(answer: str, reference: str, **options: Any) -> float:
    return float(Meteor(**options).compare([Pair(answer, reference)]).scores["meteor"][0])


def assert_same(pairs: Sequence[Pair], parameters: str) -> None:
    found = Meteor(parameters=parameters).compare(pairs).scores["meteor"]  # type: ignore[arg-type]
    for pair, score in zip(pairs, found, strict=True):
        answer, reference = words(pair.answer), words(pair.reference)
        expected = single_meteor_score(reference, answer, wordnet=NoSynonyms(), **NLTK[parameters])
        assert score == expected, pair


@pytest.mark.parametrize("parameters", NLTK)
def test_nonsense_and_shipped_references_score_as_in_nltk(parameters: str) -> None:
    assert_same(random_pairs(1500, seed=9), parameters)
    assert_same(shipped_pairs("open-factual") + shipped_pairs("open-complex"), parameters)


@given(pairs())
@settings(deadline=None)
def test_any_pair_scores_as_in_nltk(pair: Pair) -> None:
    assert_same([pair], "1.5")


def test_the_studys_answers_score_as_in_nltk(test_data: Path) -> None:
    assert_same(study_pairs(test_data), "1.5")


def test_the_example_of_nltk() -> None:
    answer = "It is a guide to action which ensures that the military always obeys the commands of the party"
    reference = "It is a guide to action that ensures that the military will forever heed Party commands"
    assert meteor(answer, reference, parameters="nltk") == pytest.approx(0.6944, abs=5e-5)


def test_the_two_chunks_of_the_paper() -> None:
    # Banerjee and Lavie 2005, section 2.2: "the president" and "spoke to the audience" are the two chunks.
    answer, reference = "the president spoke to the audience", "the president then spoke to the audience"
    precision, recall = 1, 6 / 7
    mean = 10 * precision * recall / (recall + 9 * precision)
    assert meteor(answer, reference, parameters="nltk") == pytest.approx(mean * (1 - 0.5 * (2 / 6) ** 3))


def test_words_have_small_letters_and_numbers_their_decimals() -> None:
    assert words("**ST-elevation** of 0.12 mV, V1–V3; 1,200 ms.") == [
        *("st", "elevation", "of", "0.12", "mv", "v1", "v3", "1,200", "ms")
    ]


def test_stems_match() -> None:
    assert meteor("elevated", "elevation") == meteor("elevation", "elevation") > 0


def test_the_signature_tells_stages_and_parameters() -> None:
    assert "stages:exact,stem|" in Meteor().signature
    assert "alpha:0.85|beta:0.2|gamma:0.6" in Meteor().signature
    assert "alpha:0.9|beta:3.0|gamma:0.5" in Meteor(parameters="nltk").signature


def test_unknown_parameters_are_named() -> None:
    with pytest.raises(UserError, match=r"'1\.6'"):
        Meteor(parameters="1.6")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="parameters"):
        build(TEXT_METRICS.get("meteor"), "meteor", (), {"parameters": "1.6"})


# --- WordNet, in a process of its own since nltk keeps what it has read ---------------------------------------------

SCORE = """
import json, sys
from nltk.corpus import wordnet
from nltk.translate.meteor_score import single_meteor_score
from ecg_bench.text_metrics import Pair
from ecg_bench.text_metrics._meteor import Meteor, words
pairs = json.load(sys.stdin)
metric = Meteor(wordnet=True)
scores = metric.compare([Pair(*pair) for pair in pairs]).scores["meteor"].tolist()
expected = [
    single_meteor_score(words(reference), words(answer), wordnet=wordnet, alpha=0.85, beta=0.2, gamma=0.6)
    for answer, reference in pairs
]
print(json.dumps([metric.signature, scores, expected]))
"""
SYNONYMS = {
    "noun": (("car", "auto", "motorcar"), ("auto", "car", "machine"), ("attack", "infarct", "heart_attack")),
    "verb": (("show", "reveal"), ("lead", "conduct")),
    "adj": (),
    "adv": (),
}


def write_wordnet(folder: Path) -> Path:
    """Write a WordNet of a few words, in its own format."""
    folder.mkdir(parents=True)
    for name in ("cntlist.rev", "index.sense", *(f"{part}.exc" for part in SYNONYMS)):
        (folder / name).touch()
    (folder / "lexnames").write_text("00\tadj.all\t3\n")
    header = "  1 WordNet 3.0 Copyright of nobody\n"
    for part, sets in SYNONYMS.items():
        data, offsets = header, {}
        for names in sets:
            for name in names:
                offsets.setdefault(name, []).append(len(data))
            listed = " ".join(f"{name} 0" for name in names)
            data += f"{len(data):08d} 00 {part[0]} {len(names):02x} {listed} 000 | a word\n"
        (folder / f"data.{part}").write_text(data)
        index = [
            f"{name} {part[0]} {len(found)} 0 {len(found)} 0 {' '.join(f'{offset:08d}' for offset in found)}\n"
            for name, found in sorted(offsets.items())
        ]
        (folder / f"index.{part}").write_text(header + "".join(index))
    return folder


def run_with_wordnet(folder: Path, pairs: Sequence[tuple[str, str]]) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", SCORE],
        input=json.dumps(pairs),
        env=os.environ | {"NLTK_DATA": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_synonyms_match_as_in_nltk_where_wordnet_is(tmp_path: Path) -> None:
    write_wordnet(tmp_path / "corpora" / "wordnet")
    found = [
        ("the car", "an auto"),
        ("car auto machine", "auto machine car car"),
        ("leads show attack", "infarct reveals conduct"),
    ]
    signature, scores, expected = run_with_wordnet(tmp_path, found)
    assert "stages:exact,stem,wordnet-3.0|" in signature
    assert scores == expected
    assert all(score > meteor(*pair) for score, pair in zip(scores, found, strict=True) if pair != found[1])


def test_without_wordnet_the_user_is_told_how_to_get_it(tmp_path: Path) -> None:
    code = "from ecg_bench.text_metrics._meteor import Meteor; Meteor(wordnet=True)"
    environment = os.environ | {"NLTK_DATA": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "UserError: WordNet isn't on this machine" in done.stderr
    assert "python -m nltk.downloader wordnet" in done.stderr
