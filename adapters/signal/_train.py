"""Training a signal adapter, from the first step to the card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from ecg_bench.adapters.finetune._base import INSTALL, Base, add_adapter, find_base, load_base, load_tokenizer
from ecg_bench.adapters.finetune._card import begun
from ecg_bench.adapters.finetune._chat import Chat
from ecg_bench.adapters.finetune._failures import explained
from ecg_bench.adapters.finetune._folder import is_first
from ecg_bench.adapters.finetune._rows import Rows
from ecg_bench.adapters.signal._config import SignalConfig
from ecg_bench.adapters.signal._data import labels_in, read_set
from ecg_bench.adapters.signal._recipe import read_recipe
from ecg_bench.adapters.signal._rows import SignalRow, made_rows, without_signal
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.files import write_whole
from ecg_bench.log import hush_libraries

ArchName = Literal["ecg-lm", "meit", "concat", "resnet"]
TEMPLATE = "chat_template.jinja"
ALIGNMENT = "alignment"


@dataclass(frozen=True)
class SignalAdapter:
    """A signal adapter that was trained.

    Attributes
    ----------
    path : Path
        Its folder: ``--model signal/PATH``.
    card : mapping
        What ``system.json`` in it says.
    """

    path: Path
    card: Mapping[str, Any]


def train_signal(
    arch: str,
    data: str,
    out: str | Path,
    config: SignalConfig | None = None,
    *,
    llm: str | None = None,
    revision: str | None = None,
    resume: bool = False,
    quiet: bool = False,
) -> SignalAdapter:
    """Train a system that sees ECGs.

    Parameters
    ----------
    arch : {"ecg-lm", "meit", "concat", "resnet"}
        The architecture.
    data : str
        ``synthetic:n=2000,seed=1``, a folder of PTB-XL, or JSONL files of conversations with ``media``.
    out : str or path
        The adapter's folder.
    config : SignalConfig, optional
        The recipe; the architecture's at GPU size by default.
    llm : str, optional
        ``hf/PATH_OR_ID``; every architecture but ``resnet`` needs one.
    revision : str, optional
        Its branch, tag or commit on the hub.
    resume : bool
        Go on with what was begun in `out`; begin if nothing was.
    quiet : bool
        Show no progress.

    Raises
    ------
    UserError
        If anything given is wrong, the memory doesn't suffice, or the training diverges.
    """
    _check(arch, llm)
    hush_libraries()
    try:
        import accelerate  # noqa: F401
        import peft  # noqa: F401
        import transformers
    except ImportError as error:
        raise UserError(f"signal adapters need torch, transformers, accelerate and peft ({error}): {INSTALL}") from None
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    config = config or read_recipe(arch)
    if arch == "meit" and config.training.gradient_checkpointing:
        raise UserError(
            "meit keeps keys and values while it trains, which gradient checkpointing throws away: "
            "--set training.gradient_checkpointing=false"
        )
    rows = read_set(data, config.encoder.hertz)
    if arch == "resnet":
        return _train_classifier(rows, out, config, resume=resume, quiet=quiet)
    assert llm is not None  # noqa: S101
    return _train_with_lm(arch, rows, out, config, find_base(llm, revision), resume=resume, quiet=quiet)


def _check(arch: str, llm: str | None) -> None:
    if arch not in get_args(ArchName):
        raise UserError(
            f"--arch {arch}: expected {', '.join(get_args(ArchName))}{did_you_mean(arch, get_args(ArchName))}"
        )
    if (llm is None) != (arch == "resnet"):
        raise UserError(
            "--arch resnet is a classifier without a language model: leave out --llm"
            if arch == "resnet"
            else f"--arch {arch} needs a language model: give --llm hf/PATH_OR_ID"
        )


def _train_with_lm(
    arch: str, rows: Rows, out: str | Path, config: SignalConfig, base: Base, *, resume: bool, quiet: bool
) -> SignalAdapter:
    import transformers

    from ecg_bench.adapters.finetune._examples import check_some_are_left
    from ecg_bench.adapters.signal._card import KIND, make_plan
    from ecg_bench.adapters.signal._examples import SignalCollator, SignalExamples
    from ecg_bench.adapters.signal._model import SignalModel
    from ecg_bench.adapters.signal._store import Store
    from ecg_bench.adapters.signal._trainer import SIGNAL, SignalFolder, load, load_own
    from ecg_bench.adapters.signal._training import run_stage

    chat = Chat(load_tokenizer(base), f"hf/{base.name}", config.data.chat_template, config.data.chat_template_args)
    store = Store(config.encoder.hertz)
    limit, too_long, seed = config.data.max_length, config.data.too_long, config.training.seed
    given = without_signal(_signal_rows(rows.train), config.presentation.without_signal, seed)
    weight = config.presentation.statement_loss
    labels = labels_in(given) if weight else ()
    train = SignalExamples(given, chat, limit, too_long, store, labels)
    check_some_are_left(train, limit)
    selection = SignalExamples(_signal_rows(rows.selection), chat, limit, too_long, store) if rows.selection else None
    plan = make_plan(arch, base, rows, config, chat, train, selection)
    folder = SignalFolder(out)
    card = folder.open(plan, resume=resume) if is_first() else folder.card() if resume else None
    if card is not None and card["status"] == "complete":
        return SignalAdapter(folder.path, card)
    tokenizer = chat.tokenizer
    collator = SignalCollator(tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0)
    encoder = config.encoder.model_dump()
    with folder.locked() if is_first() else nullcontext(), explained(config):
        if card is None:
            card = {**begun(plan, []), "kind": KIND, "labels": list(labels)}
        if is_first():
            folder.write_card(card)
        aligned: dict[str, Any] | None = None
        if config.alignment.records:
            transformers.set_seed(seed)
            aligned = _align(arch, base, config, folder, chat, store, collator, labels, quiet=quiet)
        transformers.set_seed(seed)
        lm = add_adapter(load_base(base, config.model), config, base.name)
        model = SignalModel(lm, arch, encoder, len(labels), weight)  # type: ignore[arg-type]
        if aligned is not None:
            source = folder.path / ALIGNMENT
            if config.alignment.lora:
                load(model, source)
            else:
                load_own(model, source / SIGNAL)
        result = run_stage(
            model, config, folder, train, selection, collator, title=f"{arch} {folder.path.name}", quiet=quiet
        )
        card = {**card, "status": "complete", "alignment": aligned, **result}
        if is_first():
            write_whole(folder.path / TEMPLATE, chat.template)
            folder.write_card(card)
            folder.tidy()
    return SignalAdapter(folder.path, card)


def _align(
    arch: str,
    base: Base,
    config: SignalConfig,
    outer: Any,
    chat: Chat,
    store: Any,
    collator: Any,
    labels: Sequence[str],
    *,
    quiet: bool,
) -> dict[str, Any]:
    """Train the first stage, in a folder of its own inside the adapter's."""
    from ecg_bench.adapters.signal._card import KIND, make_plan
    from ecg_bench.adapters.signal._examples import SignalExamples
    from ecg_bench.adapters.signal._model import SignalModel
    from ecg_bench.adapters.signal._synthetic import alignment_rows
    from ecg_bench.adapters.signal._trainer import SignalFolder
    from ecg_bench.adapters.signal._training import run_stage

    own = config.for_alignment()
    n, seed = config.alignment.records, config.alignment.seed
    rows = made_rows(f"{ALIGNMENT}:n={n},seed={seed}", alignment_rows(n, seed), [])
    train = SignalExamples(_signal_rows(rows.train), chat, own.data.max_length, own.data.too_long, store, labels)
    folder = SignalFolder(outer.path / ALIGNMENT)
    plan = make_plan(ALIGNMENT, base, rows, own, chat, train, None)
    card = folder.open(plan, resume=True)
    if card is None or card["status"] != "complete":
        card = card or {**begun(plan, []), "kind": KIND}
        folder.write_card(card)
        lm = load_base(base, own.model)
        if config.alignment.lora:
            lm = add_adapter(lm, own, base.name)
        else:
            lm.requires_grad_(False)
        weight = config.presentation.statement_loss
        model = SignalModel(lm, arch, own.encoder.model_dump(), len(labels), weight)  # type: ignore[arg-type]
        result = run_stage(
            model, own, folder, train, None, collator, title=f"{ALIGNMENT} {outer.path.name}", quiet=quiet
        )
        card = {**card, "status": "complete", **result}
        folder.write_card(card)
        folder.tidy()
    return {key: card[key] for key in ("data", "result", "cost")}


