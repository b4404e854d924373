"""Critical tokens: what turns a medical text round though metrics of overlap hardly notice.

"No ST elevation" against "ST elevation", "≥ 120 ms" against "≤ 120 ms", V1-V3 against V4-V6. `critical_tokens` finds
them in a text, `compare` tells an answer from its reference, and `Critical` counts what differs. All of it is a rule on
words: it knows no synonyms, and a contradiction that is worded otherwise isn't seen. What it does know is in
``words.yaml``.

What is alike, and what is not:

- "0.12 s", "0,12 s" and "120 ms" are alike, so are "150/min" and "150 bpm", "three" and "3". Millivolts and millimetres
  are not, since the gain isn't always standard; nor are mmol/l and mEq/l, or months and weeks.
- "> 120 ms" and "≥ 120 ms" are alike. A number within the range or beyond the limit that the other text gives ("140 ms"
  for "above 120 ms") isn't the same number, but no contradiction.
- "V1-V3", "V1 to V3" and "V1, V2 and V3" are alike; so are "inferior leads" and "II, III and aVF", "posterior leads"
  and V7 to V9, "high lateral leads" and I, aVL. What anterior and lateral leads are differs between authors.
- "not regular" is "irregular", "not uncommon" is "common"; "cannot be excluded" and "should be excluded" say neither
  that something is there nor that it isn't.
"""

from ecg_bench.text_metrics.critical._compare import Contradiction, CriticalDifference
from ecg_bench.text_metrics.critical._metric import Critical, compare, critical_tokens
from ecg_bench.text_metrics.critical._reading import CriticalToken, Kind
from ecg_bench.text_metrics.critical._words import Words, load_words

__all__ = [
    "Contradiction",
    "Critical",
    "CriticalDifference",
    "CriticalToken",
    "Kind",
    "Words",
    "compare",
    "critical_tokens",
    "load_words",
]
