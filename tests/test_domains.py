"""Packs are found wherever they are dropped, and told apart from folders that are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ecg_bench.domains import find_domains, find_tasks, open_pack, slug
from ecg_bench.errors import UserError
from tests.packs import DOMAIN, make_pack, rows, write_jsonl

Pack = Callable[..., Path]


def test_the_shipped_pack_is_found() -> None:
    assert find_domains()["ecg"].card.licence == "CC-BY-4.0"
    names = [task.name for task in find_tasks(["ecg/mcq-*", "ecg/[mo]*"])]
    assert names == ["ecg/mcq-checked", "ecg/mcq-general", "ecg/mcq-special", "ecg/open-complex", "ecg/open-factual"]


def test_a_dropped_folder_is_a_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_pack(tmp_path / "more" / "toy")
    make_pack(tmp_path / "single")
    assert {"ecg", "toy", "single"} == set(find_domains([tmp_path / "more", tmp_path / "single"]))
    monkeypatch.setenv("ECG_BENCH_DOMAINS", str(tmp_path / "more"))
    assert [task.name for task in find_tasks(["toy/*"])] == ["toy/choice", "toy/free"]


def test_an_installed_package_can_bring_a_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "toy_domain_package"
    make_pack(package / "toy")
    (package / "__init__.py").write_text("")
    meta = tmp_path / "toy_domain_package-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-domain-package\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text("[ecg_bench.domains]\ntoy = toy_domain_package\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "toy" in find_domains()


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("ecg/mcq-genral", "did you mean 'ecg/mcq-general'"),
        ("ekg/*", "there is no task 'ekg/\\*'"),
        ("", "there is no task ''"),
    ],
)
def test_unknown_tasks_are_answered_with_the_nearest(pattern: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        find_tasks([pattern])


def test_two_packs_of_one_name_are_refused(tmp_path: Path) -> None:
    make_pack(tmp_path / "a" / "toy")
    make_pack(tmp_path / "b" / "toy")
    with pytest.raises(UserError, match="'toy' is defined in"):
        find_domains([tmp_path / "a", tmp_path / "b"])


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("domain.yaml", "- a list", "domain.yaml:1: must be a YAML mapping"),
        ("domain.yaml", "domain: toy\ntitle: T\nversion: 1\nlicence: x\n", "domain.yaml:3: field 'version'"),
        ("choice.yaml", "- a list", "choice.yaml:1: must be a YAML mapping"),
        ("choice.yaml", "task: choice\n", "the field 'title' is missing"),
    ],
)
def test_broken_cards_are_named_with_file_and_line(pack: Pack, file: str, text: str, said: str) -> None:
    folder = pack()
    (folder / file).write_text(text)
    with pytest.raises(UserError, match=said):
        find_tasks(["toy/*"], [folder])


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ("surprise: 1\n", "unknown field 'surprise'"),
        ("options: 1\n", "field 'options'"),
        ("generation: {max_tokens: 0}\n", "field 'generation.max_tokens'"),
    ],
)
def test_wrong_fields_of_a_task_are_named_with_their_line(pack: Pack, card: str, said: str) -> None:
    folder = pack(card=card)
    line = len((folder / "choice.yaml").read_text().splitlines())
    with pytest.raises(UserError, match=f"choice.yaml:{line}: {said}"):
        find_tasks(["toy/choice"], [folder])


def test_an_unknown_task_type_is_answered_with_the_nearest(pack: Pack) -> None:
    folder = pack()
    path = folder / "choice.yaml"
    path.write_text(path.read_text().replace("multiple_choice", "multiple-choice"))
    with pytest.raises(UserError, match=r"choice.yaml: the task type .* \(did you mean 'multiple_choice'\?\)"):
        find_tasks(["toy/choice"], [folder])


def test_no_pack_where_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no domain\.yaml"):
        open_pack(tmp_path)
    with pytest.raises(UserError, match="holds no domain pack"):
        find_domains([tmp_path])


def test_empty_data_and_duplicate_ids_are_refused(pack: Pack) -> None:
    folder = pack()
    (folder / "choice.jsonl").write_text("\n\n")
    (task,) = find_tasks(["toy/choice"], [folder])
    with pytest.raises(UserError, match=r"choice\.jsonl: holds no sample"):
        _ = task.scan
    data = rows(3)
    write_jsonl(folder / "choice.jsonl", [*data, data[1]])
    (task,) = find_tasks(["toy/choice"], [folder])
    with pytest.raises(UserError, match=r"choice.jsonl:4: the id 'q00001' stands on line 2 already"):
        _ = task.scan


def test_data_of_ones_own_is_read_by_naming_its_columns(pack: Pack) -> None:
    folder = pack(card="fields: {question: Frage, options: [W, X, Y, Z], key: richtig, id: Nr}\n")
    text = (
        (folder / "choice.yaml").read_text().replace("choice.jsonl", "choice.csv").replace("fewshot: shots.jsonl\n", "")
    )
    (folder / "choice.yaml").write_text(text)
    (folder / "choice.csv").write_text("Nr;Frage;W;X;Y;Z;richtig\n1;Was?;a;b;c;d;C\n")
    (task,) = find_tasks(["toy/choice"], [folder])
    (sample,) = task.dataset
    assert (sample.id, sample.question, sample.options, sample.key) == ("1", "Was?", ("a", "b", "c", "d"), 2)
    (folder / "choice.csv").write_text("Nr;Frage;W;X;Y;richtig\n1;Was?;a;b;c;C\n")
    with pytest.raises(UserError, match=r"choice\.csv:2: has no column 'Z', which the task names as its options"):
        _ = find_tasks(["toy/choice"], [folder])[0].scan


def test_documents_are_cut_into_passages_with_stable_names(pack: Pack) -> None:
    corpus = open_pack(pack()).corpus
    assert corpus is not None
    assert len(corpus) == 7
    assert list(corpus.passages)[:2] == ["doc0#section-0", "doc0#section-1"]
    assert slug("ST segment & T wave (V1–V3)") == "st-segment-t-wave-v1-v3"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# No front matter\n", ":1: must begin with front matter"),
        ("---\nid: doc0\n", ":1: must begin with front matter"),
        (
            "---\nid: doc0\ntitle: x\ntopics: [a]\ndate: tomorrow\nsources: [{title: b}]\n---\n## A\nx\n",
            ":5: field 'date'",
        ),
        ("---\nid: doc0\ntitle: x\ntopics: [a]\ndate: 2026-01-01\nsources: []\n---\n## A\nx\n", ":6: field 'sources'"),
        (
            "---\nid: docx\ntitle: x\ntopics: [a]\ndate: 2026-01-01\nsources: [{title: b}]\n---\n## A\nx\n",
            "named after its id",
        ),
        ("---\nid: doc0\ntitle: x\ntopics: [a]\ndate: 2026-01-01\nsources: [{title: b}]\n---\n", "has no section"),
        (
            "---\nid: doc0\ntitle: x\ntopics: [a]\ndate: 2026-01-01\nsources: [{title: b}]\n---\n## A\nx\n## A\ny\n",
            ":10: has two sections headed 'A'",
        ),
    ],
)
def test_broken_documents_are_named_with_file_and_line(pack: Pack, text: str, said: str) -> None:
    folder = pack()
    (folder / "corpus" / "doc0.md").write_text(text)
    with pytest.raises(UserError, match=said):
        _ = open_pack(folder).corpus


def test_a_domain_without_corpus_is_allowed(pack: Pack) -> None:
    assert open_pack(pack(domain=DOMAIN.format(name="toy").replace("corpus: corpus\n", ""))).corpus is None
