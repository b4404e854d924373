"""From runs to curves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecg_bench._version import VERSION
from ecg_bench.comparison import DifferenceRecord, compare
from ecg_bench.ecg.disturbance import Disturbance
from ecg_bench.errors import UserError
from ecg_bench.evaluation import Run, load_run
from ecg_bench.files import make_folder, to_json, write_whole
from ecg_bench.robustness._records import CurveRecord, PointRecord, RobustnessRecord
from ecg_bench.robustness._render import as_csv, as_markdown, plots_of
from ecg_bench.runs import EstimateRecord
from ecg_bench.statistics import holm

# What each number of a disturbance is called; the value that disturbs nothing, and whether more of it disturbs more.
KNOBS = {
    "snr": ("signal-to-noise ratio in dB", None, False),
    "meit": ("largest share under MEIT's noise", 0.0, True),
    "lost": ("leads lost", 0.0, True),
    "time": ("time scale", 1.0, True),
    "gain": ("amplitude scale", 1.0, True),
}


class Robustness(RobustnessRecord):
    """Curves, as data, and ready to be written."""

    def write(self, folder: str | Path) -> None:
        """Write ``robustness.json``, ``.md`` and ``.csv``, and a plot for each task and kind of disturbance.

        Raises
        ------
        UserError
            If the folder can't be written.
        """
        from ecg_bench.plots import write_plots

        out = make_folder(folder)
        write_whole(out / "robustness.json", to_json(self.model_dump(mode="json")))
        write_whole(out / "robustness.md", as_markdown(self))
        write_whole(out / "robustness.csv", as_csv(self))
        write_plots(plots_of(self), out)

    def _repr_markdown_(self) -> str:
        return as_markdown(self)


@dataclass(frozen=True)
class _Disturbed:
    """A run, what is varied in it, and how much of it there is; empty and None for nothing."""

    run: Run
    kind: str
    knob: str
    level: float | None
    system: str
    model: str
    same: str  # equal for runs that differ in nothing but the disturbance, or in what the system is called

    @property
    def control(self) -> bool:
        return bool(self.run.header.settings.get("no_signal"))


def robustness(runs: Sequence[str | Path | Run], *, metric: str | None = None, seed: int = 0) -> Robustness:
    """Say how scores fall as ECGs are disturbed.

    Runs of one system with the same settings make a curve where they differ in how much of one disturbance there is
    (``--perturb snr=10,noise=muscle``, then ``snr=5``, and so on). A run without any is where the curve begins, and
    each other is compared with it, sample by sample. A run with ``--no-signal`` is what a curve can fall to.

    Parameters
    ----------
    runs : sequence of path or Run
        Complete runs, of any systems and disturbances.
    metric : str, optional
        One of ``results.json``. Each task's main metric, if not given.
    seed : int
        Of the paired tests.

    Raises
    ------
    UserError
        If a run is incomplete, a disturbance varies two things at once, or no run has one.
    """
    found = [_look_at(run if isinstance(run, Run) else load_run(run)) for run in runs]
    groups: dict[tuple[str, str, str], list[_Disturbed]] = {}
    for one in found:
        if one.kind:
            groups.setdefault((one.system, one.same, one.kind), []).append(one)
    if not groups:
        raise UserError("none of these runs has a disturbance: make some with eval … --perturb snr=10,noise=muscle")
    curves: list[CurveRecord] = []
    notices: list[str] = []
    for (system, same, kind), disturbed in groups.items():
        alike = [one for one in found if one.same == same and not one.kind]
        clean = next((one for one in alike if one.system == system and not one.control), None)
        model = disturbed[0].model  # a control is often a row of its own, under another name
        control = next((one for one in alike if one.control and (one.system == system or one.model == model)), None)
        if clean is None:
            notices.append(f"{system}, {kind}: there is no undisturbed run to compare with")
        curves += _curves_of(disturbed, clean, control, kind, metric, seed)
    for one in found:
        for task, result in one.run.results.tasks.items():
            if result.outcomes["error"]:
                what = one.run.header.settings.get("perturb") or "undisturbed"
                notices.append(
                    f"{one.run.system}, {task}, {what}: {result.outcomes['error']} of {result.n} requests ended in "
                    "errors and score 0, which is no fall of the system: ask them again first"
                )
    if not curves:
        raise UserError(f"no task of these runs has the metric {metric!r}")
    return Robustness(ecg_bench=VERSION, curves=_adjusted(curves), notices=notices)


def _look_at(run: Run) -> _Disturbed:
    settings = dict(run.header.settings)
    text = settings.pop("perturb", None) or ""
    settings.pop("no_signal", None)
    tasks = [(task.name, task.version, task.data_sha256) for task in run.header.tasks]
    system = run.header.system
    same = json.dumps([system.provider, system.identity, settings, tasks], sort_keys=True, default=str)
    kind, knob, level = _varied(Disturbance.parse(text), text) if text else ("", "", None)
    return _Disturbed(run, kind, knob, level, system.name, system.model, same)


def _varied(disturbance: Disturbance, text: str) -> tuple[str, str, float]:
    """Return what a disturbance varies, in words and by its name, and how much of it there is."""
    lost = disturbance.lost
    values = {
        "snr": disturbance.snr,
        "meit": disturbance.meit,
        "lost": float(lost if isinstance(lost, int) else len(lost)),
        "time": disturbance.time,
        "gain": disturbance.gain,
    }
    varied = [name for name, value in values.items() if value != KNOBS[name][1]]
    if len(varied) != 1:
        raise UserError(f"the disturbance {text!r} varies {' and '.join(varied)} at once: a curve is of one")
    (knob,) = varied
    words = KNOBS[knob][0]
    kind = f"{words}, {' + '.join(disturbance.noise)} noise" if knob == "snr" else words
    return kind, knob, float(values[knob] or 0.0)


def _curves_of(
    disturbed: Sequence[_Disturbed],
    clean: _Disturbed | None,
    control: _Disturbed | None,
    kind: str,
    metric: str | None,
    seed: int,
) -> Iterator[CurveRecord]:
    more = KNOBS[disturbed[0].knob][2]
    ordered = sorted(disturbed, key=lambda one: (one.level or 0.0) * (1 if more else -1))
    for task, result in disturbed[0].run.results.tasks.items():
        name = metric or result.main_metric
        if name not in result.metrics:
            continue
        points = [] if clean is None else [_point(clean, None, task, name, seed)]
        yield CurveRecord(
            task=task,
            metric=name,
            system=disturbed[0].run.system,
            disturbance=kind,
            points=[*points, *(_point(one, clean, task, name, seed) for one in ordered)],
            control=None if control is None else control.run.results.tasks[task].metrics[name],
        )


def _point(one: _Disturbed, clean: _Disturbed | None, task: str, metric: str, seed: int) -> PointRecord:
    estimate: EstimateRecord = one.run.results.tasks[task].metrics[metric]
    difference: DifferenceRecord | None = None
    if clean is not None:
        (compared,) = compare(clean.run, one.run, tasks=[task], metric=metric, seed=seed).tasks
        difference = next((found.difference for found in compared.metrics if found.metric == metric), None)
    return PointRecord(
        run=str(one.run.path),
        perturb=one.run.header.settings.get("perturb") or "",
        level=one.level,
        estimate=estimate,
        difference=difference,
    )


def _adjusted(curves: Sequence[CurveRecord]) -> list[CurveRecord]:
    """Return the curves with Holm's p-values over all points."""
    tested = [
        point.difference.p
        for curve in curves
        for point in curve.points
        if point.difference is not None and point.difference.p is not None
    ]
    p_values = iter(holm(tested).tolist() if tested else [])
    adjusted = []
    for curve in curves:
        points = []
        for point in curve.points:
            one = point.difference
            if one is not None and one.p is not None:
                one = one.model_copy(update={"p_holm": next(p_values)})
            points.append(point.model_copy(update={"difference": one}))
        adjusted.append(curve.model_copy(update={"points": points}))
    return adjusted
