"""Tasks on synthetic ECGs: nothing is stored, everything follows from a seed."""

from __future__ import annotations

from typing import Annotated

from ecg_bench.cards import TaskCard
from ecg_bench.domains import MadeDataset
from ecg_bench.ecg.synthesis import draw_specs, report_of, spec_text
from ecg_bench.ecg_qa import join
from ecg_bench.ecg_qa.generator import Question, make_questions
from ecg_bench.errors import UserError
from ecg_bench.samples import Media, Sample

# Of the shipped tasks. Seeds below 1,000 are for tasks that are reported; who trains on synthetic ECGs takes others.
QA_SEED, REPORT_SEED = 81, 82
MADE_FROM = "synthetic ECGs"
REPORT = "Write a short report of this ECG: rhythm, rate, conduction, and every abnormal finding."


def signal_qa(
    _card: TaskCard,
    *,
    n: Annotated[int, "how many questions"] = 320,
    seed: Annotated[int, "of the ECGs and the questions"] = QA_SEED,
    hertz: Annotated[float, "samples a second"] = 500.0,
    comparisons: Annotated[bool, "whether there are questions on two ECGs"] = True,
) -> MadeDataset:
    """Return questions on synthetic ECGs in the format of ECG-QA; see `ecg_bench.ecg_qa.generator.make_questions`.

    Raises
    ------
    UserError
        If `n` is below 1.
    """
    _check(n)

    def made() -> list[Sample]:
        questions = make_questions(n, seed, hertz=hertz, comparisons=comparisons)
        return [_question(one, place, seed) for place, one in enumerate(questions)]

    return MadeDataset(made, f"{MADE_FROM}, seed {seed}")


def signal_report(
    _card: TaskCard,
    *,
    n: Annotated[int, "how many ECGs"] = 240,
    seed: Annotated[int, "of the ECGs and the wording of the reports"] = REPORT_SEED,
    hertz: Annotated[float, "samples a second"] = 500.0,
) -> MadeDataset:
    """Return reports of synthetic ECGs, in wording that varies.

    Raises
    ------
    UserError
        If `n` is below 1.
    """
    _check(n)

    def made() -> list[Sample]:
        return [
            Sample(
                id=f"r{place:05d}",
                index=place,
                question=REPORT,
                group=f"ecg {place}",
                type="report",
                reference=report_of(spec, seed=spec.seed),
                media=(Media("ecg", f"synthetic:{spec_text(spec)}"),),
                fields={"language": "English"},
            )
            for place, spec in enumerate(draw_specs(n, seed, hertz))
        ]

    return MadeDataset(made, f"{MADE_FROM}, seed {seed}")


def _check(n: int) -> None:
    if n < 1:
        raise UserError(f"--task-arg n={n}: there must be at least 1 sample")


def _question(one: Question, place: int, seed: int) -> Sample:
    row = one.row()
    row["ecg_id"] = [f"synthetic {seed}/{number}" for number in one.ecg_id]
    return Sample(
        id=f"q{place:05d}",
        index=place,
        question=one.question,
        group=f"ecg {one.ecg_id[0]}",
        topic=topic_of(one.template_id, one.attribute_type),
        type=one.question_type,
        options=one.options,
        reference=join(one.answer),
        media=tuple(Media("ecg", f"synthetic:{spec_text(spec)}") for spec in one.specs),
        fields={**row, "options": list(one.options)},
    )


def topic_of(template: int, attribute_type: str) -> str:
    """Return what questions of a template are sliced by: macro means over templates are means over these."""
    return f"template {template:02d} {attribute_type.replace('_', ' ')}"
