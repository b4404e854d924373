"""How a board's numbers, ranks and marks are worded, the same in every form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ecg_bench.boards._records import ALPHA, BoardRecord, CellRecord, DifferenceRecord, LayerRecord, MarkRecord
from ecg_bench.texts import one_line

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def layer_name(layer: LayerRecord) -> str:
    """Return what a layer is called in headings: its title, and its metric unless the title says it."""
    return layer.title if layer.metric in layer.title else f"{layer.title}: {layer.metric}"


def short_title(layer: LayerRecord) -> str:
    """Return a layer's title without its metric, for headings that say the metric below."""
    return layer.title.removesuffix(layer.metric).rstrip(" :") or layer.title


def digits(layer: LayerRecord) -> int:
    """Return how many decimals a layer's values are shown with."""
    greatest = max((abs(cell.value) for cell in layer.cells if cell.value is not None), default=0.0)
    return 3 if greatest < 10 else 1


def number(value: float | None, layer: LayerRecord) -> str:
    """Return a layer's value as it is shown; a dash where there is none."""
    return "–" if value is None else f"{value + 0.0:.{digits(layer)}f}"


def signed(value: float, layer: LayerRecord) -> str:
    """Return a difference with its sign."""
    shown = f"{value:+.{digits(layer)}f}"
    return shown if float(shown) else shown.replace("-", "+")


def ranks(cell: CellRecord) -> str:
    """Return a cell's range of ranks; empty where it is not ranked."""
    if cell.rank_low is None or cell.rank_high is None:
        return ""
    return str(cell.rank_low) if cell.rank_low == cell.rank_high else f"{cell.rank_low}–{cell.rank_high}"


def p_value(p: float | None) -> str:
    """Return a p-value as it is shown."""
    return "not tested" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def to_best(layer: LayerRecord, cell: CellRecord) -> DifferenceRecord | None:
    """Return the difference of a ranked system to the layer's first: its own mean less the first one's."""
    if cell.rank_low is None or cell.system == layer.cells[0].system:
        return None
    for one in layer.differences:
        if (one.first, one.second) == (cell.system, layer.cells[0].system):
            return one
        if (one.first, one.second) == (layer.cells[0].system, cell.system):
            turned = {"first": one.second, "second": one.first, "value": -one.value}
            ends = {"low": None if one.high is None else -one.high, "high": None if one.low is None else -one.low}
            return one.model_copy(update=turned | ends)
    return None


def by_system(board: BoardRecord, layers: Sequence[LayerRecord]) -> list[str]:
    """Return the systems that have a cell in some layers, in the order of the first layer that they are in."""
    named = dict.fromkeys(cell.system for layer in layers for cell in layer.cells)
    return list(named) or [system.name for system in board.systems]


def main_layers(board: BoardRecord) -> list[LayerRecord]:
    """Return the layers of the first table; where no layer is marked as such, all of them."""
    return [layer for layer in board.layers if layer.main] or list(board.layers)


