"""The training loop: that of finetuning, for models that return the losses of their answers themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import TrainerCallback

from ecg_bench.adapters.finetune._folder import SCORES, WEIGHTS, WEIGHTS_CONFIG, AdapterFolder
from ecg_bench.adapters.finetune._trainer import AnswerTrainer
from ecg_bench.adapters.signal._config import SignalConfig

SIGNAL = "signal_model.safetensors"  # all weights but those of the language model and its adapter


class SignalFolder(AdapterFolder):
    """The folder of a signal adapter: that of an adapter, with the weights of the encoder."""

    OWN: ClassVar[tuple[str, ...]] = (WEIGHTS_CONFIG, WEIGHTS, SIGNAL, SCORES)


class SignalTrainer(AnswerTrainer):
    """Trains a `SignalModel` or a `Classifier`.

    Parameters
    ----------
    model
        Its forward returns losses, whether each is of a right decision, and the row that it belongs to.
    config : SignalConfig
        The recipe.
    folder : SignalFolder
        Where everything goes.
    train, selection
        Examples; the latter may be None.
    collator : callable
        Makes a batch of some of them.
    callbacks : sequence of TrainerCallback
        What is told of each step.
    """

    def __init__(
        self,
        model: Any,
        config: SignalConfig,
        folder: SignalFolder,
        train: Any,
        selection: Any,
        collator: Callable[[Sequence[dict[str, Any]]], dict[str, Any]],
        callbacks: Sequence[TrainerCallback],
    ) -> None:
        super().__init__(model, config, folder, train, selection, 0, callbacks)
        self.data_collator = collator

    def _answer_losses(self, model: Any, inputs: dict[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
        found: tuple[Tensor, Tensor, Tensor] = model(**inputs)
        return found

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        if self.args.should_save:
            folder = Path(str(output_dir))
            folder.mkdir(parents=True, exist_ok=True)
            save(self.accelerator.unwrap_model(self.model), folder)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        load(self.model if model is None else model, Path(resume_from_checkpoint))


def save(model: Any, folder: Path) -> None:
    """Save what was trained: the adapter of the language model as ``peft`` does, and all else beside it."""
    state = {name: value.detach().cpu().contiguous() for name, value in model.own_state().items()}
    save_file(state, folder / SIGNAL)
    if _adapted(model):
        model.lm.save_pretrained(str(folder), save_embedding_layers=False)


def load(model: Any, folder: Path) -> None:
    """Load what `save` saved, into a model of the same shape."""
    load_own(model, folder / SIGNAL)
    if _adapted(model):
        from peft import set_peft_model_state_dict

        set_peft_model_state_dict(model.lm, load_file(folder / WEIGHTS))


def load_own(model: Any, path: Path) -> None:
    """Load the weights of all but the language model."""
    state = load_file(path)
    wanted = model.own_state().keys()
    if state.keys() != wanted:
        raise ValueError(f"{path} holds other weights than the recipe asks for")
    model.load_state_dict(state, strict=False)


def _adapted(model: Any) -> bool:
    return hasattr(getattr(model, "lm", None), "peft_config")
