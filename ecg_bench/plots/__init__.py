"""Plots as SVG: small, sharp at any size, readable by a screen reader, in light and in dark."""

from ecg_bench.plots._forest import Mark, Row, forest
from ecg_bench.plots._heat_map import heat_map
from ecg_bench.plots._scatter import Point, scatter
from ecg_bench.plots._svg import STYLE, standalone

__all__ = ["STYLE", "Mark", "Point", "Row", "forest", "heat_map", "scatter", "standalone"]
