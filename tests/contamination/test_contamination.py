"""What a system had seen is found, and nothing else; its scores there and elsewhere are those of its samples."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecg_bench import Run, UserError, evaluate
from ecg_bench.contamination import (
    Question,
    TaskQuestions,
    contamination,
    parse_seen,
    questions_of,
    seen_by,
)
from ecg_bench.contamination._documents import _without_tags
from ecg_bench.domains import find_domains, find_tasks
from ecg_bench.statistics import wilson
from tests.packs import make_pack, rows

SHIPPED = {task.name: task for task in find_tasks(["ecg/mcq-general", "ecg/open-factual"])}


def shipped(task: str) -> TaskQuestions:
    corpus = find_domains()["ecg"].corpus
    assert corpus is not None
    passages = {name: one.text for name, one in corpus.passages.items()}
    samples = SHIPPED[task].dataset
    return TaskQuestions(
        task,
        tuple(
            Question(one.index, one.question, one.reference or one.options[one.key or 0], one.group) for one in samples
        ),
        passages,
    )


def task_of(*questions: str, answer: str = "") -> TaskQuestions:
    return TaskQuestions("t", tuple(Question(n, text, answer) for n, text in enumerate(questions)), {})


def overlapping(questions: Sequence[str], text: str, folder: Path, **options: int) -> list[bool]:
    path = folder / "given.txt"
    path.write_text(text, encoding="utf-8")
    found: list[bool] = seen_by([path], [task_of(*questions)], **options).tasks["t"].overlapping.tolist()
    return found


WORDS = [f"{a}{b}" for a in "bdfgklmnprst" for b in ("ala", "eno", "iru", "osi", "umo")]
EIGHT = "Alpha bravo charlie delta echo foxtrot golf hotel"


def test_questions_in_a_finetuning_file_are_found_and_no_others(tmp_path: Path) -> None:
    task = shipped("ecg/mcq-general")
    planted = random.Random(0).sample(task.questions, 60)
    file = tmp_path / "chat.jsonl"
    with file.open("w") as out:
        for one in planted:
            turns = [
                {"role": "user", "content": f"Please answer.\n{one.question}"},
                {"role": "assistant", "content": "X"},
            ]
            out.write(json.dumps({"messages": turns}) + "\n")
    seen = seen_by([file], [task])
    found = seen.tasks[task.task]
    assert seen.documents == 60
    assert {one.index for one in planted} <= set(found.index[found.overlapping].tolist())
    # Questions by the same authors share a phrase now and then: that is what a single n-gram costs.
    assert found.overlapping.sum() - 60 <= 0.02 * len(found.index)
    assert not found.undecided.any()


def test_questions_in_other_words_are_not_found(tmp_path: Path) -> None:
    task = shipped("ecg/mcq-general")
    found = seen_by([_shuffled(task, tmp_path)], [task]).tasks[task.task]
    assert found.overlapping.sum() == 0


def _shuffled(task: TaskQuestions, folder: Path) -> Path:
    """Write each question with its words in another order."""
    rng = random.Random(1)
    path = folder / "other.txt"
    lines = []
    for one in task.questions:
        words = one.question.split()
        rng.shuffle(words)
        lines.append(" ".join(words))
    path.write_text("\n\n".join(lines))
    return path


def test_the_corpus_of_a_pack_holds_every_passage() -> None:
    for name in SHIPPED:
        task = shipped(name)
        found = seen_by(["ecg"], [task]).tasks[name]
        assert found.passage is not None
        assert found.passage.all()
        assert found.seen.all()


def test_a_passage_counts_from_half_of_it_on(tmp_path: Path) -> None:
    words = [f"word{n}" for n in range(107)]  # 100 n-grams
    task = TaskQuestions("t", (Question(0, "q", "a", "doc#one"),), {"doc#one": " ".join(words)})
    for n, expected in ((56, False), (57, True)):
        (tmp_path / "given.txt").write_text(" ".join(words[:n]))
        found = seen_by([tmp_path / "given.txt"], [task]).tasks["t"]
        assert found.passage is not None
        assert found.passage.tolist() == [expected]


def test_where_no_passage_is_known_nothing_is_said_of_passages(tmp_path: Path) -> None:
    (tmp_path / "given.txt").write_text("x")
    assert seen_by([tmp_path], [task_of(EIGHT)]).tasks["t"].passage is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (EIGHT, True),
        (EIGHT.upper(), True),
        ("alpha, bravo - (charlie)\n**delta** echo; foxtrot / golf... hotel!", True),
        ("before alpha bravo charlie delta echo foxtrot golf hotel after", True),
        ("alpha bravo charlie delta echo foxtrot golf", False),  # seven of eight
        ("alpha bravo charlie delta x echo foxtrot golf hotel", False),
        ("hotel golf foxtrot echo delta charlie bravo alpha", False),
        ("alpha bravo char\u00adlie delta echo fox\u200btrot golf hotel", True),
    ],
)
def test_eight_words_in_a_row_are_found_whatever_stands_between_them(tmp_path: Path, text: str, expected: bool) -> None:
    assert overlapping([EIGHT], text, tmp_path) == [expected]


def test_one_text_is_found_in_every_unicode_form(tmp_path: Path) -> None:
    text = "Größe der ﬁnalen Ströme über das Épicard très élevée ½"
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert overlapping([text], unicodedata.normalize(form, text), tmp_path) == [True]
        assert overlapping([unicodedata.normalize(form, text)], text.upper(), tmp_path) == [True]


@given(st.lists(st.sampled_from(WORDS), min_size=8, max_size=40), st.integers(0, 2**32), st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_what_is_found_is_what_a_search_of_the_text_finds(
    tmp_path: Path, question: list[str], seed: int, data: st.DataObject
) -> None:
    rng = random.Random(seed)
    start, length = data.draw(st.integers(0, len(question))), data.draw(st.integers(0, 12))
    text = rng.choices(WORDS, k=30) + question[start : start + length] + rng.choices(WORDS, k=30)
    grams = [" ".join(question[n : n + 8]) for n in range(len(question) - 7)]
    expected = any(f" {gram} " in f" {' '.join(text)} " for gram in grams)
    assert overlapping([" ".join(question)], " ".join(text), tmp_path) == [expected]


def test_n_grams_are_found_across_the_pieces_in_which_a_long_text_is_read(tmp_path: Path) -> None:
    rng = random.Random(2)
    text = [rng.choice(WORDS) + str(n) for n in range(600_000)]
    at = [250_000 + n for n in range(0, 20_000, 5)]
    found = overlapping([" ".join(text[n : n + 8]) for n in at], "\n".join(text), tmp_path)
    assert all(found)


def test_two_texts_that_follow_one_another_make_no_n_gram_together(tmp_path: Path) -> None:
    first, second = EIGHT.split()[:4], EIGHT.split()[4:]
    rows = [{"a": " ".join(first), "b": " ".join(second)}, {"a": " ".join(first)}, {"b": " ".join(second)}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "b.txt").write_text(" ".join(first))
    (tmp_path / "c.txt").write_text(" ".join(second))
    seen = seen_by([tmp_path], [task_of(EIGHT)])
    assert seen.documents == 5
    assert not seen.tasks["t"].overlapping.any()


def test_short_questions_are_looked_for_whole_and_the_shortest_not_at_all(tmp_path: Path) -> None:
    questions = ["What is a delta wave?", "What is P?", "Why?"]
    task = TaskQuestions("t", tuple(Question(n, text, "A short word") for n, text in enumerate(questions)), {})
    (tmp_path / "given.txt").write_text("They asked: what is a delta wave? And what is P? Why? A short word.")
    found = seen_by([tmp_path], [task]).tasks["t"]
    assert found.overlapping.tolist() == [True, False, False]
    assert found.undecided.tolist() == [False, True, True]


def test_the_answer_belongs_to_the_question(tmp_path: Path) -> None:
    (tmp_path / "given.txt").write_text(f"It is known that {EIGHT.lower()}.")
    found = seen_by([tmp_path], [task_of("What is so in general here?", answer=EIGHT)]).tasks["t"]
    assert found.overlapping.tolist() == [True]


def test_phrases_of_many_questions_count_for_none_of_them(tmp_path: Path) -> None:
    phrase = "Which of the following is the most likely diagnosis"
    alike = [f"{phrase} in case {n}?" for n in range(4)]
    own = "A farmer of fifty years has had a wound on his hand since Monday"
    found = overlapping([*alike, f"{own}. {phrase}?"], f"{phrase}? Nobody knows.", tmp_path)
    assert found == [False] * 5
    assert overlapping([*alike[:2], f"{own}. {phrase}?"], f"{phrase}? Nobody knows.", tmp_path) == [True] * 3
    assert overlapping([*alike, f"{own}. {phrase}?"], own, tmp_path) == [False] * 4 + [True]
    (tmp_path / "given.txt").write_text(phrase)
    assert seen_by([tmp_path / "given.txt"], [task_of(*[phrase] * 4)]).tasks["t"].undecided.all()


texts = st.lists(st.lists(st.sampled_from(WORDS[:6]), max_size=30).map(" ".join), min_size=1, max_size=5)


@given(texts, texts, texts)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_more_documents_never_lower_what_was_seen(
    tmp_path: Path, questions: list[str], some: list[str], more: list[str]
) -> None:
    passages = {f"p{n}": text for n, text in enumerate(questions)}
    task = TaskQuestions("t", tuple(Question(n, text, "", f"p{n}") for n, text in enumerate(questions)), passages)
    paths = []
    for n, text in enumerate(some + more):
        paths.append(tmp_path / f"{n}.txt")
        paths[-1].write_text(text)
    few = seen_by(paths[: len(some)], [task]).tasks["t"]
    many = seen_by(paths, [task]).tasks["t"]
    assert (few.overlapping <= many.overlapping).all()
    assert (few.seen <= many.seen).all()
    assert (few.undecided == many.undecided).all()


def test_every_kind_of_file_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    html = "<p>Alpha <b>bravo</b> charlie<br>delta echo &amp; foxtrot golf hotel</p>"
    files = {
        "a.md": EIGHT,
        "b.TXT": EIGHT,
        "c.jsonl": json.dumps({"x": [{"y": EIGHT}, 3, None]}),
        "d.json": json.dumps([{"x": EIGHT}, {"x": "no"}]),
        "e.csv": f"nr;text\n1;{EIGHT}\n",
        "f.tsv": f"nr\ttext\n1\t{EIGHT}\n",
        "deep/er/g.html": html,
        "h.htm": html,
    }
    for name, text in files.items():
        path = tmp_path / "given" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        assert seen_by([path], [task_of(EIGHT)]).tasks["t"].overlapping.tolist() == [True], name
    for name in ("x.pdf", "y.pdf", "z", ".hidden.pdf"):
        (tmp_path / "given" / name).write_text("?")
    seen = seen_by([tmp_path / "given", str(tmp_path / "given" / "a.md")], [task_of(EIGHT)])
    assert seen.documents == 9
    assert seen.notices == (f"{tmp_path / 'given'}: 3 files were not read, as they are .pdf, without a suffix",)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("QRS < 120 ms and PR >200", "QRS < 120 ms and PR >200"),
        ("<script>var a = 'x';</script>b<style>p {}</style>c", "b c"),
        ("<SCRIPT src=x>a<b>c</script >d", "d"),
        ("<!-- no --><?xml no?>a", "a"),
        ("<p", ""),
        ("<script>never closed", ""),
        ("a<>b", "a<>b"),
        ("&lt;b&gt;", "<b>"),
    ],
)
def test_tags_are_no_text(page: str, text: str) -> None:
    assert _without_tags(page).split() == text.replace("a<>b", "a <>b").split()


def test_a_hostile_page_takes_no_longer_than_another() -> None:
    assert _without_tags("<script>" * 200_000).strip() == ""
    assert _without_tags("<" * 200_000).count("<") == 200_000


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: folder / "gone", "gone: there is no such file or folder, and no such domain"),
        (lambda folder: folder, ": holds no document: no file in it ends in one of .md, .txt"),
        (lambda folder: _write(folder / "x.pdf", b"%PDF"), "x.pdf: must end in one of .md, .txt"),
        (lambda folder: _write(folder / "x.txt", b"caf\xe9"), "x.txt: is not UTF-8 text"),
        (lambda folder: _write(folder / "x.jsonl", b'{"a": 1}\n{"a"'), "x.jsonl:2: is not valid JSON"),
        (lambda folder: _write(folder / "x.json", b"[1,\n2"), "x.json:2: is not valid JSON"),
        (lambda folder: _write(folder / "x.json", b"[" * 100_000), "x.json: is nested too deeply"),
        (lambda folder: _write(folder / "x.csv", b"a,b\n1\n"), "x.csv:2: has 1 cells where the header has 2"),
    ],
)
def test_documents_that_can_not_be_read_are_named(tmp_path: Path, make: Callable[[Path], Path], said: str) -> None:
    with pytest.raises(UserError) as error:
        seen_by([make(tmp_path)], [task_of(EIGHT)])
    assert str(tmp_path) in str(error.value)
    assert said in str(error.value)


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_n_grams_of_few_words_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shared by chance: n is 4"):
        seen_by([tmp_path], [task_of(EIGHT)], n=4)


def test_a_domain_without_a_corpus_is_said(tmp_path: Path) -> None:
    pack = make_pack(tmp_path / "toy", domain='domain: toy\ntitle: x\nversion: "1"\nlicence: CC0-1.0\n')
    with pytest.raises(UserError, match="the domain 'toy' has no corpus"):
        seen_by(["toy"], [task_of(EIGHT)], include=[pack])


def test_seen_options_are_parsed() -> None:
    assert parse_seen(["a=x", "b/c=d=e", " a = y ", "a=x"]) == {"a": ["x", "y"], "b/c": ["d=e"]}
    assert parse_seen([]) == {}
    for wrong in ("a", "=x", "a=", "", " = "):
        with pytest.raises(UserError, match=f"--seen '{wrong}': expected SYSTEM=PATH"):
            parse_seen([wrong])


# --- runs ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    data = rows(40)
    for n, row in enumerate(data):
        row["question"] = f"{' '.join(random.Random(n).sample(WORDS, 12))} number {n}?"
        row["group"] = f"doc{n % 5}#section-0"  # which holds eight questions with their answers
    return make_pack(tmp_path / "toy", data=data, n_open=6)


def run_of(pack: Path, out: Path, **options: object) -> Run:
    return evaluate("baseline/random", "toy/choice", include=[pack], out=out, quiet=True, **options)  # type: ignore[arg-type]


def given_half(pack: Path) -> Path:
    """Write every other question of a pack's task to a file."""
    path = pack.parent / "given.jsonl"
    lines = (pack / "choice.jsonl").read_text().splitlines()
    path.write_text("\n".join(json.dumps({"text": json.loads(line)["question"]}) for line in lines[::2]))
    return path


