"""From documents to a domain pack: converted, cleaned, cut into chunks, asked about by a model, checked and split.

`generate` does all of it; ``ecg-bench datagen`` calls it.
"""

from ecg_bench.adapters.datagen._chunks import Chunk, Lines, split
from ecg_bench.adapters.datagen._datagen import dry_run, generate
from ecg_bench.adapters.datagen._items import REASONS
from ecg_bench.adapters.datagen._recipe import Recipe
from ecg_bench.adapters.datagen._record import DatagenRecord, read_record
from ecg_bench.adapters.datagen._render import print_datagen
from ecg_bench.adapters.datagen._splits import parse_shares

__all__ = [
    "REASONS",
    "Chunk",
    "DatagenRecord",
    "Lines",
    "Recipe",
    "dry_run",
    "generate",
    "parse_shares",
    "print_datagen",
    "read_record",
    "split",
]
