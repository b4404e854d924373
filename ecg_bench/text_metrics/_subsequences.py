"""Longest common subsequences of tokens, a whole sequence at a time in the bits of an integer.

Source: H. Hyyrö, Bit-parallel LCS-length computation revisited, Proc. AWOCA 2004, pp. 16-27. Of the table t, in which
t[i][j] is the length for the first i tokens of one sequence and the first j of the other, a column is held as the bits
in which t[i + 1][j] equals t[i][j].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def places(tokens: Sequence[str]) -> dict[str, int]:
    """Return where each token stands, as the bits of an integer; the first place is the lowest bit."""
    found: dict[str, int] = {}
    bit = 1
    for token in tokens:
        found[token] = found.get(token, 0) | bit
        bit <<= 1
    return found


def common_length(first: Mapping[str, int], n: int, second: Sequence[str]) -> int:
    """Return the length of the longest common subsequence.

    Parameters
    ----------
    first : mapping of str to int
        `places` of the first sequence.
    n : int
        Its length.
    second : sequence of str
        The second sequence.
    """
    everywhere = same = (1 << n) - 1
    for token in second:
        if token in first:
            here = same & first[token]
            same = ((same + here) | (same - here)) & everywhere
    return n - same.bit_count()


def common_places(first: Mapping[str, int], n: int, second: Sequence[str]) -> int:
    """Return which places of the first sequence belong to a longest common subsequence, as bits.

    There may be several longest ones. This is the one that rouge-score reads out: from the end, a common last token
    is taken, else the first sequence is shortened where that loses nothing, else the second.

    Parameters
    ----------
    first, n, second
        As for `common_length`.
    """
    everywhere = same = (1 << n) - 1
    columns = []
    for token in second:
        matches = first.get(token, 0)
        here = same & matches
        same = ((same + here) | (same - here)) & everywhere
        columns.append((matches, ~same | matches))
    found = 0
    before = everywhere  # the places that are left
    for matches, stops in reversed(columns):
        # Shortening the first sequence stops at a common token, or where it would lose something.
        top = (stops & before).bit_length()
        if not top:
            break
        bit = 1 << (top - 1)
        before = bit * 2 - 1
        if matches & bit:
            found |= bit
            before = bit - 1
    return found