def test_the_metric_on_seen_and_on_unseen_samples_is_that_of_their_rows(pack: Path, tmp_path: Path) -> None:
    run = run_of(pack, tmp_path / "run")
    found = contamination(run, [given_half(pack)], include=[pack])
    (record,) = found.records
    assert (record.system, record.task, record.documents) == ("baseline/random", "toy/choice", 20)
    assert (record.samples, record.overlapping, record.undecided, record.n) == (40, 20, 0, 8)
    assert record.passages_seen == 0  # the questions are given, not the passages
    right = run.scores["toy/choice"].scores["acc"]
    mask = found.mask("toy/choice", run.scores["toy/choice"])
    assert mask.tolist() == [True, False] * 20
    for part, estimate in ((mask, record.seen), (~mask, record.unseen)):
        assert estimate is not None
        assert (estimate.value, estimate.n, estimate.method) == (right[part].mean(), 20, "wilson")
        assert (estimate.low, estimate.high) == wilson(right[part].sum(), 20)
        assert "task:toy/choice|data:" in estimate.signature


def test_where_everything_was_seen_there_is_no_other_part(pack: Path, tmp_path: Path) -> None:
    (record,) = contamination(run_of(pack, tmp_path / "run"), ["toy"], include=[pack]).records
    assert record.passages_seen == record.samples == 40
    assert record.unseen is None


