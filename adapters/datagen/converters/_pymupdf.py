"""PDF by pymupdf4llm, an optional extra (its licence is AGPL or commercial, which is why it is none of ours)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecg_bench.adapters.datagen.converters._base import Converted
from ecg_bench.errors import UserError

SCANNED = "holds no text, only pictures (pages: {pages}): run it through OCR first (ocrmypdf does that)"
ENCRYPTED = "is encrypted: take the password off first (qpdf --decrypt does that)"


def convert(path: Path) -> Converted:
    """Convert a PDF file.

    Raises
    ------
    UserError
        If the packages are missing, or the file is damaged, encrypted, or scanned without text.
    """
    try:
        import pymupdf
        import pymupdf4llm
    except ImportError:
        raise UserError(
            "PDF needs pymupdf4llm: install it with pip install 'ecg-bench[datagen]', or give --converter .pdf=NAME"
        ) from None
    try:
        document: Any = pymupdf.open(path, filetype="pdf")
    except (RuntimeError, ValueError) as error:  # pymupdf's own errors are runtime errors
        raise UserError(f"is no PDF that can be read: {str(error).split(chr(10))[0].rstrip('.')}") from None
    with document:
        if document.needs_pass:
            raise UserError(ENCRYPTED)
        if not any(page.get_text().strip() for page in document):
            raise UserError(SCANNED.format(pages=len(document)))
        text = pymupdf4llm.to_markdown(document, show_progress=False)
        title = (document.metadata or {}).get("title") or ""
    return Converted(str(text), str(title).strip())
