"""The plot of the losses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ecg_bench.adapters.finetune._watch import read_log
from ecg_bench.files import write_whole
from ecg_bench.plots import Curve, curves, standalone

SMOOTHED = 60  # points of the training's curve


def write_loss_plot(log: Path, plot: Path, *, kept: int | None) -> None:
    """Draw a log's losses on the training and on the selection rows, and mark the step that was kept."""
    rows = read_log(log)
    train = [(float(row["step"]), float(row["loss"])) for row in rows if row["loss"]]
    selection = [(float(row["step"]), float(row["eval_loss"])) for row in rows if row["eval_loss"]]
    lines = [Curve("training", _means(train), kind="third", dots=False), Curve("selection", selection)]
    title = "Loss of an answer's token" + ("" if kept is None else f"; step {kept} was kept")
    svg = curves([line for line in lines if line.points], title=title, x_axis="step", y_axis="nats", at=kept)
    write_whole(plot, standalone(svg))


def _means(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the means of runs of points that follow each other, so that not more than about 60 are left."""
    size = max(1, -(-len(points) // SMOOTHED))
    blocks = [points[n : n + size] for n in range(0, len(points), size)]
    return [(sum(x for x, _ in block) / len(block), sum(y for _, y in block) / len(block)) for block in blocks]
