"""A local page on which answers are rated."""

from ecg_bench.ratings.serving._address import Address, is_loopback, may_open
from ecg_bench.ratings.serving._server import serve_ratings
from ecg_bench.ratings.serving._study import Study, prepare

__all__ = ["Address", "Study", "is_loopback", "may_open", "prepare", "serve_ratings"]
