"""The plain classifier: a ResNet-18 and one output for each SCP code, as a baseline without any language model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ecg_bench.adapters.signal._encoders import make_encoder, vector_of
from ecg_bench.adapters.signal._join import drop_leads


class Classifier(nn.Module):  # type: ignore[misc]
    """Says which SCP codes are true of an ECG.

    Parameters
    ----------
    labels : sequence of str
        The codes that can be said.
    encoder : mapping
        ``name``, ``width``, ``kernel``, ``lead_dropout``.
    """

    main_input_name = "labels"  # what the trainer counts as tokens: decisions

    def __init__(self, labels: Sequence[str], encoder: Mapping[str, Any]) -> None:
        super().__init__()
        self.labels = tuple(labels)
        self.encoder = make_encoder(encoder["name"], encoder["width"], encoder["kernel"])
        self.head = nn.Linear(self.encoder.features, len(self.labels))
        self.lead_dropout = float(encoder["lead_dropout"])

    def own_state(self) -> dict[str, Tensor]:
        """Return all weights and statistics."""
        return dict(self.state_dict())

    def get_base_model(self) -> Any:
        """Return itself: there is no language model in it."""
        return self

    def get_output_embeddings(self) -> None:
        """Return None: there is no output over a vocabulary."""

    def logits(self, records: Mapping[str, Tensor]) -> Tensor:
        """Return shape (records, codes); a sigmoid makes them probabilities."""
        signal, present = records["signal"], records["present"]
        if self.training and self.lead_dropout:
            signal, present = drop_leads(signal, present, self.lead_dropout)
        found: Tensor = self.head(vector_of(*self.encoder(signal, records["lengths"], present)))
        return found

    def forward(self, labels: Tensor, records: Mapping[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Return each decision's loss, whether it is right at 0.5, and its row; all of shape (records x codes,)."""
        found = self.logits(records)
        losses = functional.binary_cross_entropy_with_logits(found, labels, reduction="none")
        rows = torch.arange(len(found), device=found.device)[:, None].expand_as(found)
        return losses.flatten(), ((found > 0) == (labels > 0)).flatten(), rows.flatten()
