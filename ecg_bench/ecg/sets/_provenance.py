"""Which splits of which sets a record is in: who trained on one of them has seen it."""

from __future__ import annotations

from dataclasses import dataclass

from ecg_bench.ecg.sets._ecgqa import EcgQa, Split
from ecg_bench.ecg.sets._ptbxl import PtbXl

TEST_FOLD = 10


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an ECG of PTB-XL stands in the sets that are made of it.

    Parameters
    ----------
    fold : int or None
        Of PTB-XL, 1 to 10; None where that isn't known.
    ecgqa_split : {"train", "valid", "test"} or None
        Of ECG-QA; None where it is in none, or that isn't known.
    """

    fold: int | None
    ecgqa_split: Split | None

    @property
    def clean(self) -> bool:
        """Whether it is for testing in both, so that neither's training data holds it: 462 ECGs of the whole sets."""
        return self.fold == TEST_FOLD and self.ecgqa_split == "test"

    def fields(self) -> dict[str, str | int | bool]:
        """Return what is known as fields of a sample: ``fold``, ``ecgqa_split``, ``clean``."""
        known: dict[str, str | int | bool] = {}
        if self.fold is not None:
            known["fold"] = self.fold
        if self.ecgqa_split is not None:
            known["ecgqa_split"] = self.ecgqa_split
        return {**known, "clean": self.clean}


def provenance_of(ecg_id: int, *, ptbxl: PtbXl | None = None, ecg_qa: EcgQa | None = None) -> Provenance:
    """Say which splits an ECG of PTB-XL is in.

    ECG-QA's splits don't follow PTB-XL's folds: its training split holds 1,581 of the 2,198 ECGs of fold 10, and 2,324
    of the 3,214 ECGs that it tests with are in folds 1 to 8.

    Parameters
    ----------
    ecg_id : int
        Its number in PTB-XL.
    ptbxl, ecg_qa
        What is at hand.

    Raises
    ------
    UserError
        If a file of one of them is wrong.
    """
    fold = ptbxl.row(ecg_id).fold if ptbxl is not None and ecg_id in ptbxl else None
    split = ecg_qa.split_of(ecg_id) if ecg_qa is not None and ecg_qa.version == "ptbxl" else None
    return Provenance(fold, split)