def _train_classifier(rows: Rows, out: str | Path, config: SignalConfig, *, resume: bool, quiet: bool) -> SignalAdapter:
    import transformers

    from ecg_bench.adapters.signal._card import KIND, make_plan
    from ecg_bench.adapters.signal._classifier import Classifier
    from ecg_bench.adapters.signal._examples import LabelledExamples, collate_labelled
    from ecg_bench.adapters.signal._store import Store
    from ecg_bench.adapters.signal._trainer import SignalFolder
    from ecg_bench.adapters.signal._training import run_stage

    store = Store(config.encoder.hertz)
    labels = labels_in(_signal_rows(rows.train))
    train = LabelledExamples(_signal_rows(rows.train), labels, store)
    selection = LabelledExamples(_signal_rows(rows.selection), labels, store) if rows.selection else None
    plan = make_plan("resnet", None, rows, config, None, train, selection)
    folder = SignalFolder(out)
    card = folder.open(plan, resume=resume)
    if card is not None and card["status"] == "complete":
        return SignalAdapter(folder.path, card)
    with folder.locked(), explained(config):
        card = card or {**begun(plan, []), "kind": KIND, "labels": list(labels), "prior": train.prior}
        folder.write_card(card)
        transformers.set_seed(config.training.seed)
        model = Classifier(labels, config.encoder.model_dump())
        title = f"resnet {folder.path.name}"
        result = run_stage(model, config, folder, train, selection, collate_labelled, title=title, quiet=quiet)
        card = {**card, "status": "complete", **result}
        folder.write_card(card)
        folder.tidy()
    return SignalAdapter(folder.path, card)


def _signal_rows(rows: Any) -> list[SignalRow]:
    return list(rows)
