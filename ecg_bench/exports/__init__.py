"""Writing tasks and results for other tools."""

from ecg_bench.exports._lm_eval import Export, export_lm_eval
from ecg_bench.exports._lm_eval_results import lm_eval_results, write_lm_eval_results
from ecg_bench.exports._model_index import model_index

__all__ = ["Export", "export_lm_eval", "lm_eval_results", "model_index", "write_lm_eval_results"]
