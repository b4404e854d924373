"""An agreement report as one page that needs no network."""

from __future__ import annotations

from importlib.resources import files

from ecg_bench.agreement._plots import plots
from ecg_bench.agreement._records import AgreementRecord
from ecg_bench.agreement._words import headline, interval, named, number, shown
from ecg_bench.pages import base_css
from ecg_bench.plots import STYLE, slug


def page(record: AgreementRecord) -> str:
    """Return a report as HTML: one file, with its plots inside and every text escaped."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((files(__package__) / "page.html.j2").read_text(encoding="utf-8"))
    stats = [one for judge in record.judges for one in judge.with_gold.stats]
    stats += [one for judge in record.judges for level in judge.with_gold.thresholds for one in level.stats]
    return template.render(
        r=record,
        style=base_css() + STYLE,
        plots=plots(record),
        slug=slug,
        named=named,
        number=number,
        interval=interval,
        shown=shown,
        headlines={judge.name: headline(record, judge) for judge in record.judges},
        methods=sorted({one.method for one in stats if one.method}),
    )
