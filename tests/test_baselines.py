"""What the baselines reach on the shipped sets, and that they are repeatable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ecg_bench import UserError, evaluate

Pack = Callable[..., Path]
SETS = ("ecg/mcq-general", "ecg/mcq-special", "ecg/mcq-checked")


@pytest.fixture(scope="module")
def accuracies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, tuple[float, float, float]]]:
    found: dict[str, dict[str, tuple[float, float, float]]] = {}
    for name in ("random", "first", "longest", "bm25"):
        run = evaluate(f"baseline/{name}", SETS, out=tmp_path_factory.mktemp("runs") / name, quiet=True)
        accs = {task: result.metrics["acc"] for task, result in run.results.tasks.items()}
        found[name] = {task: (acc.value, acc.low, acc.high) for task, acc in accs.items()}
    return found


@pytest.mark.parametrize("task", SETS)
def test_the_sets_are_neither_guessable_nor_a_matter_of_words(
    task: str, accuracies: dict[str, dict[str, tuple[float, float, float]]]
) -> None:
    _, low, high = accuracies["random"][task]
    assert low < 0.25 < high
    assert accuracies["longest"][task][0] < 0.35
    _, low, high = accuracies["first"][task]
    assert low < 0.25 < high  # keys are shown at every place as often
    value, low, high = accuracies["bm25"][task]
    assert low > 0.25
    assert low > accuracies["longest"][task][0]
    assert value < 0.85


def test_the_readme_prints_what_the_baselines_reach(
    accuracies: dict[str, dict[str, tuple[float, float, float]]],
) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    for task in SETS:
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{task}`"))
        for name in ("random", "first", "longest", "bm25"):
            value, low, high = accuracies[name][task]
            assert f"{value:.1%} ({low:.1%} to {high:.1%})" in row, "run make pictures"


def test_random_follows_the_seed_and_draws_each_letter_as_often(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=2000)
    runs = [
        evaluate("baseline/random", "toy/choice", include=[folder], out=tmp_path / str(n), seed=seed, quiet=True)
        for n, seed in enumerate((0, 0, 1))
    ]
    outputs = [[one["output"] for one in run.samples()] for run in runs]
    assert outputs[0] == outputs[1] != outputs[2]
    assert all(430 < outputs[0].count(letter) < 570 for letter in "ABCD")
    acc = runs[0].results.tasks["toy/choice"].metrics["acc"]
    assert acc.low < 0.25 < acc.high


def test_bm25_finds_what_the_corpus_says(pack: Pack, tmp_path: Path) -> None:
    run = evaluate("baseline/bm25", "toy/*", include=[pack(n=60)], out=tmp_path / "run", quiet=True)
    assert run.results.tasks["toy/choice"].metrics["acc"].value > 0.6
    assert all(len(one["output"].split()) > 2 for one in run.samples() if one["task"] == "toy/free")


def test_an_open_answer_consists_of_sentences_of_one_passage(corpus_texts: list[str], tmp_path: Path) -> None:
    run = evaluate("baseline/bm25", "ecg/open-factual", out=tmp_path / "run", limit=20, quiet=True)
    for one in run.samples():
        start = one["output"].split(". ")[0][:40]
        assert any(start in text for text in corpus_texts)


def test_what_a_baseline_cannot_do_is_said(pack: Pack) -> None:
    folder = pack()
    with pytest.raises(UserError, match="answers multiple choice only, but toy/free is open: use baseline/bm25"):
        evaluate("baseline/random", "toy/free", include=[folder], quiet=True)
    (folder / "domain.yaml").write_text((folder / "domain.yaml").read_text().replace("corpus: corpus\n", ""))
    with pytest.raises(UserError, match="searches a corpus, and toy/choice has none"):
        evaluate("baseline/bm25", "toy/choice", include=[folder], quiet=True)
    with pytest.raises(UserError, match=r"no model baseline/bm52 \(did you mean 'bm25'\?\)"):
        evaluate("baseline/bm52", quiet=True)


def test_bm25_says_which_passage_each_answer_rests_on(tmp_path: Path) -> None:
    run = evaluate("baseline/bm25", ("ecg/mcq-special", "ecg/open-factual"), out=tmp_path / "run", limit=40, quiet=True)
    corpus = Path(__file__).parent.parent / "tasks" / "ecg" / "corpus"
    for sample in run.samples():
        (one,) = sample["context"]
        lines = (corpus / f"{one['document']}.md").read_text().splitlines()[one["first_line"] - 1 : one["last_line"]]
        assert lines[0] == f"## {one['heading']}"
        assert "\n".join(lines[1:]).strip() == one["text"]
        assert sample["scores"]["passage_retrieved"] == (one["passage"] == sample["group"])
        if sample["task"] == "ecg/open-factual":
            assert all(part in one["text"] for part in sample["output"].split(". ")[:1])
    found = run.results.tasks["ecg/open-factual"].metrics["passage_retrieved"]
    assert found.low < found.value < found.high
    assert found.n == 40