def test_a_run_under_a_limit_is_asked_about_what_it_asked(pack: Path, tmp_path: Path) -> None:
    run = run_of(pack, tmp_path / "run", limit=10)
    (record,) = contamination(run, [given_half(pack)], include=[pack]).records
    assert record.samples == 10
    assert record.overlapping == sum(one["index"] % 2 == 0 for one in run.samples())


def test_without_the_pack_questions_are_read_from_the_samples(pack: Path, tmp_path: Path) -> None:
    run = run_of(pack, tmp_path / "run", permutations=2)
    with_pack = questions_of(run, [pack])[0]
    without = questions_of(run)[0]
    assert [(one.index, one.answer, one.group) for one in without.questions] == [
        (one.index, one.answer, one.group) for one in with_pack.questions
    ]
    for one, other in zip(without.questions, with_pack.questions, strict=True):
        assert one.question.split() == other.question.split()  # neither instructions nor options
    given = given_half(pack)
    (record,) = contamination(run, [given]).records
    assert (record.overlapping, record.passages_seen) == (20, None)


def test_changed_data_of_a_pack_are_not_taken_for_those_of_the_run(pack: Path, tmp_path: Path) -> None:
    run = run_of(pack, tmp_path / "run")
    given = given_half(pack)
    data = [json.loads(line) for line in (pack / "choice.jsonl").read_text().splitlines()]
    data = [row | {"question": f"Something else, number {n}?"} for n, row in enumerate(data)]
    (pack / "choice.jsonl").write_text("".join(json.dumps(row) + "\n" for row in data))
    (record,) = contamination(run, [given], include=[pack]).records
    assert record.overlapping == 20


