"""Which model embeds, which of its layers, and what tells it from others."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ecg_bench.backends.hf._identity import digest_of_folder
from ecg_bench.backends.hf._source import commit_of, reason_of
from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of

# The layers that bert-score takes: those whose scores went best with people's ratings of WMT16 translations.
LAYERS: Final = {
    "allenai/scibert_scivocab_uncased": 8,
    "bert-base-multilingual-cased": 9,
    "bert-base-uncased": 9,
    "bert-large-uncased": 18,
    "distilbert-base-uncased": 5,
    "distilroberta-base": 5,
    "microsoft/deberta-large-mnli": 18,
    "microsoft/deberta-xlarge-mnli": 40,
    "roberta-base": 10,
    "roberta-large": 17,
    "roberta-large-mnli": 19,
    "xlm-roberta-base": 9,
    "xlm-roberta-large": 17,
}


@dataclass(frozen=True, slots=True)
class Source:
    """A model and one of its layers.

    Attributes
    ----------
    place : str
        What ``transformers`` calls it.
    revision : str or None
        Its commit on the hub; None for a folder.
    name : str
        Hub id with commit, or a hash of the folder's files: the same on every machine.
    layer, layers : int
        The layer used, and how many there are.
    """

    place: str
    revision: str | None
    name: str
    layer: int
    layers: int


def find_source(model: str, num_layers: int | None) -> Source:
    """Look up a model by folder or hub id, without loading its weights.

    Parameters
    ----------
    model : str
        A folder with a saved model, or a hub id.
    num_layers : int, optional
        The layer; by default bert-score's for the hub ids of `LAYERS`, and the last one of a folder's model.

    Raises
    ------
    UserError
        If a package is missing, the model can't be found, or it has no such layer.
    """
    for package in ("torch", "transformers"):
        if find_spec(package) is None:
            raise UserError(f"bertscore needs {package}, which isn't installed: pip install 'ecg-bench[hf]'")
    from transformers import AutoConfig

    folder = Path(model).expanduser()
    local = folder.is_dir()
    if not local and (folder.exists() or model.startswith((".", "/", "~"))):
        raise UserError(f"bertscore: there is no folder {model}: save a model there with save_pretrained()")
    place = str(folder) if local else model
    try:
        commit = commit_of(place)
        layers = int(AutoConfig.from_pretrained(place, revision=commit).num_hidden_layers)
    except Exception as error:  # what these libraries throw at a broken file has no common class
        raise UserError(f"bertscore: {model} can't be loaded: {reason_of(error)}") from None
    layer = num_layers if num_layers is not None else layers if local else LAYERS.get(model)
    if layer is None:
        raise UserError(f"bertscore: which layer of {model} embeds best isn't known: give num_layers")
    if not 1 <= layer <= layers:
        raise UserError(f"bertscore: num_layers must be from 1 to {layers} for {model}, but is {layer}")
    if local:
        return Source(place, None, _hash_of(folder), layer, layers)
    return Source(place, commit, f"{model}@{commit}", layer, layers)


def _hash_of(folder: Path) -> str:
    digest = digest_of_folder(folder)
    return sha256_of(*(part for item in sorted(digest.items()) for part in item))[:16]
