"""Writing a synthetic ECG as a record that carries its truth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ecg_bench.ecg import Ecg
from ecg_bench.ecg.reading import write_wfdb
from ecg_bench.ecg.synthesis._codes import codes_of
from ecg_bench.ecg.synthesis._render import simulate
from ecg_bench.ecg.synthesis._report import report_of
from ecg_bench.ecg.synthesis._spec import Spec
from ecg_bench.ecg.synthesis._text import spec_text


def write_synthetic(spec: Spec, out: str | Path) -> tuple[Path, Ecg]:
    """Simulate an ECG and write it as a WFDB record, with spec, codes and report as comments of its header.

    Parameters
    ----------
    spec : Spec
        What it shows.
    out : path-like
        The record, with or without ``.hea``; its folder is made if need be.

    Returns
    -------
    Path, Ecg
        The header, and the record as it was written.

    Raises
    ------
    UserError
        If the name can't be a record's, or the files can't be written.
    """
    path = Path(out)
    name = path.name.removesuffix(".hea")
    facts = {"spec": spec_text(spec), "codes": codes_of(spec), "report": report_of(spec, spec.seed)}
    ecg = replace(simulate(spec), record=name, metadata=facts)
    return write_wfdb(ecg, path.parent, name), ecg
