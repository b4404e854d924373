"""What can be chosen about a finetuning: the fields of a recipe, their ranges and what they mean."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

EVERY = r"^\d+(\.\d+)? (epochs?|steps?)$"


class Part(BaseModel):
    """A section of a recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ModelConfig(Part):
    """How the base model is held in memory."""

    quantization: Literal["none", "nf4", "int8"] = Field(
        "none", description="How the base's linear layers are stored: as they are, in 4 bits (NF4) or in 8 bits."
    )
    double_quantization: bool = Field(
        False,
        description="With nf4: store the scales of the 4-bit blocks in 8 bits too, which saves 0.4 bits a weight.",
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "bfloat16",
        description="What is computed in, and what the layers that aren't quantised are stored in. The adapter's own "
        "weights are float32 in either case, since small updates are lost in bfloat16.",
    )
    attention: Literal["sdpa", "eager", "flash_attention_2"] = Field(
        "sdpa", description="The attention kernel of transformers; flash_attention_2 needs its package and a GPU."
    )


class LoraConfig(Part):
    """The adapter."""

    r: int = Field(16, ge=1, le=4096, description="Rank of the matrices that are added to each layer.")
    alpha: float = Field(
        32, gt=0, strict=False, description="Scale: what the matrices give is multiplied by alpha / r."
    )
    dropout: float = Field(
        0.0, ge=0, lt=1, strict=False, description="Share of a layer's inputs to the adapter dropped."
    )
    targets: Literal["all-linear"] | list[str] = Field(
        "all-linear",
        description="The layers that get matrices: all linear layers of the blocks, or a list of their names "
        "(such as q_proj).",
    )
    lm_head: bool = Field(
        False,
        description="Whether the output layer gets matrices too. vLLM then gives no log-likelihoods under the adapter.",
    )
    rslora: bool = Field(False, description="Scale by alpha / sqrt(r), so that high ranks learn at the same pace.")


class DataConfig(Part):
    """How rows become tokens."""

    max_length: int = Field(2048, ge=16, description="The most tokens of a conversation.")
    too_long: Literal["drop", "truncate"] = Field(
        "drop",
        description="What becomes of a longer one. drop: it is left out. truncate: its end is cut off, and it is left "
        "out if no token of an answer is left; the model then never sees that answer end. Both are counted.",
    )
    chat_template: str = Field(
        "auto",
        description="auto: the tokenizer's own. Else a file with a Jinja template, to be "
        "given to the evaluation as well.",
    )
    chat_template_args: dict[str, bool | int | float | str] = Field(
        default_factory=dict,
        description="What the template is given beside the messages, such as {enable_thinking: false}.",
    )
    group_by_length: bool = Field(
        True,
        description="Put conversations of like length into one batch, which saves padding; in a new random order "
        "each epoch.",
    )


class TrainingConfig(Part):
    """The optimisation."""

    epochs: float = Field(2, gt=0, le=10_000, strict=False, description="How often each conversation is seen.")
    max_steps: int | None = Field(None, ge=1, description="End after so many optimiser steps, whatever the epochs.")
    batch_size: int = Field(8, ge=1, description="Conversations that go through the model together, on each device.")
    accumulation: int = Field(
        1,
        ge=1,
        description="Batches whose gradients are added up before a step. The loss is the mean over all their "
        "answer tokens, so that 8 x 2 is the same as 16 x 1.",
    )
    optimizer: Literal["adamw_torch", "adamw_torch_fused", "paged_adamw_32bit", "paged_adamw_8bit", "adamw_8bit"] = (
        Field(
            "adamw_torch",
            description="As transformers names it. The paged ones move their state to the main memory when "
            "the GPU's is full, and need bitsandbytes; on a CPU they don't page.",
        )
    )
    learning_rate: float = Field(2e-4, gt=0, strict=False, description="The highest learning rate.")
    schedule: Literal["cosine", "linear", "constant", "constant_with_warmup"] = Field(
        "cosine", description="How the learning rate falls after the warm-up."
    )
    warmup: float = Field(0.01, ge=0, lt=1, strict=False, description="Share of all steps in which it rises from 0.")
    weight_decay: float = Field(0.0, ge=0, strict=False, description="Decay of the adapter's weights.")
    max_grad_norm: float = Field(
        0.3, ge=0, strict=False, description="Longer gradients are shortened to it; 0: none is."
    )
    gradient_checkpointing: bool = Field(
        False, description="Compute activations anew in the backward pass: less memory, about a third more time."
    )
    seed: int = Field(0, ge=0, description="Of the adapter's first weights, the order of the data and dropout.")


class EvaluationConfig(Part):
    """The evaluation on the selection split, and what follows from it. Without such a split none of it happens."""

    every: str = Field(
        "0.25 epochs",
        pattern=EVERY,
        description="How often: a number with `epochs` or `steps`. The last step always is.",
    )
    at_start: bool = Field(False, description="Also evaluate before the first step, to see the base model's loss.")
    batch_size: int = Field(16, ge=1, description="Conversations evaluated together, on each device.")
    keep: Literal["best", "last"] = Field(
        "best", description="Which weights become the adapter: those of the lowest selection loss, or the last."
    )
    patience: int | None = Field(
        None, ge=1, description="Stop after so many evaluations in a row without a lower selection loss; null: never."
    )
    min_improvement: float = Field(0.0, ge=0, strict=False, description="By how much a loss must be lower to count.")


class CheckpointConfig(Part):
    """What a killed training comes back to."""

    every: str = Field("0.25 epochs", pattern=EVERY, description="How often: a number with `epochs` or `steps`.")


class FinetuneConfig(Part):
    """A recipe: everything about a finetuning but the base model and the data."""

    model: ModelConfig = ModelConfig()
    lora: LoraConfig = LoraConfig()
    data: DataConfig = DataConfig()
    training: TrainingConfig = TrainingConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    checkpoint: CheckpointConfig = CheckpointConfig()

    @model_validator(mode="after")
    def _fits_together(self) -> FinetuneConfig:
        if self.model.double_quantization and self.model.quantization != "nf4":
            raise ValueError("model.double_quantization needs model.quantization: nf4")
        return self


def steps_of(every: str, steps_per_epoch: int) -> int:
    """Return after how many steps something is due that is due every so often: ``0.5 epochs``, ``100 steps``."""
    number, unit = every.split()
    return max(1, round(float(number) * (steps_per_epoch if unit.startswith("epoch") else 1)))
