"""Synthetic 12-lead ECGs whose truth is known."""

from ecg_bench.ecg.synthesis._codes import codes_of
from ecg_bench.ecg.synthesis._draw import KINDS, draw_specs
from ecg_bench.ecg.synthesis._render import simulate, simulate_many
from ecg_bench.ecg.synthesis._report import report_of
from ecg_bench.ecg.synthesis._spec import AvBlock, Block, Hypertrophy, Rhythm, Spec, Territory
from ecg_bench.ecg.synthesis._text import read_spec, spec_text
from ecg_bench.ecg.synthesis._truth import Truth, qtc_of, truth_of
from ecg_bench.ecg.synthesis._write import write_synthetic

__all__ = [
    "KINDS",
    "AvBlock",
    "Block",
    "Hypertrophy",
    "Rhythm",
    "Spec",
    "Territory",
    "Truth",
    "codes_of",
    "draw_specs",
    "qtc_of",
    "read_spec",
    "report_of",
    "simulate",
    "simulate_many",
    "spec_text",
    "truth_of",
    "write_synthetic",
]
