"""Text metrics: how much an answer has in common with a reference.

Pure functions of texts, with no files, no runs and no globals. To add one, copy ``_length.py`` and add a line to
`TEXT_METRICS`.
"""

from ecg_bench.registry import Registry
from ecg_bench.text_metrics._base import Aggregate, Comparison, Pair, TextMetric
from ecg_bench.text_metrics._guards import Guards, MeanF, check_f, check_mean_f, guard
from ecg_bench.text_metrics._statements import Agreement, Claims, agreement, claims_of

TEXT_METRICS: Registry[type[TextMetric]] = Registry(
    "text metric",
    "ecg_bench.text_metrics",
    {
        "bertscore": "ecg_bench.text_metrics._bert_score:BertScore",
        "bleu": "ecg_bench.text_metrics._bleu:Bleu",
        "chrf": "ecg_bench.text_metrics._chrf:Chrf",
        "cider": "ecg_bench.text_metrics._cider:CiderD",
        "critical": "ecg_bench.text_metrics.critical:Critical",
        "length": "ecg_bench.text_metrics._length:Length",
        "meit": "ecg_bench.text_metrics._meit:Meit",
        "meteor": "ecg_bench.text_metrics._meteor:Meteor",
        "rouge": "ecg_bench.text_metrics._rouge:Rouge",
        "statements": "ecg_bench.text_metrics._statements:Statements",
    },
)

__all__ = [
    "TEXT_METRICS",
    "Aggregate",
    "Agreement",
    "Claims",
    "Comparison",
    "Guards",
    "MeanF",
    "Pair",
    "TextMetric",
    "agreement",
    "check_f",
    "check_mean_f",
    "claims_of",
    "guard",
]
