"""Images as the APIs take them."""

from __future__ import annotations

import base64

from ecg_bench.backends.base import UnaskableError
from ecg_bench.errors import UserError
from ecg_bench.samples import Media

TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp"}


def read_image(media: Media) -> tuple[str, str]:
    """Return the media type of an image and its bytes in base64; an ECG is drawn as the printed page.

    Raises
    ------
    UnaskableError
        If it is no image of a type that chat APIs take, or can't be read.
    """
    if media.kind == "ecg":
        return "image/png", base64.b64encode(_page(media)).decode()
    kind = TYPES.get(media.file.suffix.lower())
    if media.kind != "image" or kind is None:
        what = f"an image {media.file.suffix or 'without a suffix'}" if media.kind == "image" else media.kind
        raise UnaskableError(f"{media.path}: chat APIs take PNG, JPEG, GIF and WebP images, not {what}")
    try:
        data = media.file.read_bytes()
    except OSError as error:
        raise UnaskableError(f"{media.path} can't be read: {error.strerror}") from None
    return kind, base64.b64encode(data).decode()


def _page(media: Media) -> bytes:
    """Return an ECG as a PNG, drawn only now, so that no run holds the pictures of all its questions."""
    from ecg_bench.ecg.media import open_media
    from ecg_bench.ecg.page import page_png

    try:
        return page_png(open_media(media))
    except UserError as error:
        raise UnaskableError(str(error)) from None
