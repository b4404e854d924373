"""A recipe says what is done: the study's is shipped, and what is wrong in one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecg_bench.adapters.finetune import FinetuneConfig, describe_fields, parse_fields, read_recipe, shipped_recipes
from ecg_bench.adapters.finetune._config import steps_of
from ecg_bench.errors import UserError

ROOT = Path(__file__).parents[3]


def test_the_default_is_the_recipe_of_the_study() -> None:
    """The numbers of shared facts about arXiv 2510.18339, section (a), typed by hand."""
    recipe = read_recipe()
    lora, training, model = recipe.lora, recipe.training, recipe.model
    assert (lora.r, lora.alpha, lora.dropout, lora.targets, lora.lm_head) == (256, 128, 0.1, "all-linear", True)
    assert (model.quantization, model.double_quantization, model.precision) == ("nf4", False, "bfloat16")
    assert (training.optimizer, training.learning_rate, training.schedule) == ("paged_adamw_32bit", 2e-4, "cosine")
    assert (training.warmup, training.max_grad_norm, training.epochs) == (0.01, 0.3, 2)
    assert (training.batch_size, training.accumulation) == (8, 2)


@pytest.mark.parametrize("name", ["qlora", "qlora.yaml", "lora-small", "lora-small.yaml"])
def test_a_shipped_recipe_is_found_by_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(read_recipe(name), FinetuneConfig)


def test_a_file_of_that_name_comes_before_the_shipped_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "qlora.yaml").write_text("lora: {r: 4}\n")
    assert read_recipe("qlora.yaml").lora.r == 4


def test_every_shipped_recipe_is_one() -> None:
    assert set(shipped_recipes()) == {"qlora.yaml", "lora-small.yaml"}


def test_a_recipe_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"no shipped recipe of that name .*qlora"):
        read_recipe("qlora2")


WRONG = {
    "training: {lr: 1}": (1, "unknown field 'training.lr'"),
    "lora:\n  r: 0": (2, "field 'lora.r'"),
    "lora:\n  r: '16'": (2, "field 'lora.r'"),
    "model:\n  double_quantization: true": (1, "needs model.quantization: nf4"),
    "evaluation:\n  every: 1": (2, "field 'evaluation.every'"),
    "training:\n  learning_rate: .nan": (2, "field 'training.learning_rate'"),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_field_is_named_with_its_line(tmp_path: Path, text: str) -> None:
    line, message = WRONG[text]
    path = tmp_path / "own.yaml"
    path.write_text(text + "\n")
    with pytest.raises(UserError) as caught:
        read_recipe(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert message in str(caught.value)


def test_fields_are_changed_one_by_one() -> None:
    changes = ["lora.r=8", "training.learning_rate=1e-3", "lora.targets=[q_proj, v_proj]", "evaluation.every=20 steps"]
    recipe = read_recipe("lora-small", changes)
    assert (recipe.lora.r, recipe.training.learning_rate, recipe.lora.targets) == (8, 1e-3, ["q_proj", "v_proj"])
    assert recipe.evaluation.every == "20 steps"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("lora.rank=8", "no field 'lora.rank'"),
        ("8", "expected FIELD=VALUE"),
        ("lora.r=many", "lora.r"),
        ("lora.r=[", "is no YAML"),
    ],
)
def test_a_change_that_is_wrong_is_refused(change: str, message: str) -> None:
    with pytest.raises(UserError, match="--set") as caught:
        read_recipe("lora-small", [change])
    assert message in str(caught.value)


def test_several_values_of_a_field_are_told_from_one() -> None:
    fields, fixed = parse_fields(["lora.r=8,16", "training.epochs=1", "lora.targets=[q_proj,v_proj]"])
    assert fields == {"lora.r": [8, 16]}
    assert fixed == ["training.epochs=1", "lora.targets=[q_proj,v_proj]"]


def test_how_often_is_counted_in_steps_or_epochs() -> None:
    assert [steps_of(text, 40) for text in ("0.25 epochs", "1 epoch", "7 steps", "0.001 epochs")] == [10, 40, 7, 1]


def test_every_field_is_documented_and_the_page_shows_it() -> None:
    for name, part in FinetuneConfig.model_fields.items():
        for field, one in part.annotation.model_fields.items():  # type: ignore[union-attr]
            assert one.description, f"{name}.{field}"
    page = (ROOT / "docs" / "finetune.md").read_text(encoding="utf-8")
    assert describe_fields() in page, "run python -m ecg_bench.adapters.finetune"