def tables(board: BoardRecord, across: int) -> Iterator[tuple[str, list[LayerRecord]]]:
    """Yield the main layers in portions of at most `across`, each with the kinds of layer that it holds.

    They stay together where they fit; else each kind has a portion of its own, or several that are about as wide.
    """
    layers = main_layers(board)
    kinds: dict[str, list[LayerRecord]] = {}
    for layer in layers:
        kinds.setdefault(layer.kind, []).append(layer)
    if 0 < len(layers) <= across:
        yield ", ".join(kinds), layers
        return
    for kind, members in kinds.items():
        count = -(-len(members) // across)
        for n in range(count):
            yield kind, members[n * len(members) // count : (n + 1) * len(members) // count]


@dataclass(frozen=True)
class Notes:
    """What the marks of some cells say, numbered from 1 in the order of the board.

    Attributes
    ----------
    lines : tuple of str
        The sentences, the first for number 1; marks that say the same share one.
    """

    lines: tuple[str, ...]
    _marks: tuple[MarkRecord, ...]

    @classmethod
    def of(cls, board: BoardRecord, layers: Sequence[LayerRecord]) -> Notes:
        """Return the notes that the cells of some layers need."""
        cells = [(layer, cell) for layer in layers for cell in layer.cells]
        borne = [mark for mark in board.marks if any(_concerns(mark, layer, cell) for layer, cell in cells)]
        known = {mark.code for mark in borne}
        codes = dict.fromkeys(code for _, cell in cells for code in cell.marks)
        borne += [MarkRecord(code=code, severity="note", message=code) for code in codes if code not in known]
        return cls(tuple(dict.fromkeys(sentence(mark) for mark in borne)), tuple(borne))

    def numbers(self, layer: LayerRecord, cell: CellRecord) -> list[int]:
        """Return the numbers of a cell's notes."""
        said = {sentence(mark) for mark in self._marks if _concerns(mark, layer, cell)}
        return [n for n, line in enumerate(self.lines, 1) if line in said]


def general(board: BoardRecord) -> list[str]:
    """Return what must be known about the board as a whole, or of a system or layer beyond its cells."""
    borne = Notes.of(board, board.layers).lines
    return [line for line in dict.fromkeys(sentence(mark) for mark in board.marks) if line not in borne]


def sentence(mark: MarkRecord) -> str:
    """Return what a mark says; what is more than a note begins with its severity."""
    head = "" if mark.severity == "note" else f"{mark.severity}: "
    return one_line(f"{head}{mark.message}").rstrip(".") + "."


def _concerns(mark: MarkRecord, layer: LayerRecord, cell: CellRecord) -> bool:
    return (
        mark.code in cell.marks and mark.layer in ("", layer.id) and (not mark.systems or cell.system in mark.systems)
    )


def superscript(numbers: Sequence[int]) -> str:
    """Return the numbers of notes in small raised digits, with commas between them."""
    return "˒".join(str(n).translate(_RAISED) for n in numbers)


def outcomes(layer: LayerRecord, cell: CellRecord) -> str:
    """Return how a cell's answers ended, what that leaves open, and how far repeated runs lie apart."""
    said = [", ".join(f"{name} {count}" for name, count in cell.outcomes.items() if count)]
    if cell.bounds is not None:
        ends = (number(cell.bounds.worst, layer), number(cell.bounds.best, layer))
        said.append(f"{ends[0]} to {ends[1]} whatever is missing had been")
    if cell.replicates is not None:
        spread = (
            "" if cell.replicates.spread is None else f", standard deviation {number(cell.replicates.spread, layer)}"
        )
        said.append(f"mean of {cell.replicates.runs} runs{spread}")
    return "; ".join(one for one in said if one)


def tested(layer: LayerRecord) -> str:
    """Return how a layer's differences were computed; empty where there are none."""
    if not layer.differences:
        return ""
    pairs = f"{len(layer.differences)} pair{'s' if len(layer.differences) > 1 else ''}"
    return one_line(
        f"Differences on {layer.common_samples} common samples in {layer.clusters} clusters; intervals: "
        f"{layer.interval}; p-values: {layer.test}, adjusted by Holm over {pairs}."
    )


def drivers(board: BoardRecord, most: int = 3) -> Iterator[str]:
    """Yield the parts of samples on which the distance between two systems is most unlike that on all others."""
    first = {layer.id: layer.cells[0].system for layer in board.layers if layer.cells}
    found = [
        (one, part)
        for part in board.slices
        for one in part.differences
        if one.p_adjusted is not None and one.p_adjusted < ALPHA
    ]
    found.sort(key=lambda pair: -abs(pair[0].contrast))
    for one, part in found[:most]:
        yield one_line(
            f"{part.layer}, {part.facet.replace('_', ' ')} {part.name}: {one.system} less {first[part.layer]} is "
            f"{one.value:+.3f} there, {one.contrast:+.3f} against all other samples (p {p_value(one.p_adjusted)} by "
            "Benjamini and Hochberg over all slices: exploratory)"
        )
    if len(found) > most:
        yield f"… and {len(found) - most} more such slices in the report and in leaderboard.json"


def power_of(layer: LayerRecord) -> str:
    """Return what a layer can tell apart; empty where that isn't known."""
    return "" if layer.power is None else one_line(f"{layer.power.sentence} {layer.power.verdict}")


def remarks(layers: Sequence[LayerRecord]) -> Iterator[tuple[str, str]]:
    """Yield how layers were tested and what they can tell apart, with the names of the layers that share it."""
    shared: dict[str, list[str]] = {}
    for layer in layers:
        text = " ".join(one for one in (tested(layer), power_of(layer)) if one)
        if text:
            shared.setdefault(text, []).append(one_line(layer_name(layer)))
    for text, names in shared.items():
        yield "; ".join(names), text


def answers(layers: Sequence[LayerRecord]) -> str:
    """Return the denominators of some layers."""
    sizes = {}
    for layer in layers:
        counts = sorted({cell.n for cell in layer.cells})
        sizes[one_line(layer_name(layer))] = (
            "0" if not counts else str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        )
    if len(set(sizes.values())) == 1 and len(layers) > 1:
        return f"n = {next(iter(sizes.values()))} in every column"
    return "; ".join(f"{name}: n = {size}" for name, size in sizes.items())
