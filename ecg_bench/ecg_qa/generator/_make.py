"""Drawing questions so that nothing but the ECG gives the answer away."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ecg_bench.ecg.synthesis import Spec, draw_specs
from ecg_bench.ecg_qa.generator._facts import Facts, facts_of
from ecg_bench.ecg_qa.generator._templates import TEMPLATES, Template

FEWEST = 64  # ECGs, so that every finding is there
NEITHER = 0.25  # of questions for one of two things, and for what is new: so many have none as answer
BLANK = Facts(frozenset(), frozenset(), frozenset(), frozenset(), "", {}, frozenset())
AGAIN = ("seed", "noise_mv", "wander_mv")  # what another recording of the same heart has of its own


@dataclass(frozen=True)
class Question:
    """A question in the terms of ECG-QA, with the specs of the ECGs that it is about.

    Parameters
    ----------
    template_id, question_id, sample_id : int
        The kind, the kind with its wording, and a running number.
    question_type, attribute_type : str
        As in ECG-QA.
    question : str
        The question.
    answer : tuple of str
        The set of right answers, in the order of `options`.
    options : tuple of str
        The answers that are legal.
    ecg_id : tuple of int
        Numbers of the ECGs in this set of questions.
    attribute : tuple of str or None
        What is asked about.
    specs : tuple of Spec
        The truth of each ECG.
    """

    template_id: int
    question_id: int
    sample_id: int
    question_type: str
    attribute_type: str
    question: str
    answer: tuple[str, ...]
    options: tuple[str, ...]
    ecg_id: tuple[int, ...]
    attribute: tuple[str, ...] | None
    specs: tuple[Spec, ...]

    def row(self) -> dict[str, object]:
        """Return it as ECG-QA's files hold a question."""
        return {
            "template_id": self.template_id,
            "question_id": self.question_id,
            "sample_id": self.sample_id,
            "question_type": self.question_type,
            "attribute_type": self.attribute_type,
            "question": self.question,
            "answer": list(self.answer),
            "ecg_id": list(self.ecg_id),
            "attribute": None if self.attribute is None else list(self.attribute),
        }


def make_questions(
    n: int, seed: int, *, hertz: float = 500.0, comparisons: bool = True, templates: Sequence[Template] = TEMPLATES
) -> list[Question]:
    """Return questions on synthetic ECGs.

    Templates take turns. What is asked about is drawn first, each thing as often as any other; then whether it is so,
    by a coin; then an ECG for which that is true. A question for a set is drawn by its answer, each answer as often as
    any other. So neither the question nor how common a finding is gives the answer away.

    Parameters
    ----------
    n : int
        How many questions; about as many ECGs are drawn.
    seed : int
        Of the ECGs and of what is asked; the same seed gives the same questions.
    hertz : float
        Sampling rate of the ECGs.
    comparisons : bool
        Whether there are questions on two ECGs: of one patient, or of two.
    templates : sequence of Template
        The kinds to draw from.
    """
    rng = random.Random(f"questions {seed}")
    pool = _Pool(draw_specs(max(FEWEST, n), seed, hertz), rng)
    kinds = [one for one in templates if comparisons or one.ecgs == 1]
    return [_question(kinds[number % len(kinds)], number, pool) for number in range(n)]


class _Pool:
    """The ECGs of a set of questions, and the draws from them."""

    def __init__(self, specs: Sequence[Spec], rng: random.Random) -> None:
        self.specs = specs
        self.rng = rng
        self.facts = [facts_of(spec) for spec in specs]
        self._by_answer: dict[int, list[list[int]]] = {}
        self._by_truth: dict[tuple[int, str], dict[bool | None, list[int]]] = {}

    def places(self, template: Template, name: str) -> dict[bool | None, list[int]]:
        """Return the ECGs for which something is so, those for which it isn't, and those to which it can't apply."""
        key = (template.id, name)
        if key not in self._by_truth:
            found: dict[bool | None, list[int]] = {True: [], False: [], None: []}
            for n, one in enumerate(self.facts):
                # What is new in a second ECG after one with nothing is what it shows.
                found[template.holds([BLANK, one][-template.ecgs :], name)].append(n)
            self._by_truth[key] = found
        return self._by_truth[key]

    def subjects(self, template: Template) -> list[str]:
        """Return what can be asked about with either answer."""
        every = ((name, self.places(template, name)) for name in template.subjects)
        return [name for name, places in every if places[True] and places[False]]

    def any_place(self) -> int:
        """Return a random ECG."""
        return self.rng.randrange(len(self.specs))

    def answered(self, template: Template) -> int:
        """Return an ECG of a random answer; in a comparison, of the answer that it gives after an ECG with nothing."""
        if template.id not in self._by_answer:
            groups: dict[frozenset[str], list[int]] = defaultdict(list)
            for n, one in enumerate(self.facts):
                groups[template.solve([BLANK, one][-template.ecgs :], ())].append(n)
            self._by_answer[template.id] = [groups[answer] for answer in sorted(groups, key=sorted)]
        return self.rng.choice(self.rng.choice(self._by_answer[template.id]))


def _question(template: Template, number: int, pool: _Pool) -> Question:
    asked, places = _drawn(template, pool)
    specs = [pool.specs[place] for place in places]
    ids = list(places)
    if len(places) == 2 and places[0] == places[1]:  # another recording of the same heart, with a number of its own
        own = pool.specs[pool.any_place()]
        specs[1] = replace(specs[0], **{name: getattr(own, name) for name in AGAIN})
        ids[1] = len(pool.specs) + number
    answer = template.solve([facts_of(spec) for spec in specs], asked)
    options = template.legal(asked)
    wording = pool.rng.randrange(len(template.wordings))
    text = template.wordings[wording].format(*asked)
    return Question(
        template_id=template.id,
        question_id=100 * template.id + wording,
        sample_id=number,
        question_type=template.question_type,
        attribute_type=template.attribute_type,
        question=text[:1].upper() + text[1:],
        answer=tuple(option for option in options if option in answer),
        options=options,
        ecg_id=tuple(ids),
        attribute=asked or None,
        specs=tuple(specs),
    )


def _drawn(template: Template, pool: _Pool) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return what to ask about and of which ECGs; the same one twice for two recordings of it."""
    rng = pool.rng
    if not template.asked:
        second = pool.answered(template)
        if template.ecgs == 1:
            return (), (second,)
        return (), (second if rng.random() < NEITHER else pool.any_place(), second)
    subjects = pool.subjects(template)
    name = rng.choice(subjects)
    places = pool.places(template, name)
    if template.asked == 2:
        return _one_of_two(template, name, subjects, pool)
    so = rng.random() < 0.5
    if template.ecgs == 1:
        return (name,), (rng.choice(places[so]),)
    # Of the four combinations one is new; the other three share the questions that are answered with no.
    before, after = (False, True) if so else rng.choice(((False, False), (True, True), (True, False)))
    return (name,), (rng.choice(places[before]), rng.choice(places[after]))


def _one_of_two(
    template: Template, name: str, subjects: Sequence[str], pool: _Pool
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return two things to ask about, of which an ECG has the first, or neither."""
    so = pool.rng.random() >= NEITHER
    place = pool.rng.choice(pool.places(template, name)[so])
    others = [other for other in subjects if other != name and (so or not template.holds([pool.facts[place]], other))]
    first, second = pool.rng.sample((name, pool.rng.choice(others)), 2)
    return (first, second), (place,)
