"""LoRA and QLoRA adapters for open models: training, merging, and sweeps over a recipe's fields."""

from ecg_bench.adapters.finetune._config import FinetuneConfig
from ecg_bench.adapters.finetune._describe import describe_fields
from ecg_bench.adapters.finetune._finetune import Adapter, finetune
from ecg_bench.adapters.finetune._merge import merge
from ecg_bench.adapters.finetune._print import print_adapter
from ecg_bench.adapters.finetune._recipe import read_recipe, shipped_recipes
from ecg_bench.adapters.finetune._sweep import Setting, parse_fields, sweep, table_of

__all__ = [
    "Adapter",
    "FinetuneConfig",
    "Setting",
    "describe_fields",
    "finetune",
    "merge",
    "parse_fields",
    "print_adapter",
    "read_recipe",
    "shipped_recipes",
    "sweep",
    "table_of",
]
