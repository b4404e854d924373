"""Options of commands that serve a page."""

from __future__ import annotations

import click

host_option = click.option(
    "--host", default="127.0.0.1", show_default=True, help="Where to listen; other than this machine must be said."
)
port_option = click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one."
)


def warn_of_others(host: str, harm: str) -> None:
    """Say what it means to listen where other machines can reach the page."""
    from ecg_bench.serving import is_loopback

    if not is_loopback(host):
        click.echo(
            f"warning: --host {host} lets other machines reach this page, unencrypted; whoever has its address can "
            f"{harm}",
            err=True,
        )
