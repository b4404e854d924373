"""A leaderboard as HTML: one file with everything inside, every text escaped."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any

from ecg_bench.boards._records import BoardRecord
from ecg_bench.pages import base_css
from ecg_bench.plots import STYLE
from ecg_bench.reports import _heterogeneity, _words
from ecg_bench.reports._headline import headline
from ecg_bench.reports._layers import data, layers
from ecg_bench.reports._leaderboard import table
from ecg_bench.reports._marks import Footnotes
from ecg_bench.reports._samples import sample_script, sample_style
from ecg_bench.reports._slices import facets

if TYPE_CHECKING:
    from jinja2 import Environment

SCRIPTS = ("router.js", "tables.js", "layers.js", "slices.js", "board.js")  # one program, in this order
# Said before anything is drawn, so that layers that are not chosen are never laid out.
FIRST = "document.documentElement.classList.add('js')"
ESCAPES = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}


def page(board: BoardRecord, *, samples: Iterable[str] = ()) -> Iterator[str]:
    """Yield a leaderboard as a page that needs no network, piece by piece.

    Parameters
    ----------
    board : BoardRecord
        What is shown.
    samples : iterable of str
        Elements that hold the answers for the sample browser, as HTML that is already safe: they are taken one by one
        and stand after everything else, so that the page shows itself before they are read.

    Yields
    ------
    str
        Pieces of one HTML document. Scripts and styles are allowed by their hashes, and nothing may be loaded.
    """
    answers = iter(samples)
    first = list(islice(answers, 1))
    footnotes = Footnotes(board)
    shown = layers(board, footnotes)
    style = base_css() + STYLE + _asset("board.css") + (sample_style() if first else "")
    script = "(() => {\n'use strict';\n" + "\n".join(_asset(name) for name in SCRIPTS) + "\n})();"
    browser = sample_script() if first else ""
    stream = (
        _environment()
        .get_template("page.html.j2")
        .stream(
            board=board,
            headline=headline(board),
            footnotes=footnotes,
            layers=shown,
            names={layer.record.id: layer.name for layer in shown},
            main=table(board, [layer for layer in shown if layer.record.main]),
            further=table(board, [layer for layer in shown if not layer.record.main]),
            facets=facets(board, shown),
            matrix=_heterogeneity.matrix(board, shown),
            data=_json(data(board, shown)),
            style=style,
            first_script=FIRST,
            script=script,
            policy=_policy([FIRST, script, browser], [style]),
            has_samples=bool(first),
        )
    )
    stream.enable_buffering(200)
    yield from stream
    yield from first
    yield from answers
    yield f"<script>{browser}</script>\n</body></html>\n" if browser else "</body></html>\n"


def _asset(name: str) -> str:
    """Return a file of this package."""
    return (files(__package__) / name).read_text(encoding="utf-8")


def _json(value: Any) -> str:
    """Return JSON that can stand in a script element."""
    return _words.plain(json.dumps(value, ensure_ascii=False, separators=(",", ":"))).translate(ESCAPES)  # type: ignore[no-any-return]


def _policy(scripts: Iterable[str], styles: Iterable[str]) -> str:
    def allowed(texts: Iterable[str]) -> str:
        digests = (hashlib.sha256(text.encode()).digest() for text in texts if text)
        return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)

    return (
        f"default-src 'none'; script-src {allowed(scripts)}; style-src {allowed(styles)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_words.plain,
    )
    environment.filters.update(
        signed=_words.signed,
        number=_words.number,
        p_value=_words.p_value,
        share=_words.share,
        brief=_words.brief,
        shade=_heterogeneity.shade,
        clear=_heterogeneity.clear,
        setting=_setting,
    )
    environment.globals.update(interval=_words.interval)
    return environment


def _setting(value: Any) -> str:
    """Return a setting as text: strings as they are, the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
