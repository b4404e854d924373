"""What can be chosen about a signal adapter: the fields of a recipe, their ranges and what they mean."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from ecg_bench.adapters.finetune._config import FinetuneConfig, Part

EncoderName = Literal["resnet18", "light"]


class EncoderConfig(Part):
    """What looks at the ECG."""

    name: EncoderName = Field(
        "resnet18",
        description="resnet18: a 1-D ResNet-18, as ECG-LM's. light: blocks of convolution and average pooling, as "
        "MEIT's paper describes them.",
    )
    width: int = Field(
        64, ge=4, le=512, description="Channels of the first stage; the last one has eight times as many."
    )
    kernel: int = Field(7, ge=3, le=31, description="Samples that a convolution of a block sees; odd.")
    hertz: float = Field(
        500.0, ge=50, le=1000, strict=False, description="Samples a second; records of other rates are resampled."
    )
    tokens: int = Field(
        8, ge=1, le=256, description="ecg-lm: vectors that the text model gets of each ECG. meit and concat take one."
    )
    lead_dropout: float = Field(
        0.1,
        ge=0,
        lt=1,
        strict=False,
        description="Share of records of which a random part of the leads is taken away while training.",
    )

    @field_validator("kernel")
    @classmethod
    def _is_odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("must be odd, so that a sample is in the middle")
        return value


class AlignmentConfig(Part):
    """The first stage: encoder and projection learn the space of the text model, on synthetic ECGs."""

    records: int = Field(0, ge=0, description="Synthetic ECGs, with three short questions on each; 0: no such stage.")
    seed: int = Field(1_000_003, ge=0, description="Of the ECGs.")
    lora: bool = Field(
        False,
        description="Whether LoRA on the text model learns as well. ECG-LM's stays as it is, which one of a million "
        "parameters doesn't bear.",
    )
    epochs: float = Field(1, gt=0, le=10_000, strict=False, description="How often each pair is seen.")
    batch_size: int = Field(32, ge=1, description="Pairs that go through the models together.")
    learning_rate: float = Field(1e-3, gt=0, strict=False, description="The highest learning rate.")


class PresentationConfig(Part):
    """How conversations and ECGs go together."""

    without_signal: float = Field(
        0.1,
        ge=0,
        lt=1,
        strict=False,
        description="Share of conversations that are given without their ECG, with the harness's note that there is "
        "none, so that a run with --no-signal asks for nothing that was never seen.",
    )
    statement_loss: float = Field(
        0.0,
        ge=0,
        strict=False,
        description="Weight of a second loss, by which the encoder learns to tell the SCP codes of an ECG apart where "
        "they are known. With few ECGs and little time the answers alone teach it slowly. Neither paper has it.",
    )


class SignalConfig(FinetuneConfig):
    """A recipe: everything about a signal adapter but the architecture, the base model and the data."""

    encoder: EncoderConfig = EncoderConfig()
    presentation: PresentationConfig = PresentationConfig()
    alignment: AlignmentConfig = AlignmentConfig()

    def for_alignment(self) -> SignalConfig:
        """Return the recipe of the first stage: as the second, but for what `alignment` says."""
        own = self.alignment
        training = self.training.model_copy(
            update={
                "epochs": own.epochs,
                "max_steps": None,
                "batch_size": own.batch_size,
                "accumulation": 1,
                "learning_rate": own.learning_rate,
            }
        )
        return self.model_copy(update={"training": training})
