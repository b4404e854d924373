"""Synthetic 12-lead ECGs whose truth is known."""

from ecg_bench.ecg.synthesis._spec import AvBlock, Block, Rhythm, Spec, Territory

__all__ = ["AvBlock", "Block", "Rhythm", "Spec", "Territory"]
