"""From a conversation to tokens, with the exact places of the assistant's answers.

A chat template is a program: where an answer begins and ends in what it writes can't be looked up, only found out. It
is asked twice for each answer, once for the whole conversation and once for the prompt before the answer, as the model
will be asked later. The answer is what follows that prompt, up to and with the special token that ends the turn.
Wherever these two don't fit each other, text for text and token for token, the conversation is refused and nothing is
guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecg_bench.adapters.finetune._rows import Row
from ecg_bench.backends.hf._source import reason_of
from ecg_bench.errors import UserError
from ecg_bench.files import read_text, sha256_of

IGNORED = -100  # the label of a token that is no answer, as torch's cross-entropy takes it


@dataclass(frozen=True)
class Encoded:
    """A conversation as tokens.

    Attributes
    ----------
    ids : tuple of int
        All tokens.
    answers : tuple of (int, int)
        Beginning and end of each answer in `ids`; the token before the end is the one that ends the turn.
    """

    ids: tuple[int, ...]
    answers: tuple[tuple[int, int], ...]

    @property
    def labels(self) -> list[int]:
        """The tokens of the answers in their places, and -100 in all others."""
        labels = [IGNORED] * len(self.ids)
        for start, end in self.answers:
            labels[start:end] = self.ids[start:end]
        return labels


class Chat:
    """A tokenizer with its chat template.

    Parameters
    ----------
    tokenizer
        As ``transformers`` loads it.
    name : str
        The model's name, for messages.
    template : str
        ``auto`` for the tokenizer's own, else a file.
    arguments : mapping
        What the template is given beside the messages.

    Attributes
    ----------
    ends : set of int
        The tokens that ended the turns of what was encoded so far.

    Raises
    ------
    UserError
        If there is no template.
    """

    def __init__(self, tokenizer: Any, name: str, template: str, arguments: Mapping[str, Any]) -> None:
        self.tokenizer = tokenizer
        self._name = name
        self._arguments = dict(arguments)
        if template != "auto":
            self.template = read_text(Path(template).expanduser())
        elif tokenizer.chat_template:
            self.template = tokenizer.get_chat_template()
        else:
            raise UserError(
                f"{name} has no chat template, so it can't be said what a question and an answer look like to it: save "
                "one with its tokenizer, or give a file with --set data.chat_template=FILE"
            )
        special = {*tokenizer.all_special_tokens}
        special |= {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
        self._special = re.compile(
            "|".join(re.escape(token) for token in sorted(special, key=len, reverse=True) if token)
        )
        self.ends: set[int] = set()

    @property
    def digest(self) -> str:
        """A hash of the template and what it is given, as the cards of hf/ models have it."""
        more = (json.dumps(self._arguments, sort_keys=True),) if self._arguments else ()
        return sha256_of(self.template, *more)[:16]

    def encode(self, row: Row) -> Encoded:
        """Return a conversation's tokens and where its answers are.

        Raises
        ------
        UserError
            If that can't be said for certain; with the row's file and line.
        """
        messages = row.messages
        for turn in row.turns:
            if self._special.pattern and (found := self._special.search(turn.content)):
                raise self._refusal(row, f"a message holds {found[0]!r}, which steers the model and is no text")
        whole = self._render(row, messages, prompt=False)
        for turn in row.turns:
            if turn.content.strip() not in whole:
                raise self._refusal(row, f"the chat template leaves out or changes the {turn.role} message")
        ids = self._tokens(whole)
        if self._doubled(ids):
            raise self._refusal(row, "the chat template begins a text twice")
        answers = []
        for n, turn in enumerate(row.turns):
            if turn.role == "assistant":
                before = self._render(row, messages[:n], prompt=True)
                end = self._end(row, whole, before, turn.content.strip())
                start_token = self._at(row, ids, before)
                end_token = self._at(row, ids, whole[:end])
                answers.append((start_token, end_token))
                self.ends.add(ids[end_token - 1])
        return Encoded(tuple(ids), tuple(answers))

    def _end(self, row: Row, whole: str, before: str, answer: str) -> int:
        """Return where in the text an answer's turn ends, after the token that ends it."""
        if not whole.startswith(before):
            raise self._refusal(
                row, "what the chat template writes before an answer is another text once the answer is there"
            )
        rest = whole[len(before) :]
        blank = len(rest) - len(rest.lstrip())
        if not rest[blank:].startswith(answer):
            raise self._refusal(
                row,
                f"the chat template puts {rest[blank:][:40]!r} where the answer should begin (templates that write "
                "thoughts may need --set 'data.chat_template_args={enable_thinking: false}')",
            )
        place = len(before) + blank + len(answer)
        closing = self._special.search(whole, place) if self._special.pattern else None
        if closing is None or whole[place : closing.start()].strip():
            raise self._refusal(row, "the chat template ends an answer with no special token of its own")
        return closing.end()

    def _at(self, row: Row, ids: list[int], text: str) -> int:
        """Return how many of the tokens a beginning of the text makes up."""
        own = self._tokens(text)
        if ids[: len(own)] != own:
            raise self._refusal(row, "a token reaches across the border between prompt and answer")
        return len(own)

    def _doubled(self, ids: list[int]) -> bool:
        first = self.tokenizer.bos_token_id
        return first is not None and ids[:2] == [first, first]

    def _render(self, row: Row, messages: list[dict[str, str]], *, prompt: bool) -> str:
        try:
            text: str = self.tokenizer.apply_chat_template(
                messages,
                chat_template=self.template,
                tokenize=False,
                add_generation_prompt=prompt,
                **self._arguments,
            )
        except Exception as error:  # templates raise what they like
            raise self._refusal(row, f"the chat template can't take these messages: {reason_of(error)}") from None
        return text

    def _tokens(self, text: str) -> list[int]:
        # The template writes the beginning-of-text token itself; the tokenizer would add a second one.
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _refusal(self, row: Row, why: str) -> UserError:
        return UserError(
            f"{self._name}: {why}, so the answer can't be told from the rest", path=row.path, line=row.line
        )