def test_several_runs_of_a_system_count_each_sample_once_with_its_mean(pack: Path, tmp_path: Path) -> None:
    runs = [run_of(pack, tmp_path / f"run{seed}", seed=seed) for seed in (1, 2, 3)]
    found = contamination(runs, [given_half(pack)], include=[pack])
    (record,) = found.records
    mean = np.mean([run.scores["toy/choice"].scores["acc"] for run in runs], axis=0)
    assert record.seen is not None
    assert record.seen.value == pytest.approx(mean[::2].mean())
    assert record.seen.n == 20
    assert record.seen.method == "t over clusters in Wilson's form"


def test_runs_that_do_not_belong_together_are_refused(pack: Path, tmp_path: Path) -> None:
    run = run_of(pack, tmp_path / "run")
    given = given_half(pack)
    other = evaluate("baseline/longest", "toy/choice", include=[pack], out=tmp_path / "other", quiet=True)
    with pytest.raises(UserError, match="these runs are of baseline/longest, baseline/random"):
        contamination([run, other], [given], include=[pack])
    (pack / "choice.jsonl").write_text("".join((pack / "choice.jsonl").read_text().splitlines(keepends=True)[:30]))
    again = run_of(pack, tmp_path / "again")
    with pytest.raises(UserError, match="again: asked other data as toy/choice than the other runs of baseline/random"):
        contamination([run, again], [given], include=[pack])
