"""Texts made small for a page: a code of frequent words, DEFLATE, and 85 printable characters.

DEFLATE alone looks back over 32 KB, and so finds the words of a domain anew in every part. A list of frequent words,
kept once in the page, saves about 30 % more on English answers, and the browser can still read any part for itself.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

# How a coded text is read, byte by byte; `samples-data.js` is the reader.
ONE, TWO, END = 0x80, 0xC0, 0xFF  # from ONE a word; from TWO the first of two bytes of a word; END ends the text
ESCAPE = "\0"  # then three bytes of a code point: characters beyond ASCII that are no word, and NUL itself
ONES, TWOS = TWO - ONE, (END - TWO) * 256

_tokens = re.compile(r" ?[A-Za-z]+| ?[0-9]{2,}|.", re.DOTALL).findall
_LONE = re.compile("[\ud800-\udfff]")
_SAFE = bytes.maketrans(b"<&", b".,")  # of the 85 characters, those that mean something in HTML


def clean(text: str) -> str:
    """Return a text in which each lone half of a surrogate pair is U+FFFD, as no encoding can hold it."""
    return text if text.isascii() else _LONE.sub("\ufffd", text)


class Words:
    """A code of frequent words.

    Parameters
    ----------
    texts : iterable of str
        Examples of what is to be coded.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(_tokens(clean(text)))
        often = [word for word, n in counts.most_common() if n > 1 and (len(word) > 1 or word > "\x7f")]
        self.list: Sequence[str] = often[: ONES + TWOS]
        codes = [chr(ONE + n) for n in range(ONES)] + [chr(TWO + n // 256) + chr(n % 256) for n in range(TWOS)]
        self._codes = _Codes(zip(self.list, codes, strict=False))

    def encode(self, texts: Iterable[str]) -> bytes:
        """Return texts as one run of bytes; none may hold a lone surrogate."""
        code = self._codes.__getitem__
        return "".join("".join(map(code, _tokens(text))) + chr(END) for text in texts).encode("latin-1")


class _Codes(dict[str, str]):
    """The codes of words; what is no frequent word stands for itself, or is escaped."""

    def __missing__(self, token: str) -> str:
        if "\0" < token[0] <= "\x7f":
            return token
        return ESCAPE + ord(token).to_bytes(3, "big").decode("latin-1")


class Interned:
    """The different texts of a part, numbered in the order in which they were added; 0 is the empty one."""

    def __init__(self) -> None:
        self.texts = [""]
        self._numbers = {"": 0}

    def column(self, texts: Iterable[str]) -> list[int]:
        """Return for each text 0 if it is new, and so has the next number, else its number plus 1.

        New texts are the rule in a column of answers, and so it costs next to nothing.
        """
        found = []
        for text in map(clean, texts):
            number = self._numbers.setdefault(text, len(self.texts))
            if number == len(self.texts):
                self.texts.append(text)
                found.append(0)
            else:
                found.append(number + 1)
        return found


def packed(header: Any, body: bytes = b"") -> str:
    """Return a header (any JSON) and bytes as printable text without ``<``, ``&`` and blanks."""
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    data = clean(text).encode()
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    small = squeezer.compress(len(data).to_bytes(4, "little") + data + body) + squeezer.flush()
    return base85(small)


def base85(data: bytes) -> str:
    """Return bytes as text, five characters for four bytes: `base64.b85encode` with ``.,`` for ``<&``, but faster."""
    pad = -len(data) % 4
    values = np.frombuffer(data + bytes(pad), dtype=">u4").astype(np.int64)
    digits = np.empty((len(values), 5), dtype=np.uint8)
    for place in range(4, -1, -1):
        values, digits[:, place] = np.divmod(values, 85)
    text = _ALPHABET[digits].tobytes()
    return text[: len(text) - pad].decode("ascii")


def element(part: str, text: str) -> str:
    """Return the element of a page that holds a part."""
    return f'<script type="application/octet-stream" class="ecg-samples" data-part="{part}">{text}</script>\n'


def _alphabet() -> bytes:
    """Return the 85 characters in their order, as `base64` has them."""
    return b"".join(base64.b85encode(n.to_bytes(4, "big"))[4:] for n in range(85)).translate(_SAFE)


_ALPHABET = np.frombuffer(_alphabet(), dtype=np.uint8)
