"""From messages to text to tokens: the tokenizer and its chat template, without the model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ecg_bench.backends._prompt import plain_prompt
from ecg_bench.backends.hf._source import reason_of, source_of
from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of
from ecg_bench.samples import Message, Request

try:
    import transformers
    from jinja2 import TemplateError
    from transformers import AutoTokenizer
except ImportError as error:
    raise UserError(f"hf/ models need transformers and torch ({error}): pip install 'ecg-bench[hf]'") from None

Tokens = list[int]


class Prompts:
    """Makes prompts, as text and as tokens.

    Parameters
    ----------
    tokenizer
        As ``transformers`` loads it.
    template : str or None
        The chat template; None for plain text.
    arguments : mapping
        What the template is given beside the messages.
    name : str
        The model's name, for messages.
    """

    def __init__(self, tokenizer: Any, template: str | None, arguments: Mapping[str, Any], name: str) -> None:
        self.tokenizer = tokenizer
        self._template = template
        self._arguments = arguments
        self._name = name
        pad = tokenizer.pad_token_id
        self.pad: int = pad if pad is not None else (tokenizer.eos_token_id or 0)

    @classmethod
    def load(
        cls, name: str, *, chat_template: str, arguments: str | None, revision: str | None, trust_remote_code: bool
    ) -> Prompts:
        """Load the tokenizer of a model.

        Raises
        ------
        UserError
            If it, or the template, can't be loaded.
        """
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        source = source_of(name)
        try:
            tokenizer = AutoTokenizer.from_pretrained(source, revision=revision, trust_remote_code=trust_remote_code)
        except Exception as error:  # what these libraries throw at a broken file has no common class
            raise UserError(f"hf/{name} can't be loaded: {reason_of(error)}") from None
        template = _template(tokenizer, chat_template)
        given = _arguments(arguments)
        if given and template is None:
            why = "chat_template=none" if chat_template == "none" else f"hf/{name} has no chat template"
            raise UserError(f"chat_template_args are given, but {why}: leave them out, or name a template")
        return cls(tokenizer, template, given, name)

    @property
    def digest(self) -> str:
        """A hash of the chat template and what it is given; ``none`` for plain text."""
        if self._template is None:
            return "none"
        more = (json.dumps(self._arguments, sort_keys=True),) if self._arguments else ()
        return sha256_of(self._template, *more)[:16]

    def text(self, messages: Sequence[Message]) -> str:
        """Return the prompt that the model continues.

        Raises
        ------
        UserError
            If the chat template refuses the messages.
        """
        if self._template is None:
            return plain_prompt(messages)
        turns = [{"role": message.role, "content": message.content} for message in messages]
        try:
            text: str = self.tokenizer.apply_chat_template(
                turns,
                chat_template=self._template,
                tokenize=False,
                add_generation_prompt=True,
                **self._arguments,
            )
        except (TemplateError, TypeError, ValueError) as error:
            roles = ", ".join(dict.fromkeys(message.role for message in messages))
            raise UserError(
                f"the chat template of hf/{self._name} can't take these messages ({roles}): {reason_of(error)}; "
                "give another one with --model-arg chat_template=FILE, or none for plain text"
            ) from None
        return text

    def context(self, request: Request) -> str:
        """Return all that stands before the answer, or before each continuation."""
        return self.text(request.messages) + request.prefill

    def check(self, request: Request) -> None:
        """Make sure that the template takes a request's messages and drops none.

        Raises
        ------
        UserError
            If it does not.
        """
        text = self.text(request.messages)
        for message in request.messages:
            if message.role != "assistant" and message.content.strip() not in text:
                raise UserError(
                    f"the chat template of hf/{self._name} leaves out the {message.role} message: give another one "
                    "with --model-arg chat_template=FILE, or none for plain text"
                )

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the tokens of each text."""
        # A chat template writes the beginning-of-text token itself; plain text gets the tokenizer's own.
        tokens: list[Tokens] = self.tokenizer(
            list(texts),
            add_special_tokens=self._template is None,
            return_attention_mask=False,
            return_token_type_ids=False,
        )["input_ids"]
        return tokens

    def decode(self, tokens: Tokens) -> str:
        """Return the text of an answer."""
        text: str = self.tokenizer.decode(tokens, skip_special_tokens=True)
        return text

    def count(self, request: Request) -> int:
        """Return how many tokens stand before the answer."""
        return len(self.encode([self.context(request)])[0])


def _template(tokenizer: Any, chosen: str) -> str | None:
    if chosen == "none":
        return None
    if chosen == "auto":
        found: str | None = tokenizer.get_chat_template() if tokenizer.chat_template else None
        return found
    path = Path(chosen).expanduser()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise UserError(
            f"chat_template={chosen} can't be read ({why}): give auto, none, or a file with a Jinja template"
        ) from None


def _arguments(text: str | None) -> dict[str, Any]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"chat_template_args is no JSON ({error}): give an object, such as {EXAMPLE}") from None
    if not isinstance(found, dict):
        raise UserError(f"chat_template_args must be a JSON object, such as {EXAMPLE}")
    return found


EXAMPLE = '{"enable_thinking": false}'
