"""Images as the APIs take them."""

from __future__ import annotations

import base64

from ecg_bench.backends.base import UnaskableError
from ecg_bench.samples import Media

TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp"}


def read_image(media: Media) -> tuple[str, str]:
    """Return the media type of an image and its bytes in base64.

    Raises
    ------
    UnaskableError
        If it is no image of a type that chat APIs take, or can't be read.
    """
    kind = TYPES.get(media.file.suffix.lower())
    if media.kind != "image" or kind is None:
        what = f"an image {media.file.suffix or 'without a suffix'}" if media.kind == "image" else media.kind
        raise UnaskableError(f"{media.path}: chat APIs take PNG, JPEG, GIF and WebP images, not {what}")
    try:
        data = media.file.read_bytes()
    except OSError as error:
        raise UnaskableError(f"{media.path} can't be read: {error.strerror}") from None
    return kind, base64.b64encode(data).decode()
