"""Make PDFs of some documents of the shipped corpus: ``python docs/examples/pdfs/make_pdfs.py FOLDER``.

They stand for a team's own guidelines where none are at hand. Needs ``pip install 'ecg-bench[datagen]'``.
"""

from __future__ import annotations

import html
import sys
from pathlib import Path

import pymupdf

from ecg_bench.domains import Document, find_domains

DOCUMENTS = (
    *("atrial-fibrillation", "inferior-infarction", "left-bundle-branch-block", "long-qt-syndrome"),
    *("pacemaker-basics", "pericarditis", "potassium", "sinus-node-dysfunction"),
)
PAGE = pymupdf.paper_rect("a4")
TEXT = pymupdf.Rect(56, 56, PAGE.width - 56, PAGE.height - 56)  # points: 2 cm of margin


def as_html(document: Document) -> str:
    """Return a document's title, sections and paragraphs as HTML."""
    parts = [f"<h1>{html.escape(document.card.title)}</h1>"]
    for passage in document.passages:
        parts.append(f"<h2>{html.escape(passage.heading)}</h2>")
        parts += [f"<p>{html.escape(part)}</p>" for part in passage.text.split("\n\n")]
    return "".join(parts)


def write_pdf(document: Document, path: Path) -> None:
    """Set a document on A4 pages."""
    story, writer = pymupdf.Story(as_html(document)), pymupdf.DocumentWriter(str(path))
    more = True
    while more:
        device = writer.begin_page(PAGE)
        more, _ = story.place(TEXT)
        story.draw(device)
        writer.end_page()
    writer.close()


def main() -> None:
    """Write the PDFs."""
    if len(sys.argv) != 2:
        raise SystemExit(f"usage: python {sys.argv[0]} FOLDER")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for document in find_domains()["ecg"].corpus or ():
        if document.card.id in DOCUMENTS:
            write_pdf(document, folder / f"{document.card.id}.pdf")


if __name__ == "__main__":
    main()
