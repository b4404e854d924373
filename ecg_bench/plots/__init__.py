"""Plots as SVG: small, sharp at any size, readable by a screen reader, in light and in dark; and as PNG."""

from ecg_bench.plots._curves import Curve, curves
from ecg_bench.plots._files import write_plots
from ecg_bench.plots._forest import Mark, Row, forest
from ecg_bench.plots._heat_map import heat_map
from ecg_bench.plots._matrix import Correlation, matrix
from ecg_bench.plots._pair_grid import Pair, pair_grid
from ecg_bench.plots._panels import Panel, panels
from ecg_bench.plots._png import png, rasterise
from ecg_bench.plots._scatter import Point, scatter
from ecg_bench.plots._svg import STYLE, escape, shorten, slug, squeeze, standalone

__all__ = [
    "STYLE",
    "Correlation",
    "Curve",
    "Mark",
    "Pair",
    "Panel",
    "Point",
    "Row",
    "curves",
    "escape",
    "forest",
    "heat_map",
    "matrix",
    "pair_grid",
    "panels",
    "png",
    "rasterise",
    "scatter",
    "shorten",
    "slug",
    "squeeze",
    "standalone",
    "write_plots",
]
