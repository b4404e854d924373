"""The training loop: the Trainer of ``transformers``, with the loss on answers only."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, pad
from transformers import EvalPrediction, PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from ecg_bench.adapters.finetune._chat import IGNORED
from ecg_bench.adapters.finetune._config import FinetuneConfig, steps_of
from ecg_bench.adapters.finetune._examples import Collator, Examples, Order
from ecg_bench.adapters.finetune._folder import SCORES, AdapterFolder
from ecg_bench.adapters.finetune._history import judge
from ecg_bench.files import write_whole

CHOICE = "mcq"  # in a row's task: its answer is a letter


class AnswerTrainer(Trainer):  # type: ignore[misc]
    """Trains an adapter.

    The loss is the mean over all answer tokens of a step, whatever batches and devices they were in. Logits are
    computed at these tokens only: a vocabulary of 128,000 makes them the largest tensor by far.

    Parameters
    ----------
    model
        A model of ``peft``.
    config : FinetuneConfig
        The recipe.
    folder : AdapterFolder
        Where everything goes.
    train, selection : Examples
        The latter may be None.
    pad : int
        The token that fills up.
    callbacks : sequence of TrainerCallback
        What is told of each step.
    """

    def __init__(
        self,
        model: Any,
        config: FinetuneConfig,
        folder: AdapterFolder,
        train: Examples,
        selection: Examples | None,
        pad_token: int,
        callbacks: Sequence[TrainerCallback],
    ) -> None:
        arguments = _arguments(config, folder, len(train), evaluated=selection is not None)
        self._config, self._folder = config, folder
        self._wanted: Tensor | None = None
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=train,
            eval_dataset=selection,
            data_collator=Collator(pad_token),
            callbacks=list(callbacks),
            compute_metrics=self._summarise,
        )
        self.remove_callback(PrinterCallback)
        self.model_accepts_loss_kwargs = True  # the loss below is divided by the answer tokens of the whole step
        head = model.get_base_model().get_output_embeddings()
        if head is not None:
            head.register_forward_pre_hook(self._pick)

    def _pick(self, _module: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
        # Before the last layer, so that whatever the model does to its logits afterwards is done to these.
        return None if self._wanted is None else (inputs[0][self._wanted].unsqueeze(0), *inputs[1:])

    def _answer_losses(self, model: Any, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Return each answer token's loss, whether it is the likeliest token, and its row; all of shape (tokens,)."""
        targets = pad(inputs["labels"][:, 1:], (0, 1), value=IGNORED)  # a token is predicted at the one before it
        wanted = targets != IGNORED
        self._wanted = wanted
        try:
            logits = model(
                input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False
            ).logits
        finally:
            self._wanted = None
        if logits.shape[:2] == wanted.shape:  # the model has a last layer of its own kind
            logits = logits[wanted].unsqueeze(0)
        logits, expected = logits[0].float(), targets[wanted]
        losses = cross_entropy(logits, expected, reduction="none")
        return losses, logits.detach().argmax(-1) == expected, wanted.nonzero()[:, 0]

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        losses, _, _ = self._answer_losses(model, inputs)
        loss = losses.sum() / (len(losses) if num_items_in_batch is None else num_items_in_batch)
        # The devices' gradients are averaged, but the tokens of all of them are in the divisor.
        return loss * self.accelerator.num_processes

    def prediction_step(self, model: Any, inputs: Any, *_args: Any, **_kwargs: Any) -> tuple[None, Tensor, Tensor]:
        """Return per row, shape (rows, 2), the summed loss and the wrong tokens; and per row, its answer tokens."""
        inputs = self._prepare_inputs(inputs)
        with torch.no_grad(), self.compute_loss_context_manager():
            losses, right, rows = self._answer_losses(model, inputs)
        n = len(inputs["labels"])
        zeros = torch.zeros(n, dtype=torch.float64, device=losses.device)
        sums = zeros.index_add(0, rows, losses.double())
        wrong = zeros.index_add(0, rows, (~right).double())
        return None, torch.stack([sums, wrong], 1), torch.bincount(rows, minlength=n)

    def _summarise(self, found: EvalPrediction) -> dict[str, float]:
        sums, wrong = np.asarray(found.predictions).T
        tokens = np.asarray(found.label_ids)
        self._scores = (sums, tokens, wrong == 0)
        rows = self._selection_rows()
        choice = np.array([CHOICE in row.task for row in rows], dtype=bool)
        exact = {"exact_match": float((wrong == 0)[choice].mean())} if choice.any() else {}
        return {"loss": float(sums.sum() / tokens.sum()), **exact}

    def _selection_rows(self) -> list[Any]:
        selection: Any = self.eval_dataset  # there is no evaluation without it
        rows: list[Any] = selection.rows
        return rows

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Evaluate on the selection split, keep these weights if they are to be kept, and stop if it is time."""
        metrics: dict[str, float] = super().evaluate(*args, **kwargs)
        step = self.state.global_step
        verdict = judge(self.state.log_history, self._config.evaluation)
        if verdict.kept == step:
            self._keep(self._folder.kept(step))
        if verdict.stops(self._config.evaluation):
            self.control.should_training_stop = True
        return metrics

    def _keep(self, folder: Path) -> None:
        part = folder.with_name(folder.name + ".part")
        self.save_model(str(part))
        if self.args.should_save:
            sums, tokens, exact = self._scores
            lines = [
                {
                    "id": row.id,
                    "group": row.group,
                    "task": row.task,
                    "tokens": int(n),
                    "loss": float(s),
                    "exact": bool(e),
                }
                for row, s, n, e in zip(self._selection_rows(), sums, tokens, exact, strict=True)
            ]
            write_whole(part / SCORES, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
            if folder.exists():
                shutil.rmtree(folder)
            part.rename(folder)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        # The adapter and nothing else: no copy of the base's output layer, no pickled arguments.
        if self.args.should_save:
            model = self.accelerator.unwrap_model(self.model)
            model.save_pretrained(output_dir, state_dict=state_dict, save_embedding_layers=False)

    def _get_train_sampler(self, train_dataset: Any = None) -> Order:
        examples: Any = self.train_dataset
        training = self._config.training
        size = training.batch_size * max(1, self.args.world_size)
        return Order(examples.lengths, size, training.seed, grouped=self._config.data.group_by_length)

    def floating_point_ops(self, inputs: Any) -> int:
        """Return 0: nobody looks at them, and counting parameters at each step costs small models time."""
        return 0


def _arguments(config: FinetuneConfig, folder: AdapterFolder, rows: int, *, evaluated: bool) -> TrainingArguments:
    training = config.training
    on_gpu = torch.cuda.is_available()
    again = {"use_reentrant": False} if training.gradient_checkpointing else {}
    warnings.filterwarnings("ignore", message="`gradient_checkpointing", category=FutureWarning)  # the name till v6
    arguments = TrainingArguments(
        output_dir=str(folder.checkpoints),
        per_device_train_batch_size=training.batch_size,
        per_device_eval_batch_size=config.evaluation.batch_size,
        gradient_accumulation_steps=training.accumulation,
        num_train_epochs=training.epochs,
        max_steps=training.max_steps or -1,
        learning_rate=training.learning_rate,
        lr_scheduler_type=training.schedule,
        warmup_steps=training.warmup,  # a share of all steps, being less than 1
        optim=training.optimizer,
        weight_decay=training.weight_decay,
        max_grad_norm=training.max_grad_norm,
        **({"gradient_checkpointing": True, "gradient_checkpointing_kwargs": again} if again else {}),
        bf16=config.model.precision == "bfloat16",
        seed=training.seed,
        use_cpu=not on_gpu,
        logging_steps=1,
        logging_nan_inf_filter=False,  # which would hide them
        eval_strategy="steps" if evaluated else "no",
        eval_on_start=evaluated and config.evaluation.at_start,
        save_strategy="steps",
        save_total_limit=2,  # the one before is there until the new one is whole
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        label_names=["labels"],
        include_num_input_tokens_seen="non_padding",
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=on_gpu,
    )
    if arguments.world_size == 1 and arguments.n_gpu > 1:
        arguments._n_gpu = 1  # several GPUs are for accelerate launch; torch's DataParallel is slower than one
    batches = -(-rows // (training.batch_size * max(1, arguments.world_size)))
    per_epoch = max(1, -(-batches // training.accumulation))
    arguments.eval_steps = steps_of(config.evaluation.every, per_epoch)
    arguments.save_steps = steps_of(config.checkpoint.every, per_epoch)
    return arguments
