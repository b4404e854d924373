"""Small records and data-set folders of our own, in the published layouts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ecg_bench.ecg import LEADS, Ecg
from ecg_bench.ecg.reading import write_wfdb

STATEMENTS = """\
,description,diagnostic,form,rhythm,diagnostic_class,diagnostic_subclass
NDT,T waves of no diagnosis,1.0,1.0,,STTC,STTC
NORM,normal,1.0,,,NORM,NORM
IMI,inferior infarction,1.0,,,MI,IMI
ILMI,inferolateral infarction,1.0,,,MI,IMI
AMI,anterior infarction,1.0,,,MI,AMI
LVOLT,low voltage,,1.0,,,
SR,sinus rhythm,,,1.0,,
AFIB,atrial fibrillation,,,1.0,,
"""
COLUMNS = (
    *("ecg_id", "patient_id", "age", "sex", "report", "scp_codes", "heart_axis", "infarction_stadium1"),
    *("infarction_stadium2", "validated_by_human", "baseline_drift", "static_noise", "burst_noise"),
    *("electrodes_problems", "extra_beats", "pacemaker", "strat_fold", "filename_lr", "filename_hr"),
)


def heart(seconds: float = 2.0, rate: float = 100.0, seed: int = 0, size: float = 1.0) -> Ecg:
    """Return spikes and waves in eight leads, and limb leads that obey Einthoven."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    beat = np.exp(-(((time % 0.8) - 0.3) ** 2) / 2e-3) + 0.2 * np.exp(-(((time % 0.8) - 0.6) ** 2) / 5e-3)
    free = size * (beat[:, None] * rng.uniform(0.3, 1.5, 8) + rng.normal(0, 0.01, (len(time), 8)))
    one, two = free[:, 0], free[:, 1]
    limbs = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    return Ecg(np.column_stack([*limbs, free[:, 2:]]).astype(np.float32), LEADS, rate)


def ptbxl_folder(folder: Path, rows: Sequence[Mapping[str, Any]], statements: str = STATEMENTS) -> Path:
    """Write a folder of PTB-XL with a 100 Hz record for each row; what a row doesn't say has a usual value."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scp_statements.csv").write_text(statements)
    lines = [",".join(COLUMNS)]
    for number, given in enumerate(rows, 1):
        name = f"{number:05}"
        row = {
            "ecg_id": number,
            "patient_id": f"{1000 + number}.0",
            "age": "50.0",
            "sex": "0",
            "report": f"sinusrhythmus {number}",
            "scp_codes": "{'NORM': 100.0, 'SR': 0.0}",
            "validated_by_human": "True",
            "strat_fold": 1 + number % 10,
            "filename_lr": f"records100/00000/{name}_lr",
            "filename_hr": f"records500/00000/{name}_hr",
        } | given
        lines.append(",".join(f'"{row.get(column, "")}"' for column in COLUMNS))
        write_wfdb(heart(seed=number), folder / "records100/00000", f"{name}_lr")
    (folder / "ptbxl_database.csv").write_text("\n".join(lines) + "\n")
    return folder


def question(number: int, **changes: Any) -> dict[str, Any]:
    """Return a question of ECG-QA's form."""
    return {
        "template_id": 1,
        "question_id": number,
        "sample_id": number,
        "question_type": "single-verify",
        "attribute_type": "scp_code",
        "question": f"Does this ECG show finding {number}?",
        "answer": ["yes"],
        "ecg_id": [10 + number],
        "attribute": [f"finding {number}"],
        **changes,
    }


def ecgqa_folder(folder: Path, questions: Sequence[Mapping[str, Any]], splits: Mapping[str, Sequence[int]]) -> Path:
    """Write a folder of ECG-QA with the questions, two to a file, as its test split."""
    home = folder / "ecgqa" / "ptbxl"
    parts = home / "template" / "test"
    parts.mkdir(parents=True)
    for start in range(0, len(questions), 2):
        (parts / f"{start * 5000}.json").write_text(json.dumps(questions[start : start + 2]))
    (home / "answers.csv").write_text('index,class\n0,no\n1,not sure\n2,yes\n3,none\n4,"block (left, or right)"\n')
    legal = "template_id,classes\n1,\"['no', 'not sure', 'yes']\"\n2,\"['block (left, or right)', 'none']\"\n"
    (home / "answers_for_each_template.csv").write_text(legal)
    for split, ids in splits.items():
        lines = [f"{number}\t{ecg}\n" for number, ecg in enumerate(ids)]
        (home / f"{split}_ecgs.tsv").write_text("".join(lines))
    return folder
