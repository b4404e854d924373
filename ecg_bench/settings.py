"""What a user chooses about a run, beside the model and the tasks."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ecg_bench.errors import UserError
from ecg_bench.samples import Mode

ScoreBy = Literal["letter", "option"]
Shown = Literal["signal", "image", "features", "none", ""]
EcgAs = Literal["signal", "image", "features"]
PRESENTATIONS: tuple[EcgAs, ...] = ("signal", "image", "features")


@dataclass(frozen=True)
class Settings:
    """How the tasks of a run are asked; recorded in the run, and equal when it is resumed.

    Parameters
    ----------
    mode : Mode
        Whether the model writes an answer (``generate``) or the options are compared by their probability
        (``loglikelihood``).
    seed : int
        Seeds the order of options, the choice of samples under `limit`, few-shot examples and sampling.
    limit : int, optional
        Ask only so many samples of each task, drawn at random under the seed.
    permutations : int
        Under how many orders of its options each multiple-choice item is asked.
    num_fewshot : int
        How many worked examples, from the task's own pool, come before the question.
    score_by : {"letter", "option"}
        Log-likelihood mode: compare the letters after a prompt that shows the options, or the options' texts after a
        prompt that doesn't.
    max_tokens : int, optional
        The most tokens an answer may have; the task's own number if not given.
    temperature : float, optional
        0 is greedy decoding; the task's own number if not given.
    epochs : int
        How often each request is repeated, each time under a seed of its own.
    ecg_as : {"signal", "image", "features"}, optional
        As what an ECG is shown: its samples, a picture of the printed page, or measurements in words. What the system
        takes first, if not given.
    no_signal : bool
        Show no ECG, as a control: whoever is as good without it answers from the question.
    perturb : str, optional
        How each ECG is disturbed before it is shown, such as ``snr=10,noise=muscle``.

    Raises
    ------
    UserError
        If a number is out of its range.
    """

    mode: Mode = Mode.GENERATE
    seed: int = 0
    limit: int | None = None
    permutations: int = 1
    num_fewshot: int = 0
    score_by: ScoreBy = "letter"
    max_tokens: int | None = None
    temperature: float | None = None
    epochs: int = 1
    ecg_as: EcgAs | None = None
    no_signal: bool = False
    perturb: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "mode", Mode(self.mode))
        lows = {"limit": 1, "permutations": 1, "epochs": 1, "num_fewshot": 0, "max_tokens": 1, "temperature": 0}
        for name, low in lows.items():
            value = getattr(self, name)
            if value is not None and value < low:
                raise UserError(f"{name} must be at least {low}, but is {value}")
        if self.score_by not in ("letter", "option"):
            raise UserError(f"score_by must be 'letter' or 'option', but is {self.score_by!r}")
        if self.ecg_as is not None and self.ecg_as not in PRESENTATIONS:
            raise UserError(f"ecg_as must be {', '.join(PRESENTATIONS)}, but is {self.ecg_as!r}")

    def epoch_seed(self, epoch: int) -> int:
        """Return the seed of sampling in an epoch; the first has the run's own."""
        return self.seed if epoch == 0 else random.Random(f"epoch {self.seed} {epoch}").randrange(2**31)

    def as_record(self) -> dict[str, Any]:
        """Return the settings as a run's header holds them."""
        return asdict(self)
