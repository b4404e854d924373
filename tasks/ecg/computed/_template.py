"""What a template gives: a question, its inputs, the right answer, and wrong ones each with the error that makes it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Inputs = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """A kind of computed item.

    Parameters
    ----------
    name : str
        Stands in the item's ``computation``.
    draw : callable
        Draws inputs from a random generator; they are JSON values.
    answer : callable
        The right option's text from the inputs. This is the computation.
    errors : callable
        Named errors and the texts that they lead to, from the inputs; the first three that differ are used.
    stems : tuple of str
        Wordings of the question, filled with the inputs by ``str.format``.
    rationale : str
        Why the key is right, filled with the inputs and ``answer``.
    topic, difficulty, group : str
        As in every item.
    show : callable, optional
        Turns the inputs into what stems and rationale are filled with.
    count : int
        How many items to make.
    """

    name: str
    draw: Callable[[random.Random], Inputs]
    answer: Callable[..., str]
    errors: Callable[..., Mapping[str, str]]
    stems: tuple[str, ...]
    rationale: str
    topic: str
    difficulty: str
    group: str
    show: Callable[..., Mapping[str, Any]] | None = None
    count: int = 3

    def fill(self, text: str, inputs: Inputs) -> str:
        """Fill a stem or the rationale."""
        shown = {**inputs, **(self.show(**inputs) if self.show else {})}
        return text.format(**shown, answer=self.answer(**inputs))

    def wrong(self, inputs: Inputs) -> list[tuple[str, str]]:
        """Return the first three distinct wrong texts with their errors; fewer if the errors happen to agree."""
        taken = {self.answer(**inputs)}
        found = []
        for error, text in self.errors(**inputs).items():
            if text not in taken:
                taken.add(text)
                found.append((text, error))
        return found[:3]


def number(value: float, digits: int = 0) -> str:
    """Return a number without needless zeros."""
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def bpm(value: float) -> str:
    """Return a rate as an option shows it."""
    return f"{number(value)} per minute"


def ms(value: float) -> str:
    """Return a duration as an option shows it."""
    return f"{number(value)} ms"


def mm(value: float) -> str:
    """Return a voltage as an option shows it."""
    return f"{number(value, 1)} mm"


def signed(value: float) -> str:
    """Return a number with its sign, a real minus among them."""
    return f"+{number(value, 1)}" if value > 0 else number(value, 1).replace("-", "−")
