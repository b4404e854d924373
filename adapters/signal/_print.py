"""Telling what was trained."""

from __future__ import annotations

import click

from ecg_bench.adapters.signal._train import SignalAdapter


def print_signal_adapter(adapter: SignalAdapter) -> None:
    """Print what an adapter is and what came out, in a few lines."""
    card = adapter.card
    train, selection = card["data"]["train"], card["data"]["selection"]
    result, cost, own = card["result"], card["cost"], card["adapter"]
    base = f" on hf/{card['base']['name']}" if card["base"] else ""
    lines = [
        f"{adapter.path}: {card['arch']}{base}",
        f"  rows        {train['used']:,} trained on, "
        + ("no selection split" if selection is None else f"{selection['used']:,} to select on"),
        f"  weights     {own['trainable_parameters']:,} trained, {own['encoder_and_projection']:,} beside the "
        "language model",
    ]
    if card.get("alignment"):
        first = card["alignment"]
        lines.append(
            f"  alignment   {first['data']['train']['used']:,} pairs, {first['result']['steps']:,} steps, loss "
            f"{first['result']['train_loss']:.4f}, {first['cost']['wall_s']:,.1f} s"
        )
    loss = f"  steps       {result['steps']:,}, kept: {result['kept_step']:,}"
    if result["selection_loss"] is not None:
        loss += f", loss {result['selection_loss']:.4f} on the selection split"
    lines += [loss, f"  cost        {cost['wall_s']:,.1f} s, {cost['tokens_per_s']:,.0f} tokens/s"]
    for line in lines:
        click.echo(line)
    for notice in card["notices"]:
        click.echo(f"note: {notice}", err=True)
