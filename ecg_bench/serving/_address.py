"""Where the page is, and who can reach it."""

from __future__ import annotations

import ipaddress
import os
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Address:
    """Where a server listens.

    Parameters
    ----------
    host, port : str, int
        Where.
    token : str
        The secret that opens the page.
    """

    host: str
    port: int
    token: str

    @property
    def url(self) -> str:
        """The address to open, token and all."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/?token={self.token}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def may_open() -> bool:
    """Whether a browser on this screen is likely what the user wants."""
    screen = os.name == "nt" or sys.platform == "darwin" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())
    return screen and sys.stdout.isatty() and "SSH_CONNECTION" not in os.environ
