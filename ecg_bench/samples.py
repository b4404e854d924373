"""The values that flow from a task to a score: sample, request, response, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "content_filter"]


class Mode(StrEnum):
    """How an answer is got out of a model."""

    GENERATE = "generate"
    LOGLIKELIHOOD = "loglikelihood"


class Outcome(StrEnum):
    """What became of one sample; every sample ends in exactly one.

    All but ``ERROR`` are scored: an answer that could not be read counts as wrong. ``ERROR`` means that the model could
    not be asked; a resumed run asks again.
    """

    OK = "ok"
    UNPARSED = "unparsed"
    REFUSED = "refused"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Media:
    """Something that goes with a question beside its text, such as an ECG record or an image.

    Parameters
    ----------
    kind : str
        ``"ecg"`` or ``"image"``.
    path : str
        Where it lies, relative to the data file that names it.
    root : str
        The folder that `path` is relative to; empty where that is not known.
    disturbance : str
        How an ECG is disturbed before anyone sees it, as `ecg_bench.ecg.disturbance.Disturbance.parse` reads it; empty
        where it is shown as it is.
    seed : int
        Of the disturbance.

    Notes
    -----
    An ECG's path is a file that `ecg_bench.ecg.reading.read_ecg` reads, or ``synthetic:`` and the text of a
    `ecg_bench.ecg.synthesis.Spec`. `ecg_bench.ecg.media.open_media` opens either.
    """

    kind: str
    path: str
    root: str = ""
    disturbance: str = ""
    seed: int = 0

    @property
    def file(self) -> Path:
        """Where it lies on this machine."""
        return Path(self.root, self.path)


@dataclass(frozen=True, slots=True)
class Sample:
    """One item of a task.

    Parameters
    ----------
    id : str
        Unique in its task and stable across runs.
    index : int
        0-based position in the task's data.
    question : str
        The question's text.
    group : str
        The passage or document that the item stems from; items of one group are no independent evidence.
    topic, difficulty : str
        What results are sliced by; empty where the data doesn't say.
    type : str
        What kind of thing is asked, such as ``"definition"``; empty where the data doesn't say.
    options : tuple of str
        The options of a multiple-choice item in the order of the data; empty for an open question.
    key : int or None
        0-based position of the right option in `options`.
    reference : str or None
        The reference answer of an open question.
    media : tuple of Media
        What goes with the question beside its text.
    fields : mapping
        Every column of the data's row, for prompt templates and for metrics that need more (such as key points).
    """

    id: str
    index: int
    question: str
    group: str = ""
    topic: str = ""
    difficulty: str = ""
    type: str = ""
    options: tuple[str, ...] = ()
    key: int | None = None
    reference: str | None = None
    media: tuple[Media, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class GenerationParams:
    """How an answer is generated.

    Parameters
    ----------
    max_tokens : int
        The most tokens an answer may have.
    temperature : float
        0 is greedy decoding.
    seed : int
        For sampling; without effect at temperature 0.
    """

    max_tokens: int
    temperature: float
    seed: int


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a model for one sample, in one epoch, under one order of its options.

    Parameters
    ----------
    task, id : str
        Which sample.
    index, permutation : int
        The sample's position in its task, and the number of the order in which the options are shown.
    mode : Mode
        Whether the model writes an answer or scores given ones.
    messages : tuple of Message
        The prompt.
    params : GenerationParams
        How an answer is generated.
    question : str
        The question alone, for systems that look at it rather than at the prompt (retrieval, replayed answers).
    options : tuple of str
        The options in the order shown.
    order : str
        The order shown, as the letters that the options have in the data ("CADB": the data's C is shown first).
    prefill : str
        Log-likelihood mode: how the answer begins, after the prompt and before each continuation.
    continuations : tuple of str
        Log-likelihood mode: the texts to score.
    media : tuple of Media
        What goes with the question beside its text.
    epoch : int
        The number of the repetition; `params` has a seed of its own in each.
    schema : mapping, optional
        The JSON Schema that the answer must fit, for backends that can enforce one.
    judged : object, optional
        What a judge is asked about, for those that look at it rather than at the prompt.
    """

    task: str
    id: str
    index: int
    permutation: int
    mode: Mode
    messages: tuple[Message, ...]
    params: GenerationParams
    question: str
    options: tuple[str, ...] = ()
    order: str = ""
    prefill: str = ""
    continuations: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    epoch: int = 0
    schema: Mapping[str, Any] | None = None
    judged: object = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens read and written.

    Parameters
    ----------
    input_tokens : int
        All tokens of the prompt, those from a cache among them.
    output_tokens : int
        All tokens written, those of the reasoning among them.
    cached_tokens, cache_write_tokens : int
        Tokens of the prompt that a provider's prompt cache held, and that it took up.
    reasoning_tokens : int
        Tokens written before the answer proper.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A token of an answer, its log-probability in nats, and the likeliest tokens in its place with theirs."""

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a document that a system put before the question.

    Parameters
    ----------
    chunk, document, passage : str
        Its id, its document, and the passage of the document, as a sample's `group` names it.
    first_line, last_line : int
        Of the document's file, 1-based and inclusive.
    rank, retrieved : int
        1-based: its place among the excerpts, and where it stood before they were put into another order.
    score : float
        What the order goes by.
    title, heading, text : str
        What was shown.
    """

    chunk: str
    document: str
    passage: str
    first_line: int
    last_line: int
    rank: int
    retrieved: int
    score: float
    title: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Response:
    """What came back.

    Parameters
    ----------
    text : str
        The raw answer; empty in log-likelihood mode.
    loglikelihoods : tuple of float
        One for each continuation asked, in nats.
    finish_reason : str or None
        Why the model stopped: ``"stop"``, ``"length"``, ``"content_filter"``, or None where it isn't known.
    usage : Usage or None
        Tokens, where the backend counts them.
    latency_s : float
        Seconds from asking to having the answer, of the attempt that succeeded.
    error : str or None
        Why the model could not be asked; nothing else is meaningful then.
    reasoning : str
        What a reasoning model wrote before its answer, where the backend gives it apart.
    model : str or None
        The model that answered, by the server's own account.
    logprobs : tuple of TokenLogprob
        Of the answer's tokens, where they were asked for.
    retries : tuple of str
        The cause of each failed attempt before this response; filled by the engine.
    cached : bool
        Whether it comes from the response cache, and was neither asked nor paid for now.
    context : tuple of Excerpt or None
        What a retrieval system put before the question, empty where it found nothing; None for all other systems.
    """

    text: str = ""
    loglikelihoods: tuple[float, ...] = ()
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    latency_s: float = 0.0
    error: str | None = None
    reasoning: str = ""
    model: str | None = None
    logprobs: tuple[TokenLogprob, ...] = ()
    retries: tuple[str, ...] = ()
    cached: bool = False
    context: tuple[Excerpt, ...] | None = None

    def __post_init__(self) -> None:
        # Half of a surrogate pair, which JSON can hold and a cut-off answer ends in, can't be written to any file.
        for name in ("text", "reasoning"):
            value: str = getattr(self, name)
            if not value.isascii():
                whole = value.encode("utf-8", "replace").decode()
                if whole != value:
                    object.__setattr__(self, name, whole)


@dataclass(frozen=True, slots=True)
class Scored:
    """What an answer was read as, and its scores.

    Parameters
    ----------
    outcome : Outcome
        What became of the sample.
    parsed : str or None
        The answer read: for multiple choice the letter as shown, else the text; None where there is none.
    target : str or None
        The right answer in the same terms.
    choice : int or None
        Multiple choice: 0-based position in the data of the option chosen.
    scores : mapping of str to float
        Metric to score, each from 0 to 1; 0 throughout where the outcome is not ``ok``.
    """

    outcome: Outcome
    parsed: str | None = None
    target: str | None = None
    choice: int | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
