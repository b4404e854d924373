"""Telling what was trained."""

from __future__ import annotations

import click

from ecg_bench.adapters.finetune._finetune import Adapter


def print_adapter(adapter: Adapter) -> None:
    """Print what an adapter is and what came out, in a few lines."""
    card = adapter.card
    train, selection = card["data"]["train"], card["data"]["selection"]
    result, cost, own = card["result"], card["cost"], card["adapter"]
    early = ", stopped early" if result["stopped_early"] else ""
    lines = [
        f"{adapter.path}: adapter for hf/{card['base']['name']}",
        f"  rows        {train['used']:,} trained on ({train['dropped']:,} dropped, {train['truncated']:,} truncated), "
        + ("no selection split" if selection is None else f"{selection['used']:,} to select on"),
        f"  weights     {own['trainable_parameters']:,} trained ({own['share_of_all']:.1%} of all)",
        f"  steps       {result['steps']:,} ({result['epochs']:g} epochs{early}), kept: {result['kept_step']:,}",
    ]
    loss = f"  loss        {result['train_loss']:.4f} at the last step"
    if result["selection_loss"] is not None:
        loss += f", {result['selection_loss']:.4f} on the selection split"
    if result["selection_exact_match"] is not None:
        loss += f", {result['selection_exact_match']:.1%} of its multiple-choice answers exact"
    energy = "unknown" if cost["energy_wh"] is None else f"{cost['energy_wh']:.3f} Wh"
    lines += [loss, f"  cost        {cost['wall_s']:,.1f} s, {cost['tokens_per_s']:,.0f} tokens/s, energy {energy}"]
    for line in lines:
        click.echo(line)
    for notice in card["notices"]:
        click.echo(f"note: {notice}", err=True)
