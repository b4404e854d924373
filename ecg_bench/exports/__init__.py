"""Writing tasks for other harnesses."""

from ecg_bench.exports._lm_eval import Export, export_lm_eval

__all__ = ["Export", "export_lm_eval"]
