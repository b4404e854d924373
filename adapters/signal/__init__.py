"""Systems that see ECGs: encoders joined to language models (ECG-LM, MEIT, concatenation), and a plain classifier."""

from ecg_bench.adapters.signal._config import SignalConfig
from ecg_bench.adapters.signal._print import print_signal_adapter
from ecg_bench.adapters.signal._recipe import read_recipe, shipped_recipes
from ecg_bench.adapters.signal._synthetic import conversations
from ecg_bench.adapters.signal._train import SignalAdapter, train_signal

__all__ = [
    "SignalAdapter",
    "SignalConfig",
    "conversations",
    "print_signal_adapter",
    "read_recipe",
    "shipped_recipes",
    "train_signal",
]
