"""The template writer: several hundred valid items of the shipped corpus, without a model and always the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ecg_bench import evaluate
from ecg_bench.adapters.datagen import Recipe, generate
from ecg_bench.domains import find_domains, open_pack
from ecg_bench.errors import UserError
from ecg_bench.validation import validate_pack
from tests.adapters.datagen.writers import pack_files, rows, write_documents


def corpus() -> Path:
    found = find_domains()["ecg"].corpus
    assert found is not None
    return found.folder


@pytest.fixture(scope="module")
def cloze(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cloze") / "pack"
    generate([corpus()], "template/cloze", out, Recipe(name="cloze"), quiet=True)
    return out


def test_the_shipped_corpus_gives_hundreds_of_valid_items(cloze: Path) -> None:
    assert validate_pack(open_pack(cloze)).problems == ()
    record = json.loads((cloze / "datagen.json").read_text())
    assert len(rows(cloze / "train" / "mcq.jsonl")) > 800
    assert len(rows(cloze / "train" / "open.jsonl")) > 800
    for name in ("mcq-selection", "mcq-test", "open-selection", "open-test"):
        assert len(rows(cloze / "data" / f"{name}.jsonl")) > 100
    assert set(record["kinds"]["mcq"]["dropped"]) <= {"duplicate", "duplicate_across_splits", "gives_away_as_a_set"}


def test_the_gap_hides_the_key_and_no_option_is_in_the_sentence(cloze: Path) -> None:
    for row in rows(cloze / "data" / "mcq-test.jsonl"):
        key = row["options"]["ABCD".index(row["key"])]
        assert row["question"].replace("____", key).casefold().count(row["quote"].casefold()) == 1
        assert not [option for option in row["options"] if f" {option.casefold()} " in row["question"].casefold()]
        lengths = [len(option) for option in row["options"]]
        assert max(lengths) - min(lengths) <= 6


def test_pack_and_tasks_say_that_a_template_made_them(cloze: Path) -> None:
    record = json.loads((cloze / "datagen.json").read_text())
    assert "no examination questions" in record["notices"][0]
    for name in ("mcq-selection", "mcq-test", "open-selection", "open-test"):
        made = open_pack(cloze).task_cards[name][1].made
        assert "made by a template and by no model" in made
        assert "no examination questions" in made
    assert "No clinician has reviewed" in open_pack(cloze).task_cards["mcq-test"][1].verified


def test_the_seed_gives_the_same_items_and_another_seed_others(tmp_path: Path) -> None:
    documents = write_documents(tmp_path / "documents", 6)
    packs = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        recipe = Recipe(name="cloze", seed=seed, shares=(0.4, 0.3, 0.3))
        generate([documents], "template/cloze", tmp_path / name, recipe, quiet=True)
        packs.append(pack_files(tmp_path / name))
    assert packs[0] == packs[1]
    assert packs[0]["dropped.jsonl"] + packs[0]["data/mcq-test.jsonl"] != (
        packs[2]["dropped.jsonl"] + packs[2]["data/mcq-test.jsonl"]
    )


def test_it_answers_no_tasks(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="template/cloze writes questions for ecg-bench datagen and answers none"):
        evaluate("template/cloze", "ecg/mcq-general", out=tmp_path / "run", quiet=True)
    with pytest.raises(UserError, match="there is no model template/x"):
        evaluate("template/x", "ecg/mcq-general", out=tmp_path / "run", quiet=True)
