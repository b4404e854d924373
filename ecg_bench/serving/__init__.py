"""Pages on this machine: who may open them, where they listen, and how they end."""

from ecg_bench.serving._address import Address, is_loopback, may_open
from ecg_bench.serving._guard import COMMON, Guard
from ecg_bench.serving._server import new_token, serve

__all__ = ["COMMON", "Address", "Guard", "is_loopback", "may_open", "new_token", "serve"]
