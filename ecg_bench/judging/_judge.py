"""A judge: makes the prompt for an item, and reads the verdict out of the reply."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of
from ecg_bench.judging import _wording
from ecg_bench.judging._card import JudgeCard
from ecg_bench.judging._criteria import KINDS, AnswerCriterion, Criterion, Ranking
from ecg_bench.judging._example import example_item
from ecg_bench.judging._reader import ANSWERS, CASE, ID, read_verdict
from ecg_bench.judging._values import JudgedItem, JudgePrompt, Unread, Verdict
from ecg_bench.samples import FinishReason, Message
from ecg_bench.templates import PromptTemplate

# With two digits after them: they begin no lead, wave or interval for which an id could be taken.
_ID_LETTERS = "BCDEFGHKMNWXYZ"

Place = tuple[str | int, ...]


class CardError(UserError):
    """A judge's card contradicts itself.

    Parameters
    ----------
    message : str
        What is wrong, and what to do.
    place : tuple of str or int
        Where in the card.
    """

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.message = message
        self.place = place


class Judge:
    """A judge under its card.

    It asks no model: `prompt` says what to ask, `read` says what the reply means.

    Parameters
    ----------
    card : JudgeCard
        Rubric, protocol, what is shown, prompt.

    Attributes
    ----------
    name : str
        What it is called.
    criteria : tuple of Criterion
        By what it judges; the first is the one that a summary goes by.

    Raises
    ------
    CardError
        If parts of the card contradict each other, or a prompt template is wrong.
    """

    def __init__(self, card: JudgeCard) -> None:
        self.card = card
        self.name = card.judge
        self.criteria: tuple[Criterion, ...] = tuple(KINDS[one.kind](one) for one in card.rubric)
        for message, place in self._faults():
            raise CardError(message, place)
        self._fixed = {"rubric": _wording.rubric(self.criteria)}
        try:
            system = self._template("system", {"rubric"}).render(self._fixed)
        except UserError as error:
            raise CardError(str(error), ("prompt", "system")) from None
        self._system = Message("system", f"{system}\n\n{_wording.RULES}")
        shown = [name for name, when in self._shown.items() if when != "never"]
        answers = "answers" if self.listwise else "answer"
        self._user = self._template("user", {"rubric", answers, *shown})
        for name in (answers, *shown):
            if name not in self._user.names:
                raise CardError(
                    f"never shows {{{{ {name} }}}}, which belongs to what the judge sees", ("prompt", "user")
                )
        self._try_out()

    @property
    def listwise(self) -> bool:
        """Whether all answers to a question are judged in one call."""
        return self.card.protocol == "listwise"

    @cached_property
    def signature(self) -> str:
        """Name, version and a hash of everything that shapes prompts and readings."""
        shapes = self.card.model_dump(mode="json", include={"protocol", "shown", "notes", "rubric", "prompt"})
        form = _wording.form(self.criteria, self.card.notes, "", ["A", "B"], listwise=self.listwise)
        words = (_wording.OPENING, _wording.CLOSING, _wording.RETRY, form, _wording.fence("", "", ""))
        digest = sha256_of(json.dumps(shapes, sort_keys=True), self._system.content, *words)
        return f"judge:{self.name}|version:{self.card.version}|prompt:{digest[:12]}"

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of a verdict, the same for all items."""
        text = {"type": "string"}
        per_answer: dict[str, Any] = {note.name: text for note in self.card.notes}
        per_answer |= {one.field: one.schema for one in self.criteria if isinstance(one, AnswerCriterion)}
        if not self.listwise:
            return _object({CASE: text, **per_answer})
        of_all = {one.field: one.schema for one in self.criteria if isinstance(one, Ranking)}
        entries = {"type": "array", "items": _object({ID: text, **per_answer})}
        return _object({CASE: text, **of_all, ANSWERS: entries})

    def missing(self, item: JudgedItem) -> tuple[str, ...]:
        """Return what the judge has to be shown and the item doesn't have."""
        return tuple(name for name, when in self._shown.items() if when == "required" and not getattr(item, name))

    def example(self) -> JudgePrompt:
        """Return the prompt for a small item, to be looked at."""
        return self.prompt(example_item(listwise=self.listwise))

    def prompt(self, item: JudgedItem, seed: int = 0, *, order: Sequence[int] | None = None) -> JudgePrompt:
        """Return what to ask a model.

        The same item under the same seed gives the same prompt. The codes that fence the material and mark the verdict
        are 128 and 64 bits of a hash over seed and item, all answers among them: an answer that held them would have to
        contain a hash of itself, so that not even an author who knows the seed can write one.

        Parameters
        ----------
        item : JudgedItem
            What to judge: one answer under the protocol "single", at least two under "listwise".
        seed : int
            Draws the order and the ids of the answers, and the codes.
        order : sequence of int, optional
            The 0-based positions of the answers in the order to show them; drawn if not given.

        Raises
        ------
        UserError
            If the item lacks what has to be shown, or has a wrong number of answers.
        """
        self._check(item)
        code, case = _codes(item, seed, self.name)
        ids, blocks = self._answers(item, seed, order, code)
        fields: dict[str, Any] = {**self._fixed, "answer": next(iter(blocks.values()))}
        fields["answers"] = [{"id": shown, "text": block} for shown, block in blocks.items()]
        texts = {name: _text_of(item, name) for name, when in self._shown.items() if when != "never"}
        fenced = {
            name: text and _wording.fence(name.replace("_", " ").upper(), text, code) for name, text in texts.items()
        }
        rendered = self._user.render(fields | fenced)
        rest = rendered
        for block in (*fenced.values(), *blocks.values()):
            rest = rest.replace(block, "") if block else rest
        if "<<<" in rest or any(rendered.count(block) != 1 for block in blocks.values()):
            raise UserError(
                f"the judge {self.name!r} must show each answer once, and every text as it is, without filters"
            )
        form = _wording.form(self.criteria, self.card.notes, case, list(ids), listwise=self.listwise)
        parts = (_wording.OPENING.format(code=code), rendered, _wording.CLOSING.format(form=form))
        return JudgePrompt((self._system, Message("user", "\n\n".join(parts))), self.schema, item, case, ids)

    def read(self, text: str, prompt: JudgePrompt, finish_reason: FinishReason | None = None) -> Verdict | Unread:
        """Read the verdict out of a model's reply.

        Faults of syntax are mended (see `ecg_bench.judging._syntax`); what the verdict says is never changed, completed
        or guessed. The last whole JSON object with the code of `prompt` under "case" counts.

        Parameters
        ----------
        text : str
            The reply; a reasoning block in tags is passed over.
        prompt : JudgePrompt
            What was asked.
        finish_reason : {"stop", "length", "content_filter"}, optional
            Why the model stopped.
        """
        return read_verdict(self.criteria, self.card.notes, text, prompt, finish_reason, listwise=self.listwise)

    def retry_message(self, unread: Unread) -> Message:
        """Return the turn that tells the judge what was wrong, to be sent after its own reply."""
        return Message("user", _wording.RETRY.format(reason=unread.reason))

    def _answers(
        self, item: JudgedItem, seed: int, order: Sequence[int] | None, code: str
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Return the ids to show to those of the item, and the fenced answers by the former."""
        if not self.listwise:
            own, text = item.answers[0]
            return {own: own}, {own: _wording.fence("ANSWER", text, code)}
        ids = _arrange(item, seed, order)
        texts = dict(item.answers)
        return ids, {shown: _wording.fence(f"ANSWER {shown}", texts[own], code) for shown, own in ids.items()}

    @cached_property
    def _shown(self) -> dict[str, str]:
        return self.card.shown.model_dump()

    def _template(self, part: str, names: set[str]) -> PromptTemplate:
        try:
            return PromptTemplate(getattr(self.card.prompt, part), names, f"prompt.{part}", "this prompt")
        except UserError as error:
            raise CardError(str(error), ("prompt", part)) from None

    def _faults(self) -> Iterator[tuple[str, Place]]:
        """Yield what is wrong between the parts of the card, and where."""
        taken = {CASE, ID, ANSWERS}
        for number, note in enumerate(self.card.notes):
            if note.name in taken:
                yield f"the name {note.name!r} is taken already", ("notes", number, "name")
            taken.add(note.name)
        names: set[str] = set()
        for number, one in enumerate(self.criteria):
            for field, message in one.faults():
                yield message, ("rubric", number, field)
            if one.name in names:
                yield f"there are two criteria named {one.name!r}", ("rubric", number, "name")
            if one.field in taken:
                place = "name" if one.card.field is None else "field"
                yield f"the name {one.field!r} is taken already", ("rubric", number, place)
            names.add(one.name)
            taken.add(one.field)
            if one.card.kind == "ranking" and not self.listwise:
                yield "a ranking needs the protocol 'listwise'", ("rubric", number, "kind")
            if one.card.kind == "points" and self.card.shown.key_points != "required":
                yield "key points can only be counted where they are shown: required", ("rubric", number, "kind")
        if not any(isinstance(one, AnswerCriterion) for one in self.criteria):
            yield "needs a criterion beside rankings", ("rubric",)

    def _try_out(self) -> None:
        """Make two prompts, with and without what is optional, so that a template's faults show when it is loaded."""
        optional = frozenset(name for name, when in self._shown.items() if when == "optional")
        for left_out in (frozenset[str](), optional):
            try:
                self.prompt(example_item(listwise=self.listwise, without=left_out))
            except UserError as error:
                raise CardError(str(error), ("prompt", "user")) from None

    def _check(self, item: JudgedItem) -> None:
        if lacking := self.missing(item):
            raise UserError(
                f"the judge {self.name!r} has to be shown {' and '.join(lacking).replace('_', ' ')}, "
                f"which the question {item.id!r} doesn't have"
            )
        if self.listwise and not 2 <= len(item.answers) <= 100:
            raise UserError(
                f"the judge {self.name!r} compares 2 to 100 answers, but {item.id!r} has {len(item.answers)}"
            )
        if not self.listwise and len(item.answers) != 1:
            raise UserError(f"the judge {self.name!r} judges one answer in a call, but is given {len(item.answers)}")
        if len(dict(item.answers)) < len(item.answers):
            raise UserError(f"two answers to {item.id!r} have the same id")


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _text_of(item: JudgedItem, name: str) -> str:
    if name == "key_points":
        return "\n".join(f"{number}. {point}" for number, point in enumerate(item.key_points, 1))
    return getattr(item, name) or ""


def _codes(item: JudgedItem, seed: int, judge: str) -> tuple[str, str]:
    """Return the code of the fences and the code of the verdict, neither of which is in any text of the item."""
    texts = [item.question, item.reference or "", item.passage or "", *item.key_points]
    texts += [part for answer in item.answers for part in answer]
    everything = "\0".join(texts)
    attempt = 0
    while True:
        key = json.dumps([judge, seed, attempt, item.id, *texts])  # ASCII, whatever characters a model wrote
        digest = hashlib.sha256(key.encode()).hexdigest()
        code, case = digest[:32], digest[32:48]
        if code not in everything and case not in everything:
            return code, case
        attempt += 1


def _arrange(item: JudgedItem, seed: int, order: Sequence[int] | None) -> dict[str, str]:
    """Return the ids to show, in the order to show them, to those of the item."""
    draw = random.Random(f"judge {seed} {item.id}")
    positions = list(range(len(item.answers)))
    draw.shuffle(positions)
    if order is not None:
        if sorted(order) != sorted(positions):
            raise UserError(f"the order of answers must hold each position from 0 to {len(positions) - 1} once")
        positions = list(order)
    texts = "\0".join(text for _, text in item.answers)
    ids: dict[str, str] = {}
    for position in positions:
        tries = 0
        while (shown := f"{draw.choice(_ID_LETTERS)}{draw.randrange(11, 100 + tries)}") in ids or shown in texts:
            tries += 1  # more ids to choose from, should the answers hold many
        ids[shown] = item.answers[position][0]
    return ids
