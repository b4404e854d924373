"""Training an adapter, from the first step to the card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecg_bench.adapters.finetune._base import INSTALL, Base, add_adapter, find_base, load_base, load_tokenizer
from ecg_bench.adapters.finetune._card import begun, make_plan
from ecg_bench.adapters.finetune._chat import Chat
from ecg_bench.adapters.finetune._config import FinetuneConfig
from ecg_bench.adapters.finetune._failures import explained
from ecg_bench.adapters.finetune._folder import WEIGHTS, AdapterFolder, is_first
from ecg_bench.adapters.finetune._recipe import read_recipe
from ecg_bench.adapters.finetune._rows import Rows, read_training_rows
from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of_file, write_whole
from ecg_bench.log import hush_libraries

TEMPLATE = "chat_template.jinja"


@dataclass(frozen=True)
class Adapter:
    """An adapter that was trained.

    Of several processes only the first one has what came out in its card.

    Attributes
    ----------
    path : Path
        Its folder, which ``--model-arg peft=`` takes.
    card : mapping
        What ``system.json`` in it says.
    """

    path: Path
    card: Mapping[str, Any]

    @property
    def selection_loss(self) -> float | None:
        """Its loss on the selection split; None without one."""
        loss: float | None = self.card["result"]["selection_loss"]
        return loss


def finetune(
    base: str,
    data: str | Path,
    out: str | Path,
    config: FinetuneConfig | None = None,
    *,
    revision: str | None = None,
    resume: bool = False,
    quiet: bool = False,
) -> Adapter:
    """Train a LoRA adapter on conversations, with the loss on the assistant's answers only.

    Parameters
    ----------
    base : str
        ``hf/PATH_OR_ID``.
    data : str or path
        A pack with training rows, a folder of JSONL files, or one file.
    out : str or path
        The adapter's folder.
    config : FinetuneConfig, optional
        The recipe; the study's by default.
    revision : str, optional
        Branch, tag or commit of the base on the hub.
    resume : bool
        Go on with what was begun in `out` with the same base, data and recipe; begin if nothing was.
    quiet : bool
        Show no progress.

    Returns
    -------
    Adapter
        With its card.

    Raises
    ------
    UserError
        If anything given is wrong, the memory doesn't suffice, or the training diverges. A folder that holds something
        else is never touched.
    """
    hush_libraries()
    try:
        import accelerate  # noqa: F401
        import peft  # noqa: F401
        import transformers
    except ImportError as error:
        raise UserError(f"finetuning needs torch, transformers, accelerate and peft ({error}): {INSTALL}") from None
    from ecg_bench.adapters.finetune._examples import Examples, check_some_are_left

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    config = config or read_recipe()
    rows = read_training_rows(data)
    found = find_base(base, revision)
    chat = Chat(load_tokenizer(found), base, config.data.chat_template, config.data.chat_template_args)
    limit, too_long = config.data.max_length, config.data.too_long
    train = Examples(rows.train, chat, limit, too_long)
    check_some_are_left(train, limit)
    selection = Examples(rows.selection, chat, limit, too_long) if rows.selection else None
    if selection is not None:
        check_some_are_left(selection, limit)
    plan = make_plan(found, rows, config, chat, train, selection)
    folder = AdapterFolder(out)
    # Of several processes the first one judges the folder; the others would see what it has begun already.
    card = folder.open(plan, resume=resume) if is_first() else folder.card() if resume else None
    if card is not None and card["status"] == "complete":
        return Adapter(folder.path, card)
    with _alone(folder), explained(config):
        transformers.set_seed(config.training.seed)
        model = add_adapter(load_base(found, config.model), config, found.name)
        if card is None:
            card = begun(plan, _notices(rows, found, chat, model, selection=selection is not None))
        if is_first():
            folder.write_card(card)
        result = _train(model, config, folder, train, selection, chat, quiet=quiet)
        card = {**card, "status": "complete", **result}
        if is_first():
            write_whole(folder.path / TEMPLATE, chat.template)
            folder.write_card(card)
            folder.tidy()
    return Adapter(folder.path, card)


def _train(
    model: Any,
    config: FinetuneConfig,
    folder: AdapterFolder,
    train: Any,
    selection: Any,
    chat: Chat,
    *,
    quiet: bool,
) -> dict[str, Any]:
    """Train, put the weights into the folder, and return the rest of the card."""
    from ecg_bench.adapters.finetune._stage import run_stage
    from ecg_bench.adapters.finetune._trainer import AnswerTrainer

    tokenizer = chat.tokenizer
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id or 0
    found = run_stage(
        lambda watch: AnswerTrainer(model, config, folder, train, selection, pad, [watch]),
        config,
        folder,
        title=f"finetune {folder.path.name}",
        evaluates=selection is not None,
        quiet=quiet,
    )
    if found is None:
        return {"result": {}}
    trainable, total = _sizes(model)
    return {
        **found,
        "adapter": {
            "sha256": sha256_of_file(folder.path / WEIGHTS),
            "trainable_parameters": trainable,
            "share_of_all": round(trainable / total, 6),
        },
    }


def _sizes(model: Any) -> tuple[int, int]:
    trainable, total = model.get_nb_trainable_parameters()
    return int(trainable), int(total)


def _notices(rows: Rows, base: Base, chat: Chat, model: Any, *, selection: bool) -> list[str]:
    """Return what the user should know beforehand."""
    from ecg_bench.backends.hf._load import stops_of

    notices = []
    if not selection:
        notices.append("there is no selection split: nothing is evaluated, and the last weights are kept")
    overlap = rows.overlap()
    if overlap["same_question"] or overlap["same_group"]:
        notices.append(
            f"of the {len(rows.selection)} selection rows, {overlap['same_question']} have a question of the training "
            f"rows and {overlap['same_group']} a passage of theirs: the selection loss looks better than it is"
        )
    running_on = chat.ends - stops_of(model.get_base_model(), chat.tokenizer)
    if running_on:
        names = ", ".join(chat.tokenizer.convert_ids_to_tokens(sorted(running_on)))
        notices.append(
            f"answers end with {names}, which is not among the eos_token_id of hf/{base.name}'s generation_config: add "
            "it there, or answers run on when the adapter is used"
        )
    if "strftime_now" in chat.template:
        notices.append(
            "the chat template may write today's date: fix it with data.chat_template_args (date_string), or a "
            "training that is resumed tomorrow is refused, having other data"
        )
    return notices


def _alone(folder: AdapterFolder) -> Any:
    from contextlib import nullcontext

    return folder.locked() if is_first() else nullcontext()
