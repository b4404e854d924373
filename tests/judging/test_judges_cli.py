"""``ecg-bench judges``: lists, shows and checks judges, in words and in JSON."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from ecg_bench.judging import load_judge
from tests.judging.replies import NAMES
from tests.test_cli import data, refusal, run

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "brevity.yaml"


def test_list_names_the_shipped_judges(tmp_path: Path) -> None:
    printed = run("judges", "list", cwd=tmp_path).stdout
    listed = data("judges", "list", cwd=tmp_path)["judges"]
    assert tuple(judge["name"] for judge in listed) == NAMES
    for judge in listed:
        assert judge["name"] in printed
        assert judge["signature"] == load_judge(judge["name"]).signature
        jsonschema.Draft202012Validator.check_schema(judge["schema"])


@pytest.mark.parametrize("name", ["ecg-correctness", "ecg-listwise", str(EXAMPLE)])
def test_show_prints_rubric_and_prompt_in_full(tmp_path: Path, name: str) -> None:
    judge = load_judge(name)
    printed = " ".join(run("judges", "show", name, cwd=tmp_path).stdout.split())
    for criterion in judge.card.rubric:
        for part in (criterion.name, *(level.name for level in criterion.levels)):
            assert part in printed
    for message in judge.example().messages:
        assert " ".join(message.content.split()) in printed
    assert " ".join(judge.card.verified.split()) in printed
    shown = data("judges", "show", name, cwd=tmp_path)
    assert [message["content"] for message in shown["prompt"]] == [one.content for one in judge.example().messages]
    assert shown["card"]["judge"] == judge.name


def test_validate_says_what_is_wrong_with_file_and_line(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    assert "nothing is wrong" in run("judges", "validate", "mine.yaml", cwd=tmp_path).stdout
    assert data("judges", "validate", "mine.yaml", cwd=tmp_path)["name"] == "brevity"
    (tmp_path / "mine.yaml").write_text(text.replace("value: 0.5", "value: 5"), encoding="utf-8")
    said = refusal("judges", "validate", "mine.yaml", cwd=tmp_path)
    assert said.startswith("ecg-bench: mine.yaml:17: field 'rubric.0.levels.1.value'")
    assert "no such file" in refusal("judges", "validate", "none.yaml", cwd=tmp_path)
    assert "did you mean 'safety'" in refusal("judges", "show", "safty", cwd=tmp_path)


def test_help_teaches_with_examples(tmp_path: Path) -> None:
    for form in ("judges", "judges list", "judges show", "judges validate"):
        done = run(*form.split(), "--help", cwd=tmp_path)
        assert done.returncode == 0
        assert "Example" in done.stdout
