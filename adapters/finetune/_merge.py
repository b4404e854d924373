"""Merging: an adapter's weights added to its base's, as a model of its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from ecg_bench.adapters.finetune._base import INSTALL, PREFIX, find_base, load_tokenizer
from ecg_bench.adapters.finetune._folder import CARD, AdapterFolder
from ecg_bench.errors import UserError
from ecg_bench.files import make_folder, to_json, write_whole


def merge(adapter: str | Path, out: str | Path, *, base: str | None = None) -> dict[str, Any]:
    """Merge an adapter into its base and save the model, in the base's own precision, as safetensors.

    The base is loaded as it is on disk. An adapter that was trained on a 4-bit base is merged into the weights that the
    4-bit ones were made of, as is usual: what it answers then is what ``hf/BASE`` with ``peft=ADAPTER`` and without
    quantisation answers.

    Parameters
    ----------
    adapter : str or path
        A folder that `finetune` made.
    out : str or path
        The model's folder, which must not exist or be empty.
    base : str, optional
        ``hf/PATH_OR_ID``, if the base is no longer where it was.

    Returns
    -------
    dict
        The base's and the adapter's identity, which ``system.json`` in the model's folder holds too.

    Raises
    ------
    UserError
        If the two don't belong together, or something can't be read or written.
    """
    try:
        import peft  # noqa: F401

        from ecg_bench.backends.hf._adapter import fit
        from ecg_bench.backends.hf._load import Placement, load_model
    except ImportError as error:
        raise UserError(f"merging needs torch, transformers and peft ({error}): {INSTALL}") from None
    folder, target = AdapterFolder(adapter), Path(out).expanduser()
    card = folder.card()
    if card is None:
        raise UserError("holds no adapter that ecg-bench finetune made: there is no system.json", path=adapter)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError("is there already: choose another --out; nothing is overwritten", path=target)
    found = find_base(base or PREFIX + card["base"]["name"], None if base else card["base"]["revision"])
    loaded = load_model(
        found.name,
        Placement(device="cpu", device_map=None, dtype="auto", quantization="none"),
        revision=found.revision,
        trust_remote_code=False,
    )
    if card["config"]["lora"]["lm_head"]:
        untie(loaded.model)
    fitted = fit(loaded, found.name, str(folder.path))
    merged = fitted.model.merge_and_unload()
    record = {
        "schema": card["schema"],
        "kind": "merged",
        "base": found.identity(),
        "adapter": {**fitted.identity["adapter"], "path": str(folder.path)},
        "trained": card,
    }
    part = make_folder(target.parent) / f".{target.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    try:
        merged.save_pretrained(part)
        load_tokenizer(found).save_pretrained(part)
        write_whole(part / CARD, to_json(record))
        if target.exists():
            target.rmdir()
        os.replace(part, target)
    except OSError as error:
        raise UserError(f"cannot be written: {error.strerror or error}", path=target) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return record


def untie(model: Any) -> None:
    """Give the output layer weights of its own, where it shares the embedding's.

    The adapter changed what goes out and not what comes in. Added to shared weights it would change both.
    """
    import torch

    head, embedding = model.get_output_embeddings(), model.get_input_embeddings()
    if head is None or head.weight is not embedding.weight:
        return
    head.weight = torch.nn.Parameter(embedding.weight.detach().clone(), requires_grad=False)
    for config in {id(one): one for one in (model.config, model.config.get_text_config())}.values():
        config.tie_word_embeddings = False
