"""Retrieval stands before any other model: what is searched for, what is shown, what is kept, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import Run, UserError, evaluate, leaderboard
from ecg_bench.adapters.rag import Index, build_index
from ecg_bench.adapters.rag._query import query_of
from ecg_bench.backends import BACKENDS, open_model
from ecg_bench.samples import GenerationParams, Message, Mode, Request
from tests.adapters.rag.conftest import write_pack
from tests.packs import write_jsonl

TASKS = ("notes/free", "notes/choice")


@pytest.fixture(autouse=True)
def _echo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BACKENDS._targets, "echo", "tests.adapters.rag.echo:Echo")


def run(index: Path, notes: Path, out: Path, tasks: tuple[str, ...] = TASKS, **options: Any) -> Run:
    arguments = {"generator": "echo/it", **options.pop("arguments", {})}
    options = {"model": f"rag/{index}", "include": [notes], "quiet": True, **options}
    return evaluate(tasks=tasks, model_args=arguments, out=out, **options)


def by_id(found: Run) -> dict[str, Mapping[str, Any]]:
    return {one["id"]: one for one in found.samples()}


def asking(question: str, options: tuple[str, ...] = (), order: str = "") -> Request:
    messages = (Message("user", f"{question}\n\nAnswer with A, B, C or D."),)
    return Request("t", "1", 0, 0, Mode.GENERATE, messages, GenerationParams(9, 0.0, 0), question, options, order)


@pytest.mark.parametrize(
    "question",
    [
        "A patient has hypokalemia. A U wave is seen. What follows?",  # the study cut its queries at "A."
        "Which drug (hyperkalemia) is given?",
        "Is it A) or B) that the 1) shows?",
    ],
)
def test_the_query_is_the_whole_question_and_no_instruction(question: str) -> None:
    assert query_of(asking(question)) == question


def test_the_query_has_the_options_in_the_order_of_the_data_however_they_are_shown() -> None:
    assert query_of(asking("Q?", ("three", "one", "two"), "CAB")) == "Q?\none\ntwo\nthree"


def test_excerpts_stand_first_and_the_tasks_instruction_has_the_last_word(
    built: Path, notes: Path, tmp_path: Path
) -> None:
    found = by_id(run(built, notes, tmp_path / "run", arguments={"k": 2}))
    for sample in found.values():
        asked = sample["request"]["messages"][-1]["content"]
        assert sample["output"].endswith(asked)
        assert sample["output"].startswith("Excerpts from reference documents")
        assert all(one["text"] in sample["output"] for one in sample["context"])
    choice = found["c0"]["output"]
    assert choice.endswith("Answer: X\nwhere X is A, B, C or D.")
    assert choice.lower().count("answer") == 1, "the excerpts come with an instruction of their own"


def test_every_sample_says_what_it_was_shown(built: Path, notes: Path, tmp_path: Path) -> None:
    found = by_id(run(built, notes, tmp_path / "run", arguments={"k": 3, "method": "dense"}))
    context = found["f2"]["context"]
    assert [one["rank"] for one in context] == [1, 2, 3]
    assert [one["retrieved"] for one in context] == [1, 2, 3]
    assert context[0]["chunk"] == "flutter#sawtooth@1"
    assert context[0]["passage"] == found["f2"]["group"]
    lines = (notes / "corpus" / "flutter.md").read_text().splitlines()
    assert "\n".join(lines[context[0]["first_line"] - 1 : context[0]["last_line"]]) == context[0]["text"]
    assert context[0]["score"] > context[1]["score"]
    assert "context" not in by_id(evaluate("echo/it", "notes/free", include=[notes], out=tmp_path / "closed"))["f0"]


def test_a_run_names_index_search_template_and_the_generators_own_card(
    built: Path, notes: Path, tmp_path: Path
) -> None:
    found = run(
        built, notes, tmp_path / "run", arguments={"k": 2, "generator.shout": True, "generator.token": "sesame"}
    )
    system = found.header.system
    assert system.identity["index"] == Index(built).card.sha256
    assert system.identity["embedding"] == Index(built).card.embedding.sha256
    assert system.identity["search"] == {"method": "hybrid", "k": 2, "rerank_k": None}
    assert system.identity["unit"] == "characters"
    assert system.identity["context_counted"] == "3.5 characters a token"
    assert len(system.identity["template"]) == 64
    assert system.identity["generator"]["identity"] == {"version": 1}
    assert system.identity["generator"]["arguments"]["shout"] is True
    assert system.arguments["generator"] == "echo/it"
    assert "sesame" not in (found.path / "run.json").read_text()
    assert next(iter(found.samples()))["output"].isupper()
    again = run(built, notes, tmp_path / "again", arguments={"k": 3, "generator.shout": True})
    assert again.header.fingerprint != found.header.fingerprint


def test_real_models_answer_and_score_with_context(built: Path, notes: Path, chat_llama: Path, tmp_path: Path) -> None:
    for mode in ("generate", "loglikelihood"):
        options: dict[str, Any] = {"tasks": ("notes/choice",), "mode": mode, "max_tokens": 4, "cache": False}
        arguments = {"generator": f"hf/{chat_llama}", "generator.device": "cpu", "k": 1}
        opened = by_id(run(built, notes, tmp_path / f"open-{mode}", arguments=arguments, **options))
        closed = by_id(evaluate(f"hf/{chat_llama}", include=[notes], out=tmp_path / mode, quiet=True, **options))
        for name, sample in opened.items():
            assert sample["outcome"] != "error", sample["error"]
            assert sample["context"]
            if mode == "loglikelihood":
                assert sample["loglikelihoods"] != closed[name]["loglikelihoods"]
            else:
                assert sample["usage"]["input_tokens"] > closed[name]["usage"]["input_tokens"]


def test_the_context_is_counted_by_the_generators_tokenizer_and_kept_within_its_budget(
    built: Path, notes: Path, chat_llama: Path, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(chat_llama)
    arguments = {"generator": f"hf/{chat_llama}", "k": 6, "context_tokens": 130}
    options: dict[str, Any] = {"tasks": ("notes/free",), "max_tokens": 1, "cache": False}
    found = run(built, notes, tmp_path / "run", arguments=arguments, **options)
    assert found.header.system.identity["context_counted"] == "by the generator's tokenizer"
    sizes = []
    for sample in found.samples():
        texts = [f"{one['title']}. {one['heading']}.\n{one['text']}" for one in sample["context"]]
        sizes.append(sum(len(tokenizer.encode(text, add_special_tokens=False)) for text in texts))
        assert 1 <= len(texts) < 6
    assert max(sizes) <= 130
    assert max(sizes) > 65, "there was room for another"


def test_where_nothing_is_found_the_model_is_asked_without_context(built: Path, notes: Path, tmp_path: Path) -> None:
    pack = tmp_path / "strange"
    pack.mkdir()
    (pack / "domain.yaml").write_text('domain: strange\ntitle: S\nversion: "1"\nlicence: CC0-1.0\n')
    (pack / "t.yaml").write_text("task: t\ntitle: T\nversion: 1\ntype: open\ndescription: d\ndata: t.jsonl\n")
    (pack / "t.jsonl").write_text(json.dumps({"id": "x", "question": "Xylophone quorum?", "reference": "No."}) + "\n")
    found = run(built, pack, tmp_path / "run", ("strange/t",), arguments={"method": "bm25"})
    (sample,) = found.samples()
    assert sample["context"] == []
    assert sample["output"] == "Xylophone quorum?"
    assert "asked without context" in (found.path / "log.jsonl").read_text()
    assert found.header.system.identity["embedding"] is None


def test_the_oracle_shows_the_passage_that_each_question_stems_from(built: Path, notes: Path, tmp_path: Path) -> None:
    found = run(built, notes, tmp_path / "run", arguments={"oracle": True})
    for sample in found.samples():
        assert {one["passage"] for one in sample["context"]} == {sample["group"]}
    assert found.system.startswith("rag/oracle:")
    other = tmp_path / "corpus"
    other.mkdir()
    (other / "block.md").write_text((notes / "corpus" / "block.md").read_text())
    build_index(other, tmp_path / "index", quiet=True)
    partly = run(tmp_path / "index", notes, tmp_path / "partly", ("notes/free",), arguments={"oracle": True})
    assert "4 of 6 samples of notes/free have no source passage in the index" in " ".join(partly.header.notices)
    assert sum(not one["context"] for one in partly.samples()) == 4


def test_closed_book_open_book_and_oracle_stand_on_one_leaderboard(built: Path, notes: Path, tmp_path: Path) -> None:
    closed = evaluate("echo/it", "notes/choice", include=[notes], out=tmp_path / "closed", quiet=True)
    opened = run(built, notes, tmp_path / "open", ("notes/choice",))
    oracle = run(built, notes, tmp_path / "oracle", ("notes/choice",), arguments={"oracle": True})
    board = leaderboard([one.path for one in (closed, opened, oracle)])
    systems = {layer.metric: {cell.system for cell in layer.cells} for layer in board.layers}
    retrieving = {f"rag/{built}+echo/it", f"rag/oracle:{built}+echo/it"}
    assert systems == {"acc": {"echo/it", *retrieving}, "passage_retrieved": retrieving}


def test_a_reranker_decides_what_is_shown(built: Path, notes: Path, small_reranker: Path, tmp_path: Path) -> None:
    arguments = {"reranker": str(small_reranker), "k": 6, "rerank_k": 2, "method": "dense"}
    found = run(built, notes, tmp_path / "run", ("notes/free",), arguments=arguments)
    contexts = [sample["context"] for sample in found.samples()]
    assert all(len(one) == 2 for one in contexts)
    assert any([one["retrieved"] for one in context] != [1, 2] for context in contexts)
    assert found.header.system.identity["reranker"]


def test_answers_from_the_cache_keep_their_context(built: Path, notes: Path, chat_llama: Path, tmp_path: Path) -> None:
    arguments = {"generator": f"hf/{chat_llama}"}
    options: dict[str, Any] = {"tasks": ("notes/free",), "max_tokens": 2, "arguments": arguments}
    first = by_id(run(built, notes, tmp_path / "first", **options))
    options["arguments"]["generator.batch_size"] = "2"  # which can't change an answer
    again = by_id(run(built, notes, tmp_path / "again", **options))
    assert all(one["cached"] for one in again.values())
    assert {name: one["context"] for name, one in first.items()} == {n: one["context"] for n, one in again.items()}


def test_a_yaml_file_is_the_same_system_as_its_arguments(built: Path, notes: Path, tmp_path: Path) -> None:
    import os

    card = tmp_path / "system.yaml"
    relative = os.path.relpath(built, tmp_path)
    card.write_text(f"index: {relative}\ngenerator: echo/it\ngenerator_args: {{shout: true}}\nmethod: bm25\nk: 2\n")
    written = evaluate(f"rag/{card}", TASKS, include=[notes], out=tmp_path / "a", quiet=True)
    given = run(built, notes, tmp_path / "b", arguments={"method": "bm25", "k": 2, "generator.shout": True})
    assert written.header.system.identity == given.header.system.identity
    assert [one["output"] for one in written.samples()] == [one["output"] for one in given.samples()]
    more = evaluate(f"rag/{card}", TASKS, model_args={"k": 1}, include=[notes], out=tmp_path / "c", quiet=True)
    assert all(len(one["context"]) == 1 for one in more.samples())
    card.write_text(card.read_text() + "name: my RAG\n")
    assert open_model(f"rag/{card}").system == "my RAG"
    card.write_text("index: .\ngenerater: echo/it\n")
    with pytest.raises(UserError, match=r"system.yaml:2: unknown field 'generater'"):
        open_model(f"rag/{card}")


def test_documents_are_no_templates_and_a_template_of_ones_own_ends_with_the_prompt(
    notes: Path, tmp_path: Path
) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "evil.md").write_text("## Wave\n\nThe wave {{ prompt }} {% for x in y %} U grows T. ")
    build_index(tmp_path / "corpus", tmp_path / "index", quiet=True)
    (sample, *_) = run(tmp_path / "index", notes, tmp_path / "run", ("notes/free",)).samples()
    assert "{{ prompt }} {% for x in y %}" in sample["output"]
    template = tmp_path / "mine.j2"
    template.write_text("{{ prompt }}\n{% for one in excerpts %}{{ one.text }}{% endfor %}")
    with pytest.raises(UserError, match=r"must end with \{\{ prompt \}\}"):
        run(tmp_path / "index", notes, tmp_path / "wrong", ("notes/free",), arguments={"template": str(template)})
    template.write_text("{% for one in excerpts %}{{ one.secret.__class__ }}{% endfor %}{{ prompt }}")
    with pytest.raises(UserError, match="Python's own"):
        run(tmp_path / "index", notes, tmp_path / "evil", ("notes/free",), arguments={"template": str(template)})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "needs a model that answers: name it with --generator"),
        ({"generator": "echo/it", "kk": 3}, r"has no argument 'kk' \(did you mean 'k'"),
        ({"generator": "echo/it", "rerank_k": 3}, "name one with --model-arg reranker"),
        ({"generator": "echo/it", "generator.loud": "yes"}, "--model echo/it has no argument 'loud'"),
        ({"generator": "rag/other"}, "searches too: name the model that answers"),
        ({"generator": "nobody/it"}, "there is no model provider named 'nobody'"),
        ({"generator": "echo/it", "method": "magic"}, "method='magic' is wrong"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_loaded(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        open_model("rag/somewhere", arguments)


def test_a_generator_says_what_it_can_be_asked(built: Path, notes: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't be asked for loglikelihood"):
        run(built, notes, tmp_path / "run", mode="loglikelihood")
    assert not (tmp_path / "run").exists()


def test_a_run_says_of_how_many_answers_the_source_passage_was_there(built: Path, notes: Path, tmp_path: Path) -> None:
    found = run(built, notes, tmp_path / "run", arguments={"k": 1, "method": "bm25"})
    for task in TASKS:
        rows = [one for one in found.samples() if one["task"] == task]
        there = [any(c["passage"] == one["group"] for c in one["context"]) for one in rows]
        assert [one["scores"]["passage_retrieved"] for one in rows] == [float(one) for one in there]
        estimate = found.results.tasks[task].metrics["passage_retrieved"]
        assert estimate.value == pytest.approx(sum(there) / len(there))
        assert estimate.n == len(rows)
    oracle = run(built, notes, tmp_path / "oracle", arguments={"oracle": True})
    assert oracle.results.tasks["notes/free"].metrics["passage_retrieved"].value == 1
    closed = evaluate("echo/it", "notes/free", include=[notes], out=tmp_path / "closed", quiet=True)
    assert "passage_retrieved" not in closed.results.tasks["notes/free"].metrics


def test_samples_without_a_source_are_left_out_of_retrieval(built: Path, tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "notes")
    rows = [json.loads(line) for line in (pack / "free.jsonl").read_text().splitlines()]
    del rows[0]["group"]
    write_jsonl(pack / "free.jsonl", rows)
    found = run(built, pack, tmp_path / "run", ("notes/free",), arguments={"oracle": True})
    estimate = found.results.tasks["notes/free"].metrics["passage_retrieved"]
    assert (estimate.value, estimate.n) == (1, len(rows) - 1)


def test_retrieval_is_a_layer_of_its_own_on_the_leaderboard(built: Path, notes: Path, tmp_path: Path) -> None:
    runs = [
        run(built, notes, tmp_path / "one", arguments={"k": 1, "method": "bm25"}, system="one excerpt"),
        run(built, notes, tmp_path / "three", arguments={"k": 3, "method": "bm25"}, system="three excerpts"),
        evaluate("echo/it", TASKS, include=[notes], out=tmp_path / "closed", system="closed book", quiet=True),
    ]
    board = leaderboard(runs, rank_all=True, median_ranks=True)
    layer = next(one for one in board.layers if one.id == "notes/choice:passage_retrieved")
    assert (layer.kind, layer.main) == ("retrieval", True)
    assert {cell.system for cell in layer.cells} == {"one excerpt", "three excerpts"}
    assert [{one.first, one.second} for one in layer.differences] == [{"one excerpt", "three excerpts"}]
    assert board.consensus is not None
    assert "retrieval" not in board.consensus.groups
    assert board.heterogeneity is None, "retrieval was compared with what the answers are worth"
