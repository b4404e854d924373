"""BERTScore: how well the tokens of two texts match by what a language model makes of them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from ecg_bench.errors import UserError
from ecg_bench.files import open_text
from ecg_bench.text_metrics._base import Comparison, Floats, Pair, TextMetric
from ecg_bench.text_metrics._bert_encoder import Embedded, Encoder, Long
from ecg_bench.text_metrics._bert_source import Source, find_source

PEER: Final = "0.3.12"  # what bert-score 0.3.13 calls itself in its hash codes
BLOCK: Final = 2048  # pairs of which the embeddings are held together

Baseline = tuple[float, float, float]
Texts = tuple[str, str]


class BertScore(TextMetric):
    """BERTScore precision, recall and F.

    Each token of the answer is matched with the token of the reference whose embedding is most like its own; precision
    is the mean of these cosines. Recall is the same from the reference's side, and F their harmonic mean. Zhang et
    al., *BERTScore: Evaluating Text Generation with BERT*, ICLR 2020, equations of section 3, without idf weights. The
    numbers are those of the package bert-score 0.3.13 with the same model and layer. An empty answer or reference gives
    0 in all three, with and without a baseline.

    Parameters
    ----------
    model : str
        A folder with a saved model, or the id of one on the Hugging Face hub; only safetensors are read. The default
        is what bert-score takes for English.
    num_layers : int, optional
        The layer that embeds. By default the one that bert-score takes for the models whose ids it knows, and the last
        one of a folder's model; the signature says ``layer:LAYER/LAYERS``.
    baseline : path, optional
        Rescale by a file in the form of bert-score's (columns ``LAYER,P,R,F``): each score ``x`` becomes
        ``(x - b) / (1 - b)``, with a ``b`` for each of P, R and F. The scores are then spread out, may be negative,
        and F may leave the range from P to R by a little.
    device : str
        ``auto`` (a GPU if there is one), ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
    batch_size : int, optional
        How many texts go through the model together; by default 16 on a CPU, where more of them take longer, else 64.
    long : {"chunk", "flag"}
        What becomes of texts that the model doesn't take at once, which bert-score cuts without a word. ``chunk``
        embeds them in overlapping parts, each token where it has most on both sides of it, so that what stands at the
        end of a long answer counts. ``flag`` cuts them as bert-score does. Both mark the pair as ``too_long``.

    Notes
    -----
    Where all cosines of a token are negative, which some last layers give for very short texts, bert-score takes the 0
    of the padding for the greatest if a longer text is in the same batch. Here a pair's scores never depend on others,
    and are what bert-score gives for the pair alone.

    With transformers 5, bert-score no longer puts a blank before a text for RoBERTa, whatever it asks for; nor do we.
    Scores differ a little from those published with earlier ones, for this and other reasons, so the version is a part
    of the signature.

    Raises
    ------
    UserError
        If an option is out of its range, or the baseline can't be read.
    """

    def __init__(
        self,
        *,
        model: str = "roberta-large",
        num_layers: int | None = None,
        baseline: Path | None = None,
        device: str = "auto",
        batch_size: int | None = None,
        long: Long = "chunk",
    ) -> None:
        if batch_size is not None and batch_size < 1:
            raise UserError(f"bertscore: batch_size must be at least 1, but is {batch_size}")
        self._model = model
        self._num_layers = num_layers
        self._baselines = None if baseline is None else _read_baselines(baseline)
        self._baseline_path = baseline
        self._device = device
        self._batch_size = batch_size
        self._long: Long = long

    @property
    def signature(self) -> str:
        source, baseline = self._source, self.baseline
        from transformers import __version__

        parts = {
            "version": 1,
            "model": source.name,
            "layer": f"{source.layer}/{source.layers}",
            "idf": "no",
            "rescale": "no" if baseline is None else "P{:.8g},R{:.8g},F{:.8g}".format(*baseline),
            "long": self._long,
            "transformers": __version__,
        }
        if source.revision is not None:  # a folder's hash code would hold its path
            end = "" if baseline is None else "-custom-rescaled"
            parts["hash"] = f"{source.place}_L{source.layer}_no-idf_version={PEER}(hug_trans={__version__}){end}"
        return "|".join(["bertscore", *(f"{name}:{value}" for name, value in parts.items())])

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        return {} if self.baseline is None else {"bertscore": self.baseline}

    @property
    def baseline(self) -> Baseline | None:
        """What stands for 0 in precision, recall and F; None where nothing is rescaled.

        Raises
        ------
        UserError
            If the file has no line for the layer.
        """
        if self._baselines is None:
            return None
        layer = self._source.layer
        if layer not in self._baselines:
            raise UserError(f"has no line for layer {layer}: give the baseline of this model", path=self._baseline_path)
        return self._baselines[layer]

    def compare(self, pairs: Sequence[Pair]) -> Comparison:
        scores = np.zeros((3, len(pairs)))
        too_long = np.zeros(len(pairs), dtype=np.bool_)
        places: dict[Texts, list[int]] = {}
        for i, pair in enumerate(pairs):
            texts = pair.answer.strip(), pair.reference.strip()
            if all(texts):
                places.setdefault(texts, []).append(i)
        for texts, found, long in self._compared(list(places)):
            scores[:, places[texts]] = found[:, None]
            too_long[places[texts]] = long
        names = ("bertscore_p", "bertscore_r", "bertscore_f")
        return Comparison(dict(zip(names, scores, strict=True)), flags={"too_long": too_long})

    def _compared(self, pairs: list[Texts]) -> Iterator[tuple[Texts, Floats, bool]]:
        """Yield each pair of texts with its scores, shape (3,), and whether one of them was too long."""
        pairs.sort(key=lambda pair: pair[::-1])  # a reference is let go when its last answer is compared
        uses = Counter(text for pair in pairs for text in pair)
        held: dict[str, Embedded] = {}
        for start in range(0, len(pairs), BLOCK):
            block = pairs[start : start + BLOCK]
            fresh = list(dict.fromkeys(text for pair in block for text in pair if text not in held))
            held.update(zip(fresh, self._encoder.embed(fresh), strict=True))
            matches = _match([(held[answer], held[reference]) for answer, reference in block])
            for pair, found in zip(block, matches, strict=True):
                yield pair, self._scores(*found), any(held[text].too_long for text in pair)
            for text in (text for pair in block for text in pair):
                uses[text] -= 1
                if not uses[text]:
                    del held[text]

    def _scores(self, precision: float, recall: float) -> Floats:
        if not precision + recall:  # no token of one of them counts
            return np.zeros(3)
        raw = np.array([precision, recall, 2 * precision * recall / (precision + recall)])
        return raw if self.baseline is None else 1 - (1 - raw) / (1 - np.array(self.baseline))

    @cached_property
    def _source(self) -> Source:
        return find_source(self._model, self._num_layers)

    @cached_property
    def _encoder(self) -> Encoder:
        return Encoder(self._source, device=self._device, batch_size=self._batch_size, long=self._long)


def _match(pairs: Sequence[tuple[Embedded, Embedded]]) -> list[list[float]]:
    """Return precision and recall of some answers with their references; 0 where no token counts."""
    import torch

    found = []
    for answer, reference in pairs:
        cosines = answer.tokens @ reference.tokens.T
        precision = cosines.max(dim=1).values @ answer.weights
        recall = cosines.max(dim=0).values @ reference.weights
        both = answer.weights.any() & reference.weights.any()
        found.append(torch.stack([precision, recall]) * both)
    values: list[list[float]] = torch.stack(found).tolist()  # one transfer from the device for all
    return values


def _read_baselines(path: Path) -> dict[int, Baseline]:
    """Read a file of bert-score's: despite its name's ending, its columns LAYER, P, R, F are separated by commas."""
    with open_text(path) as file:
        rows = csv.reader(file)
        if next(rows, None) != ["LAYER", "P", "R", "F"]:
            raise UserError("must begin with the line LAYER,P,R,F, as bert-score's baselines do", path=path, line=1)
        found = {}
        for row in rows:
            try:
                layer, p, r, f = row
                found[int(layer)] = (float(p), float(r), float(f))
            except ValueError:
                raise UserError("must be a layer and three numbers", path=path, line=rows.line_num) from None
    if any(not value < 1 for values in found.values() for value in values):
        raise UserError("holds a baseline that is not below 1", path=path)
    return found
