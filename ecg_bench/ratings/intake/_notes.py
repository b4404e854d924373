"""The decisions of an import, as they fall."""

from __future__ import annotations

from pathlib import Path

from ecg_bench.ratings.intake._report import DecisionRecord, SetAsideRecord


class Notes:
    """Collects decisions; the same one about several lines is one decision with several lines."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str, str, bool], list[int]] = {}
        self.set_aside: list[SetAsideRecord] = []

    def decide(
        self, code: str, text: str, file: str | Path = "", line: int | None = None, *, guess: bool = False
    ) -> None:
        """Write down that something was decided; a guess is what could have been read otherwise."""
        lines = self._lines.setdefault((str(file), code, text, guess), [])
        if line is not None and lines[-1:] != [line]:
            lines.append(line)

    def put_aside(self, file: str | Path, line: int, reason: str, column: str = "") -> None:
        """Write down that a row, or a cell of it, is not in the table."""
        self.set_aside.append(SetAsideRecord(file=str(file), line=line, column=column, reason=reason))

    @property
    def decisions(self) -> list[DecisionRecord]:
        """All decisions so far."""
        return [
            DecisionRecord(code=code, text=text, file=file, lines=lines, guess=guess)
            for (file, code, text, guess), lines in self._lines.items()
        ]
