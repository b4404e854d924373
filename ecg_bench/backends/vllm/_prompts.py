"""From messages to text to tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ecg_bench.backends._prompt import plain_prompt
from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of
from ecg_bench.samples import Request

Tokens = list[int]


class Prompts:
    """Makes prompts, as text and as tokens, in the same way as the ``hf/`` backend.

    Parameters
    ----------
    name : str
        The model, for messages.
    tokenizer
        As ``transformers`` loads it.
    template : str or None
        The chat template; None for plain text.
    arguments : mapping
        What the template is given beside the messages.
    """

    def __init__(self, name: str, tokenizer: Any, template: str | None, arguments: Mapping[str, Any]) -> None:
        self._name = name
        self._tokenizer = tokenizer
        self._template = template
        self._arguments = arguments

    @classmethod
    def load(
        cls,
        name: str,
        *,
        chat_template: str,
        arguments: Mapping[str, Any],
        revision: str | None,
        trust_remote_code: bool,
    ) -> Prompts:
        """Load the tokenizer of a model.

        Raises
        ------
        UserError
            If it, or the template, can't be loaded.
        """
        try:
            import transformers
        except ImportError as error:
            raise UserError(f"vllm/ models need vllm ({error}): pip install 'ecg-bench[vllm]'") from None
        source = source_of(name)
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                source, revision=revision, trust_remote_code=trust_remote_code
            )
        except Exception as error:  # what these libraries throw at a broken file has no common class
            raise UserError(f"vllm/{name} can't be loaded: {reason_of(error)}") from None
        template = None
        if chat_template == "auto":
            template = tokenizer.get_chat_template() if tokenizer.chat_template else None
        elif chat_template != "none":
            template = _read(chat_template)
        if arguments and template is None:
            raise UserError("chat_template_args are given, but there is no chat template: leave them out or name one")
        return cls(name, tokenizer, template, arguments)

    @property
    def digest(self) -> str:
        """A hash of the chat template and what it is given; ``none`` for plain text."""
        if self._template is None:
            return "none"
        more = (json.dumps(self._arguments, sort_keys=True),) if self._arguments else ()
        return sha256_of(self._template, *more)[:16]

    def context(self, request: Request) -> str:
        """Return all that stands before the answer, or before each continuation.

        Raises
        ------
        UserError
            If the chat template refuses the messages.
        """
        if self._template is None:
            return plain_prompt(request.messages) + request.prefill
        turns = [{"role": message.role, "content": message.content} for message in request.messages]
        try:
            text: str = self._tokenizer.apply_chat_template(
                turns, chat_template=self._template, tokenize=False, add_generation_prompt=True, **self._arguments
            )
        except Exception as error:  # a template may fail in any way
            raise UserError(
                f"the chat template of vllm/{self._name} can't take these messages ({reason_of(error)}): give another "
                "one with --model-arg chat_template=FILE, or none for plain text"
            ) from None
        return text + request.prefill

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the tokens of each text."""
        # A chat template writes the beginning-of-text token itself; plain text gets the tokenizer's own.
        tokens: list[Tokens] = self._tokenizer(list(texts), add_special_tokens=self._template is None)["input_ids"]
        return tokens

    def decode(self, tokens: Sequence[int], stop: int | str | None) -> str:
        """Return the text of an answer, without the token that ended it.

        Parameters
        ----------
        tokens : sequence of int
            The answer.
        stop : int or str or None
            What ended it, where that isn't the tokenizer's own end of text.
        """
        end = len(tokens) - 1 if tokens and tokens[-1] in (self._tokenizer.eos_token_id, stop) else len(tokens)
        text: str = self._tokenizer.decode(list(tokens[:end]), skip_special_tokens=True)
        return text


def _read(file: str) -> str:
    try:
        return Path(file).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise UserError(
            f"chat_template={file} can't be read ({why}): give auto, none, or a file with a Jinja template"
        ) from None


def source_of(name: str) -> str:
    """Return a folder's path, or an id on the hub.

    Raises
    ------
    UserError
        If the name is plainly a path, and there is no such folder.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return str(folder)
    if folder.exists() or name.startswith((".", "/", "~")):
        raise UserError(f"vllm/{name}: there is no such folder; save a model there with save_pretrained()")
    return name


def reason_of(error: BaseException) -> str:
    """Return in one line what an error says."""
    problems = getattr(error, "errors", None)  # of pydantic, whose first line only counts them
    if callable(problems) and (found := problems()) and isinstance(found[0], dict):
        return str(found[0].get("msg", error)).removeprefix("Value error, ").strip().splitlines()[0].rstrip(".")
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
