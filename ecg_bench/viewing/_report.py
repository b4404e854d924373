"""The report of a single run."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ecg_bench.evaluation import load_run
from ecg_bench.files import write_whole
from ecg_bench.viewing._subject import PAGE


def report_of(run: Path, folder: Path) -> Path:
    """Write the report of a complete run into a folder, and return its page.

    Raises
    ------
    UserError
        If the run can't be read.
    """
    from jinja2 import Environment

    opened = load_run(run)
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((files(__package__) / "results.html.j2").read_text(encoding="utf-8"))
    page = folder / PAGE
    write_whole(page, template.render(header=opened.header, tasks=opened.results.tasks, run=run))
    return page
