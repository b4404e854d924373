"""An encoder of ECGs, a causal LM, and what joins them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from ecg_bench.adapters.finetune._chat import IGNORED
from ecg_bench.adapters.signal._encoders import make_encoder, vector_of
from ecg_bench.adapters.signal._join import HeadVector, SoftTokens, drop_leads
from ecg_bench.adapters.signal._slots import attention_layers, head_size, places_of, slots

Arch = Literal["ecg-lm", "meit", "concat"]


class SignalModel(nn.Module):  # type: ignore[misc]
    """A causal LM that sees ECGs.

    Parameters
    ----------
    lm
        A causal LM of ``transformers``, with or without an adapter of ``peft`` around it.
    arch : {"ecg-lm", "meit", "concat"}
        How the ECG gets in: as soft tokens before the text (of a ResNet-18; of the light encoder), or as a key and
        value in every layer.
    encoder : mapping
        ``name``, ``width``, ``kernel``, ``tokens``, ``lead_dropout``.
    statements : int
        SCP codes that the encoder learns to tell apart beside the answers; 0 for none. Training only: what comes out of
        that layer goes nowhere.
    weight : float
        Of that loss, beside that of the answers.
    """

    def __init__(
        self, lm: Any, arch: Arch, encoder: Mapping[str, Any], statements: int = 0, weight: float = 0.0
    ) -> None:
        super().__init__()
        self.lm = lm
        self.arch = arch
        self.lead_dropout = float(encoder["lead_dropout"])
        base = self.get_base_model()
        embedding = base.get_input_embeddings().weight
        self.encoder = make_encoder(encoder["name"], encoder["width"], encoder["kernel"])
        features, width = self.encoder.features, embedding.shape[1]
        if arch == "meit":
            attention_layers(base)
            self.join: nn.Module = HeadVector(features, head_size(base), width)
        else:
            scale = float(embedding.detach().float().square().mean().sqrt())
            self.join = SoftTokens(features, width, encoder["tokens"] if arch == "ecg-lm" else 0, scale)
        self.statements = nn.Linear(features, statements) if statements else None
        self._weight = weight

    def get_base_model(self) -> Any:
        """Return the causal LM without the wrapper of ``peft``; LoRA's matrices are in its layers."""
        return self.lm.get_base_model() if hasattr(self.lm, "get_base_model") else self.lm

    def own_state(self) -> dict[str, Tensor]:
        """Return the weights and statistics of all but the LM."""
        return {name: value for name, value in self.state_dict().items() if not name.startswith("lm.")}

    def features(self, records: Mapping[str, Tensor]) -> tuple[Tensor, Tensor | None]:
        """Return what the encoder makes of records, and the mask."""
        signal, present = records["signal"], records["present"]
        if self.training and self.lead_dropout:
            signal, present = drop_leads(signal, present, self.lead_dropout)
        found: tuple[Tensor, Tensor | None] = self.encoder(signal, records["lengths"], present)
        return found

    def prefix(self, records: Mapping[str, Tensor] | None, owners: Tensor, rows: int) -> tuple[Tensor, Tensor]:
        """Return the vectors that stand before each row's text, and their mask.

        Parameters
        ----------
        records : mapping or None
            As `stacked` returns them; None where no row has an ECG.
        owners : tensor of int, shape (records,)
            The row that each record belongs to, in rising order.
        rows : int
            Rows of text.

        Returns
        -------
        tuple
            Shape (rows, n, width) and (rows, n), where n is what the row with the most ECGs needs.
        """
        return self._prefix(None if records is None else self.join(*self.features(records)), owners, rows)

    def _prefix(self, found: Tensor | None, owners: Tensor, rows: int) -> tuple[Tensor, Tensor]:
        weight = self.get_base_model().get_input_embeddings().weight
        if found is None:
            empty = torch.zeros(rows, 0, weight.shape[1], device=weight.device, dtype=weight.dtype)
            return empty, torch.zeros(rows, 0, dtype=torch.long, device=weight.device)
        each, width = found.shape[1:]
        counts = torch.bincount(owners, minlength=rows)
        first = counts.cumsum(0) - counts
        number = torch.arange(len(owners), device=owners.device) - first[owners]  # which ECG of its row
        most = int(counts.max())
        vectors = torch.zeros(rows, most, each, width, device=weight.device, dtype=weight.dtype)
        vectors = vectors.index_put((owners, number), found.to(weight.dtype))
        mask = (torch.arange(most, device=owners.device) < counts[:, None]).long()
        return vectors.reshape(rows, most * each, width), mask.repeat_interleave(each, 1)

    def read(
        self, vectors: Tensor, seen: Tensor, ids: Tensor, mask: Tensor, *, cached: bool = False
    ) -> tuple[Tensor, Any]:
        """Read texts with their ECGs before them.

        Parameters
        ----------
        vectors, seen : tensor
            As `prefix` returns them.
        ids, mask : tensor, shape (rows, tokens)
            The texts, padded on the right.
        cached : bool
            Whether to return keys and values of all that was read.

        Returns
        -------
        tuple
            Logits, shape (rows, tokens, vocabulary), of the texts' tokens; and the cache or None.
        """
        out = self._run(vectors, seen, ids, mask, cached=cached)
        return out.logits[:, -ids.shape[1] :], out.past_key_values

    def _run(self, vectors: Tensor, seen: Tensor, ids: Tensor, mask: Tensor, *, cached: bool) -> Any:
        whole = torch.cat([seen, mask], 1)
        places = places_of(whole)
        before = seen.shape[1]
        if self.arch == "meit":
            past = slots(self.get_base_model(), vectors, seen) if before else None
            return self.lm(
                input_ids=ids,
                attention_mask=whole,
                position_ids=places[:, before:],
                past_key_values=past,
                use_cache=cached or past is not None,
            )
        embedded = self.get_base_model().get_input_embeddings()(ids)
        return self.lm(
            inputs_embeds=torch.cat([vectors, embedded], 1),
            attention_mask=whole,
            position_ids=places,
            use_cache=cached,
        )

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        labels: Tensor,
        owners: Tensor,
        records: Mapping[str, Tensor] | None = None,
        truths: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return each answer token's loss, whether it is the likeliest token, and its row; all of shape (tokens,).

        Logits are computed at these tokens only, since they are the largest tensor by far where vocabularies are large.
        In training, the mean loss of the SCP codes is added to each answer token's, so that it counts as much as the
        answers do, however long they are.

        Parameters
        ----------
        input_ids, attention_mask, labels : tensor, shape (rows, tokens)
            The texts, and of them the answers' tokens, -100 elsewhere.
        owners, records
            As `prefix` takes them.
        truths : tensor, shape (records, codes), optional
            Whether each SCP code is true of each ECG; NaN where that isn't known.
        """
        targets = functional.pad(labels[:, 1:], (0, 1), value=IGNORED)  # a token is predicted at the one before it
        wanted = targets != IGNORED
        features = None if records is None else self.features(records)
        vectors, seen = self._prefix(None if features is None else self.join(*features), owners, len(input_ids))
        with self._picking(wanted):
            logits = self._run(vectors, seen, input_ids, attention_mask, cached=False).logits[0].float()
        expected = targets[wanted]
        losses = functional.cross_entropy(logits, expected, reduction="none")
        if self.training and self.statements is not None and features is not None and truths is not None:
            known = truths.isfinite()
            said = self.statements(vector_of(*features).float())
            if bool(known.any()):
                extra = functional.binary_cross_entropy_with_logits(said[known], truths[known])
                losses = losses + self._weight * extra
        return losses, logits.detach().argmax(-1) == expected, wanted.nonzero()[:, 0]

    @contextmanager
    def _picking(self, wanted: Tensor) -> Iterator[None]:
        """Have the last layer see these places of the texts only, as one row."""

        def pick(_module: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
            return (inputs[0][:, -wanted.shape[1] :][wanted].unsqueeze(0), *inputs[1:])

        handle = self.get_base_model().get_output_embeddings().register_forward_pre_hook(pick)
        try:
            yield
        finally:
            handle.remove()
