"""A local page on which answers are rated."""

from ecg_bench.ratings.serving._server import serve_ratings
from ecg_bench.ratings.serving._study import Study, prepare

__all__ = ["Study", "prepare", "serve_ratings"]
