"""The samples of a board's runs as elements of its page, for the sample browser to read there.

Each element holds a part: ``words``, a list of frequent words; ``task-N``, the index of a task; ``block-N``, the texts
of some samples; and ``manifest``, which names the others. They are compressed, and are read by ``samples-data.js``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np

from ecg_bench.errors import UserError
from ecg_bench.evaluation import Run
from ecg_bench.ratings import Rating
from ecg_bench.reports._samples_blocks import block
from ecg_bench.reports._samples_index import described, packed_index
from ecg_bench.reports._samples_room import Room, worth
from ecg_bench.reports._samples_survey import TEXT_METRIC, Survey
from ecg_bench.reports._samples_words import Words, element, packed

BUDGET = 13_500_000  # bytes: leaves 1.5 MB of 15 for everything else on the page
FRAME = len(element("block-99999", ""))
SCRIPTS = (
    *("samples-data.js", "samples-filter.js", "samples-list.js", "samples-detail.js", "samples-controls.js"),
    "samples.js",
)


def sample_elements(
    runs: Mapping[str, Sequence[Run]], *, ratings: Sequence[Rating] = (), budget: int = BUDGET
) -> Iterator[str]:
    """Yield the elements that hold every sample of some runs: prompts, answers, scores, verdicts and human marks.

    Runs are read twice, a line at a time; what is held in memory is the index and the texts of one part. Where not all
    texts fit, the index of all samples stays, and so do the texts of samples that humans rated, and then of those on
    which systems differ most; the page says how many are missing. Log-probabilities of tokens are never part of a page.

    Parameters
    ----------
    runs : mapping of str to sequence of Run
        Each system's runs, by its name on the board, in the order in which they are shown.
    ratings : sequence of Rating
        Joined to the answers that they are about by system, task and sample, or by the question's text.
    budget : int
        Bytes that all elements together may take.

    Raises
    ------
    UserError
        If a run is damaged, or the index alone is larger than the budget.
    """
    survey = Survey(runs, ratings)
    tasks = list(survey.tasks.values())
    words = Words(survey.examples)
    without: list[str] = []
    indexes = [packed_index(task) for task in tasks]
    if sum(map(len, indexes)) > budget / 2:
        without = [TEXT_METRIC]
        indexes = [packed_index(task, without) for task in tasks]
    elements = [element("words", packed(words.list))]
    elements += [element(f"task-{n}", text) for n, text in enumerate(indexes)]
    rows = sum(len(task.rows) for task in tasks)
    # The manifest names the rows of each block: at most six digits and commas each, which become half as long.
    room = budget - sum(map(len, elements)) - 4 * rows - 20_000 - 200 * sum(len(task.tracks) for task in tasks)
    if room < 0:
        raise UserError(
            f"{rows} samples of {len(survey.systems)} systems are too many for one page: "
            "name fewer runs, or leave the samples out"
        )
    yield from elements
    blocks: list[dict[str, Any]] = []
    starts = np.cumsum([0, *(len(task.rows) for task in tasks)])
    shelf = _room(survey, words, room)
    for number, chosen in shelf.blocks():
        task = tasks[number]
        numbers = [row - int(starts[number]) for row in chosen]
        order = task.order
        text = block(task, survey.runs, [int(order[row]) for row in numbers], numbers).packed(words)
        if shelf.spend(chosen, len(text) + FRAME):
            part = f"block-{len(blocks)}"
            blocks.append({"part": part, "task": number, "rows": numbers})
            yield element(part, text)
    yield element(
        "manifest",
        packed(
            {
                "systems": survey.systems,
                "tasks": [described(survey, task, f"task-{n}", without) for n, task in enumerate(tasks)],
                "blocks": blocks,
                "samples": rows,
                "left_out": shelf.left_out,
                "without": without,
            }
        ),
    )


def _room(survey: Survey, words: Words, room: int) -> Room:
    tasks = list(survey.tasks.values())
    sizes = [task.sizes.arranged(task.order) for task in tasks]
    numbers = [np.full(len(task.rows), n) for n, task in enumerate(tasks)]
    worths = [worth(task) for task in tasks]
    examples = survey.examples[:4000]
    rate = len(packed([], words.encode(examples))) / max(1, sum(map(len, examples)))
    return Room(_joined(sizes), _joined(numbers), _joined(worths), room, rate)


def _joined(arrays: Sequence[Any]) -> Any:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)


def sample_style() -> str:
    """Return the style sheet of the sample browser."""
    return (files(__package__) / "samples.css").read_text(encoding="utf-8")


def sample_script() -> str:
    """Return the script of the sample browser, which fills the element ``sample-browser`` of a page."""
    parts = ((files(__package__) / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return '(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"
