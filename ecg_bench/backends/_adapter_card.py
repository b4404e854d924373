"""The card that ``ecg-bench finetune`` leaves beside an adapter, as far as a backend needs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of

CARD = "system.json"


class AdapterCard:
    """What an adapter's folder says of how it was made; of one made elsewhere, nothing.

    Parameters
    ----------
    folder : Path
        The adapter's folder.
    given : str
        The adapter, as the user named it.

    Raises
    ------
    UserError
        If its training isn't finished.
    """

    def __init__(self, folder: Path, given: str) -> None:
        self._given = given
        self._text = b""
        self._card: Mapping[str, Any] = {}
        path = folder / CARD
        if not path.is_file():
            return
        try:
            self._text = path.read_bytes()
            card = json.loads(self._text)
        except (OSError, ValueError, RecursionError) as error:
            raise UserError(f"peft={given}: its {CARD} can't be read ({error}): train it anew, or remove it") from None
        if isinstance(card, dict) and card.get("kind") in ("finetune", "signal"):
            self._card = card
        if self._card.get("status") == "unfinished":
            raise UserError(f"peft={given} is not trained to its end: go on with ecg-bench finetune --resume")

    @property
    def digest(self) -> str | None:
        """A hash of the card; None where there is none."""
        return sha256_of(self._text)[:32] if self._text else None

    @property
    def chat_template(self) -> str | None:
        """The hash of the chat template that it was trained with; None where that isn't known."""
        return _text(self._card, "chat", "template")

    @property
    def base(self) -> str | None:
        """The name of the model that it was trained on; None where that isn't known."""
        return _text(self._card, "base", "name")

    def is_for(self, model: str, files: Mapping[str, str] | None, revision: str | None) -> bool:
        """Say whether it was certainly trained on a model; False where that can't be said.

        Parameters
        ----------
        model : str
            The model, with its provider, for messages.
        files : mapping or None
            The hashes of its folder, as ``digest_of_folder`` returns them.
        revision : str or None
            Its commit on the hub.

        Raises
        ------
        UserError
            If it certainly was trained on another one.
        """
        for theirs, ours in (
            (_text(self._card, "base", "files", "weights"), (files or {}).get("weights")),
            (_text(self._card, "base", "revision"), revision),
        ):
            if theirs and ours:
                if theirs != ours:
                    raise UserError(
                        f"peft={self._given} was trained on {self.base}, and {model} has other weights: adapters fit "
                        "one model only"
                    )
                return True
        return False


def _text(value: Any, *names: str) -> str | None:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) and value else None
