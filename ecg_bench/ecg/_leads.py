"""Names of leads."""

from __future__ import annotations

from ecg_bench.errors import UserError, did_you_mean

LIMB = ("I", "II", "III", "aVR", "aVL", "aVF")
CHEST = ("V1", "V2", "V3", "V4", "V5", "V6")
LEADS = LIMB + CHEST
_KNOWN = {name.lower(): name for name in LEADS}
_MINUS = str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-"})  # as printed texts have it


def lead_name(text: str) -> str:
    """Return a lead's name as it is written here: ``aVR`` for ``AVR``, ``avr`` or ``lead aVR``, ``-aVR`` for ``-AVR``.

    Parameters
    ----------
    text : str
        A name in any case, with or without the word "lead" before it.

    Raises
    ------
    UserError
        If it is none of the twelve standard leads, nor one of them upside down.
    """
    plain = text.strip().lower().translate(_MINUS)
    bare = plain.removeprefix("lead").strip(" _-")
    inverted = plain.removeprefix("lead").strip().startswith("-")
    if bare not in _KNOWN:
        raise UserError(
            f"there is no ECG lead {text!r}{did_you_mean(text, LEADS)}; the leads are {', '.join(LEADS)}, "
            "and -aVR for aVR upside down"
        )
    return f"-{_KNOWN[bare]}" if inverted else _KNOWN[bare]
