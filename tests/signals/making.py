"""Backends and folders for tests of tasks about ECGs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ecg_bench.backends import Backend, ModelCard
from ecg_bench.samples import Mode, Request, Response
from ecg_bench.settings import EcgAs
from tests.ecg.folders import STATEMENTS, ptbxl_folder

DETECTION = "ecg/signal-detection"
SUPERDIAG = "ecg/ptbxl-superdiag"


class Recorder(Backend):
    """Answers the same to everything, and keeps what it was asked."""

    summary = "for tests"
    modes = frozenset(Mode)
    batch_size = 64

    def __init__(self, takes: tuple[EcgAs, ...] = ("features",), text: str = "Answer: NORM") -> None:
        self.takes = takes
        self.text = text
        self.asked: list[Request] = []

    def card(self) -> ModelCard:
        return ModelCard("recorder", "one")

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.asked += requests
        return [
            Response(self.text, tuple(-1.0 - n for n in range(len(one.continuations))), finish_reason="stop")
            for one in requests
        ]


def small_ptbxl(folder: Path, n: int = 20) -> Path:
    """Return a folder of PTB-XL: ten folds in turn, a third of its records infarctions, two records of each patient."""
    codes = ("{'NORM': 100.0, 'SR': 0.0}", "{'IMI': 50.0, 'SR': 0.0}", "{'NORM': 80.0}", "{'SR': 0.0}")
    rows = [
        {"scp_codes": codes[k % 4], "patient_id": f"{k // 2}.0", "strat_fold": 10 if k % 2 else 1} for k in range(n)
    ]
    return ptbxl_folder(folder, rows, STATEMENTS)


def split_folder(folder: Path, test: Sequence[int], train: Sequence[int]) -> Path:
    """Return a folder of ECG-QA that says which of its splits records are in, and asks nothing."""
    for name, ids in (("test", test), ("train", train), ("valid", ())):
        path = folder / "ecgqa" / "ptbxl" / f"{name}_ecgs.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(list(ids)))
    return folder
