"""The layers that an agreement report brings: a judge's scores, corrected for its errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from ecg_bench.agreement import AgreementRecord
from ecg_bench.boards._records import (
    CellRecord,
    DifferenceRecord,
    ItemAssociationRecord,
    LayerRecord,
    MarkRecord,
)
from ecg_bench.errors import UserError
from ecg_bench.files import describe

REPORT = "agreement.json"
SCORE = "mean score"


def read_agreements(sources: Sequence[str | Path | AgreementRecord]) -> list[AgreementRecord]:
    """Return agreement reports: folders that ``ecg-bench agreement --out`` has written, or their ``agreement.json``.

    Raises
    ------
    UserError
        If one is none.
    """
    found = []
    for source in sources:
        if isinstance(source, AgreementRecord):
            found.append(source)
            continue
        path = Path(source) / REPORT if Path(source).is_dir() else Path(source)
        try:
            found.append(AgreementRecord.model_validate_json(path.read_bytes()))
        except OSError:
            raise UserError(
                f"holds no {REPORT}: --agreement takes what ecg-bench agreement --out has written", path=Path(source)
            ) from None
        except ValidationError as error:
            raise UserError(f"is no agreement report of this version: {describe(error)}", path=path) from None
    return found


def corrected_layers(agreements: Sequence[AgreementRecord]) -> Iterator[LayerRecord]:
    """Yield the corrected leaderboards of agreement reports as layers."""
    for report in agreements:
        for one in report.corrected:
            cells = [
                CellRecord(
                    system=row.system,
                    value=row.corrected.value,
                    low=row.corrected.low,
                    high=row.corrected.high,
                    method=row.corrected.method,
                    n=row.judged,
                    samples=row.judged,
                    clusters=row.corrected.clusters,
                    signature=f"corrected {one.target}|judge:{one.judge}|gold:{report.gold}|{row.corrected.method}",
                    how=f"{one.why} {row.judged} answers judged, {row.rated} of them rated by humans. "
                    + " ".join(row.assumptions),
                    outcomes={},
                    parsed=None,
                    bounds=None,
                    replicates=None,
                    rank_low=row.rank_low,
                    rank_high=row.rank_high,
                    letters=list(row.letters),
                    marks=[],
                )
                for row in one.systems
            ]
            methods = sorted({d.method for d in one.comparisons})
            yield LayerRecord(
                id=f"corrected:{one.judge}:{one.target}",
                kind="corrected judge",
                task="",
                title=f"{one.judge}, corrected by humans: {one.target}",
                metric=one.target,
                domain=(0.0, 1.0),
                main=one.target == SCORE or len(report.corrected) == 1,
                common_samples=min((row.judged for row in one.systems), default=0),
                clusters=min((cell.clusters for cell in cells), default=0),
                interval=", ".join(methods),
                test=", ".join(methods) or "one system: nothing to compare",
                cells=cells,
                differences=[
                    DifferenceRecord(
                        first=d.first,
                        second=d.second,
                        value=d.value,
                        low=d.low,
                        high=d.high,
                        p=d.p,
                        p_holm=d.p_holm,
                        floor=None,
                        common=0,
                    )
                    for d in one.comparisons
                ],
                power=None,
            )


def item_associations(agreements: Sequence[AgreementRecord]) -> list[ItemAssociationRecord]:
    """Return how far judges and metrics rank single answers as the human does."""
    wanted = ("kappa_linear", "alpha_ordinal", "tau_b", "auc")
    found = []
    for report in agreements:
        some = [(judge.name, judge.with_gold.stats) for judge in report.judges]
        some += [(metric.name, metric.stats) for metric in report.metrics]
        for name, stats in some:
            found += [
                ItemAssociationRecord(
                    layer=name, statistic=one.name, value=one.value, low=one.low, high=one.high, n=one.n
                )
                for one in stats
                if one.name in wanted
            ]
    return found


def validity_marks(layers: Sequence[LayerRecord], agreements: Sequence[AgreementRecord]) -> Iterator[MarkRecord]:
    """Yield for each judge what is known of its errors: no judge's score stands without that."""
    known = {judge.name: (judge, report) for report in agreements for judge in report.judges}
    judges = dict.fromkeys(layer.metric.partition(":")[0] for layer in layers if layer.kind == "judge")
    for judge in judges:
        if judge not in known:
            yield MarkRecord(
                code="NOT_VALIDATED",
                severity="serious",
                message=f"{judge}: no human rating was compared with its verdicts, so how far they can be trusted is "
                "not known (ecg-bench agreement compares them, and --agreement shows it here)",
            )
            continue
        record, report = known[judge]
        kappa = next(
            (one for one in record.with_gold.stats if one.name == "kappa_linear" and one.value is not None), None
        )
        shown = (
            f"linear kappa {kappa.value:.2f} ({_end(kappa.low)} to {_end(kappa.high)}) with {report.gold}"
            if kappa is not None
            else f"compared with {report.gold}"
        )
        yield MarkRecord(
            code="VALIDATED",
            severity="note",
            message=f"{judge}: {shown} on {record.rated} answers that both have rated",
        )
    for report in agreements:
        for warning in report.warnings:
            if warning.severity == "serious":
                yield MarkRecord(code=warning.code, severity="serious", message=f"agreement: {warning.message}")


def _end(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f}"
