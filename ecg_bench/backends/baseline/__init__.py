"""Systems that know nothing, or only how to search: what any model has to beat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import ClassVar

from ecg_bench.backends.base import Backend, ModelCard
from ecg_bench.domains import Task
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.samples import Excerpt, Request, Response
from ecg_bench.settings import Settings

NAMES = {
    "random": "a letter drawn at random under the seed",
    "first": "the first option shown",
    "longest": "the longest option",
    "bm25": "the option (or the sentences) that the passages of the domain's corpus support best",
    "rule-reader": "what rules make of the measurements of an ECG",
    "constant": "that every ECG is normal",
    "majority": "the commonest right answer to each kind of question; a bound, since it knows the right answers",
    "lexical-judge": "a judge: key points by their words, and critical tokens that contradict",
}


class Baseline(Backend):
    """``baseline/random``, ``first``, ``longest``, ``bm25``, ``lexical-judge``, and those for ECGs.

    Parameters
    ----------
    name : str
        Which of them.
    """

    summary: ClassVar[str] = (
        "random, first, longest, bm25, rule-reader, constant, majority, lexical-judge: no model, no key, no download"
    )
    batch_size = 256
    takes = ("signal",)

    def __init__(self, name: str) -> None:
        if name not in NAMES:
            raise UserError(f"there is no model baseline/{name}{did_you_mean(name, NAMES)}")
        self._name = name
        self._answer: dict[str, Callable[[Request], str | tuple[str, Excerpt]]] = {}
        self.retrieves = name == "bm25"

    def card(self) -> ModelCard:
        identity = {"bm25s": version("bm25s")} if self._name == "bm25" else {}
        return ModelCard("baseline", self._name, identity=identity)

    def prepare(self, tasks: Sequence[Task], settings: Settings) -> None:
        for task in tasks:
            if (task.card.type == "judgement") != (self._name == "lexical-judge"):
                does = (
                    "judges answers and gives none"
                    if self._name == "lexical-judge"
                    else "gives answers and judges none"
                )
                raise UserError(f"baseline/{self._name} {does}: use another model")
        if self._name == "lexical-judge":
            self._prepare_judge(tasks)
            return
        if self._name == "bm25":
            from ecg_bench.backends.baseline._bm25 import PassageSearch

            searches: dict[int, PassageSearch] = {}
            for task in tasks:
                corpus = task.domain.corpus if task.domain else None
                if corpus is None:
                    raise UserError(f"baseline/bm25 searches a corpus, and {task.name} has none: use another model")
                search = searches.setdefault(id(corpus), PassageSearch(corpus))
                self._answer[task.name] = search.answer
            return
        if self._name in ("rule-reader", "constant", "majority"):
            from ecg_bench.backends.baseline import _ecg

            makers = {"rule-reader": _ecg.rule_reader, "constant": _ecg.constant, "majority": _ecg.majority}
            self._answer |= {task.name: makers[self._name](task) for task in tasks}
            return
        from ecg_bench.backends.baseline import _choice

        rule = {"random": _choice.at_random, "first": _choice.first, "longest": _choice.longest}[self._name]
        for task in tasks:
            if task.card.type != "multiple_choice":
                raise UserError(
                    f"baseline/{self._name} answers multiple choice only, but {task.name} is open: use baseline/bm25"
                )
            self._answer[task.name] = rule

    def _prepare_judge(self, tasks: Sequence[Task]) -> None:
        from functools import partial

        from ecg_bench.backends.baseline._lexical_judge import verdict

        for task in tasks:
            self._answer[task.name] = partial(verdict, task.type.judge)  # type: ignore[attr-defined]  # of a Judgement

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        return [self._response(request) for request in requests]

    def _response(self, request: Request) -> Response:
        try:
            answer = self._answer[request.task](request)
        except UserError as error:  # an ECG that can't be read is no fault of the others
            return Response(error=str(error))
        text, context = (answer, None) if isinstance(answer, str) else (answer[0], answer[1:])
        return Response(text, finish_reason="stop", context=context)
