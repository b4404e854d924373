"""How an ECG is shown to a system: as a signal, as a picture, as measurements in words, or, for a control, not at all.

This is the one place between what a task asks and what a backend gets. A request leaves it with media of kind ``ecg``
where the system takes signals or pictures (a backend that sends pictures draws the page when it sends it), and with
none where measurements stand in the prompt or no ECG is to be seen.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ecg_bench.ecg.media import open_media
from ecg_bench.errors import UserError
from ecg_bench.samples import Media, Message, Request
from ecg_bench.settings import EcgAs, Settings, Shown

NO_ECG = "No ECG is available for this question: answer it without one."
MEASURED = "What a program measured on {which}:"
ORDINALS = ("the first ECG", "the second ECG", "the third ECG")
MEASUREMENTS_KEPT = 64  # all requests of a sample follow on one another


@dataclass(frozen=True)
class Presentation:
    """How the ECGs of a run are shown.

    Parameters
    ----------
    shown : {"signal", "image", "features", "none", ""}
        As what; empty where no task of the run has an ECG.
    disturbance : str
        How each is disturbed first; empty for not at all.
    seed : int
        Of the disturbances; each record has its own, drawn from this and its path.
    """

    shown: Shown = ""
    disturbance: str = ""
    seed: int = 0

    def of(self, kinds: Collection[str]) -> tuple[Shown, str]:
        """Return as what, and how disturbed, the ECGs of a task are shown whose samples have media of some kinds."""
        return (self.shown, self.disturbance) if "ecg" in kinds else ("", "")

    def present(self, request: Request) -> Request:
        """Return a request as its backend is to get it.

        Raises
        ------
        UserError
            If an ECG has to be measured and can't be read.
        """
        ecgs = [one for one in request.media if one.kind == "ecg"]
        if not ecgs:
            return request
        others = tuple(one for one in request.media if one.kind != "ecg")
        if self.shown == "none":
            return replace(request, media=others, messages=_headed(request.messages, NO_ECG))
        if self.disturbance:
            ecgs = [self._disturbed(one) for one in ecgs]
        if self.shown != "features":
            return replace(request, media=(*ecgs, *others))
        names = ("the ECG",) if len(ecgs) == 1 else ORDINALS
        if len(ecgs) > len(names):
            raise UserError(f"{request.task} {request.id}: {len(ecgs)} ECGs are more than can be told apart in words")
        texts = [f"{MEASURED.format(which=name)}\n{_measured(one)}" for name, one in zip(names, ecgs, strict=False)]
        return replace(request, media=others, messages=_headed(request.messages, "\n\n".join(texts)))

    def _disturbed(self, media: Media) -> Media:
        seed = random.Random(f"disturb {self.seed} {media.path}").randrange(2**31)
        return replace(media, disturbance=self.disturbance, seed=seed)


NO_ECGS = Presentation()


def presentation_for(system: str, takes: Sequence[EcgAs], settings: Settings, kinds: Collection[str]) -> Presentation:
    """Return how a run shows its ECGs.

    Parameters
    ----------
    system : str
        Its name, for messages.
    takes : sequence of str
        As what the system takes an ECG, in order of preference.
    settings : Settings
        What the user chose.
    kinds : collection of str
        The kinds of media that the samples of the run have.

    Raises
    ------
    UserError
        If the system doesn't take an ECG so, or the choice makes no sense for the tasks.
    """
    asked = {"--ecg-as": settings.ecg_as, "--no-signal": settings.no_signal, "--perturb": settings.perturb}
    given = [name for name, value in asked.items() if value]
    if "ecg" not in kinds:
        if given:
            raise UserError(f"{given[0]} says how ECGs are shown, and no task of this run has any: leave it out")
        return NO_ECGS
    if settings.no_signal:
        if len(given) > 1:
            other = next(name for name in given if name != "--no-signal")
            raise UserError(f"--no-signal shows no ECG at all: leave out {other}")
        return Presentation("none")
    shown: EcgAs = settings.ecg_as or takes[0]
    if shown not in takes:
        raise UserError(f"{system} can't be shown an ECG as {shown}: it takes --ecg-as {' or '.join(takes)}")
    if settings.perturb:
        from ecg_bench.ecg.disturbance import Disturbance

        Disturbance.parse(settings.perturb)
    return Presentation(shown, settings.perturb or "", settings.seed)


def _headed(messages: tuple[Message, ...], text: str) -> tuple[Message, ...]:
    """Return the messages with a text at the head of the last one, which asks."""
    *before, last = messages
    return (*before, replace(last, content=f"{text}\n\n{last.content}"))


@lru_cache(maxsize=MEASUREMENTS_KEPT)
def _measured(media: Media) -> str:
    from ecg_bench.ecg.measuring import measure

    return measure(open_media(media)).text()
