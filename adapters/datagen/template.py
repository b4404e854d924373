"""``template/cloze``: writes cloze items from templates, without any model, for tests, trials and small examples.

What it makes are no examination questions: a sentence of the passage with a term left out, and terms of the same kind
from elsewhere in the documents as wrong options. Its card says so, and every pack made with it does.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ecg_bench.adapters.datagen._chunks import Chunk
from ecg_bench.adapters.datagen._cleaning import HEADING
from ecg_bench.adapters.datagen._items import item_rules, words
from ecg_bench.adapters.datagen._writing import TYPE, Writing
from ecg_bench.backends.base import Backend, ModelCard
from ecg_bench.domains import Task
from ecg_bench.errors import UserError
from ecg_bench.samples import Request, Response
from ecg_bench.settings import Settings

VERSION = 1
NOTICE = (
    "the items were made by a template and by no model: sentences of the documents with a term left out (cloze). They "
    "are no examination questions, and their difficulty is nominal"
)
BLANK = "____"

_QUANTITY = re.compile(
    r"(?<![\w.,/-])\d+(?:[.,]\d+)?(?: (?:to|and|bis|und) \d+(?:[.,]\d+)?)? ?"
    r"(ms|mV|mm|cm|s|Hz|%|mmol/l|mg|kg|°C|per minute|per cent|beats per minute|seconds|minutes|hours|days|weeks|months"
    r"|years|degrees|Schläge|Sekunden|Minuten|Stunden|Tage|Jahre)(?![\w/])"
)
_LEAD = re.compile(r"\b(?:V[1-9]R?|aV[RLF])\b")
_WORD = re.compile(r"(?<![\w-])[a-zäöüß]{7,}(?![\w-])")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"“(]?[A-ZÄÖÜ0-9])")
_ENTRY = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_DANGLING = re.compile(
    r"(?:it|its|this|these|that|those|they|their|he|she|such|here|there|both|the (?:former|latter|other|same|two)"
    r"|another|er|sie|es|dies\w*|jene\w*|solche\w*|hier|dort|beide\w*)\b",
    re.IGNORECASE,
)
_FEWEST, _MOST = 8, 45  # words of a sentence
_COMMON = 0.15  # of the chunks; a word that stands in more is no term
_NEAR = 3  # characters by which the lengths of options may differ
_STEM = 5  # letters by which the forms of a word are told
# Of the words that are long and not common in every corpus, those that are no terms.
_FUNCTION_WORDS = frozenset(
    {"another", "because", "between", "further", "however", "neither", "instead", "outside", "perhaps", "several"}
    | {"therefore", "through", "throughout", "together", "towards", "whereas", "whether", "without", "although"}
    | {"während", "zwischen", "deshalb", "dagegen", "mehrere", "sondern", "trotzdem", "jedoch", "hingegen"}
)


@dataclass(frozen=True)
class _Gap:
    """A term in a sentence that can be left out, and what kind of thing it is."""

    term: str
    kind: str


@dataclass(frozen=True)
class _Sentence:
    text: str
    gaps: tuple[_Gap, ...]


class Template(Backend):
    """``template/cloze``.

    Parameters
    ----------
    name : str
        ``cloze``.
    """

    summary: ClassVar[str] = "cloze: fill-in items from a template for ecg-bench datagen; no model, no exam questions"
    notices: Sequence[str] = (NOTICE,)
    batch_size = 256

    def __init__(self, name: str) -> None:
        if name != "cloze":
            raise UserError(f"there is no model template/{name} (known: cloze)")
        self._sentences: dict[str, list[_Sentence]] = {}
        self._terms: dict[str, list[str]] = {}
        self._wanted: dict[str, Writing] = {}

    def card(self) -> ModelCard:
        return ModelCard("template", "cloze", identity={"version": VERSION})

    def prepare(self, tasks: Sequence[Task], settings: Settings) -> None:
        chunks: dict[str, Chunk] = {}
        for task in tasks:
            if task.card.type != TYPE or not isinstance(task.type, Writing):
                raise UserError(
                    "template/cloze writes questions for ecg-bench datagen and answers none: use another model"
                )
            self._wanted[task.name] = task.type
            chunks.update({sample.id: sample.fields["chunk"] for sample in task.dataset})
        common = _common_words(chunks.values())
        self._sentences = {id_: list(_sentences(chunk.text, common)) for id_, chunk in chunks.items()}
        terms: dict[str, set[str]] = defaultdict(set)
        for sentences in self._sentences.values():
            for gap in (gap for sentence in sentences for gap in sentence.gaps):
                terms[gap.kind].add(gap.term)
        self._terms = {kind: sorted(found) for kind, found in terms.items()}

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        return [
            Response(json.dumps({"items": self._write(one)}, ensure_ascii=False), finish_reason="stop")
            for one in requests
        ]

    def _write(self, request: Request) -> list[dict[str, Any]]:
        writing = self._wanted[request.task]
        sentences = list(self._sentences[request.id])
        random.Random(f"cloze {request.params.seed} {request.id}").shuffle(sentences)
        if writing.kind == "open":  # from the other end, so that the two kinds seldom share a sentence
            sentences.reverse()
        draw = random.Random(f"cloze {request.params.seed} {request.task} {request.id}")
        make = self._open if writing.kind == "open" else self._choice
        found = (item for sentence in sentences if (item := make(sentence, draw)))
        return [item for _, item in zip(range(writing.n), found, strict=False)]

    def _choice(self, sentence: _Sentence, draw: random.Random) -> dict[str, Any] | None:
        for gap in draw.sample(sentence.gaps, len(sentence.gaps)):
            others = self._others(gap, sentence, draw)
            if len(others) == 3:
                options = [{"text": text, "correct": text == gap.term} for text in draw.sample([gap.term, *others], 4)]
                return {
                    "question": f"Which term completes this sentence: “{_blanked(sentence.text, [gap.term])}”?",
                    "options": options,
                    "rationale": f"The sentence reads: “{sentence.text}”",
                    "quote": sentence.text,
                    "difficulty": "medium",
                }
        return None

    def _open(self, sentence: _Sentence, draw: random.Random) -> dict[str, Any] | None:
        stems = {gap.term[:_STEM]: gap.term for gap in sentence.gaps}
        if len(stems) < 2:
            return None
        chosen = sorted(draw.sample(sorted(stems.values()), 2), key=sentence.text.index)
        return {
            "question": f"Which two terms complete this sentence: “{_blanked(sentence.text, chosen)}”?",
            "answer": "; ".join(f"({n}) {term}" for n, term in enumerate(chosen, 1)),
            "key_points": [f"({n}) {term}" for n, term in enumerate(chosen, 1)],
            "quote": sentence.text,
            "difficulty": "medium",
        }

    def _others(self, gap: _Gap, sentence: _Sentence, draw: random.Random) -> list[str]:
        """Return three terms of the same kind and about the same length, none of them in the sentence."""
        said = sentence.text.casefold()
        used = {_stem(gap.term, gap.kind)}
        found: list[str] = []
        terms = self._terms[gap.kind]
        for term in draw.sample(terms, len(terms)):
            stem = _stem(term, gap.kind)
            if stem not in used and abs(len(term) - len(gap.term)) <= _NEAR and term.casefold() not in said:
                used.add(stem)
                found.append(term)
                if len(found) == 3:
                    break
        return found


def _stem(term: str, kind: str) -> str:
    """Return what no other option may have in common with a term, so that none is a form of another."""
    return term[:_STEM] if kind.startswith("word") else "".join(words(term))


def _common_words(chunks: Iterable[Chunk]) -> frozenset[str]:
    counts: Counter[str] = Counter()
    n = 0
    for chunk in chunks:
        n += 1
        counts.update(set(words(chunk.text)))
    return frozenset(word for word, count in counts.items() if count > max(1, _COMMON * n))


def _sentences(text: str, common: frozenset[str]) -> Iterator[_Sentence]:
    """Yield the sentences that stand by themselves and hold a term."""
    for paragraph in _paragraphs(text):
        for sentence in _SENTENCE.split(paragraph):
            alone = sentence[-1:] in (".", "!") and not _DANGLING.match(sentence) and "____" not in sentence
            if not alone or not _FEWEST <= len(sentence.split()) <= _MOST:
                continue
            if item_rules().found("not_self_contained", sentence):
                continue
            gaps = tuple(dict.fromkeys(_gaps(sentence, common)))
            if gaps:
                yield _Sentence(sentence, gaps)


def _paragraphs(text: str) -> Iterator[str]:
    """Yield the running text of Markdown: no headings, tables or code."""
    run: list[str] = []
    in_code = False
    for line in [*text.split("\n"), ""]:
        fence = line.lstrip().startswith(("```", "~~~"))
        in_code ^= fence
        broken = not line.strip() or fence or in_code or HEADING.fullmatch(line) or line.lstrip().startswith("|")
        if (broken or _ENTRY.match(line)) and run:
            yield " ".join(" ".join(run).replace("*", "").replace("`", "").split())
            run = []
        if not broken:
            run.append(_ENTRY.sub("", line, count=1))


def _gaps(sentence: str, common: frozenset[str]) -> Iterator[_Gap]:
    for found in _QUANTITY.finditer(sentence):
        yield _Gap(found[0], f"quantity {found[1]}")
    for found in _LEAD.finditer(sentence):
        yield _Gap(found[0], "lead")
    for found in _WORD.finditer(sentence):
        word = found[0]
        if word not in common and word not in _FUNCTION_WORDS and not word.endswith("ly"):
            yield _Gap(word, f"word {word[-3:]}")


def _blanked(sentence: str, terms: Sequence[str]) -> str:
    """Return a sentence with a gap for each occurrence of each term."""
    marks: Mapping[str, str] = {
        term.casefold(): BLANK if len(terms) == 1 else f"({n}) {BLANK}" for n, term in enumerate(terms, 1)
    }
    pattern = "|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True))
    return re.sub(
        rf"(?<!\w)(?:{pattern})(?!\w)", lambda match: marks[match[0].casefold()], sentence, flags=re.IGNORECASE
    )
