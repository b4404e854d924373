"""HL7 annotated ECGs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np

from ecg_bench.ecg import Ecg
from ecg_bench.ecg.reading._names import Wanted
from ecg_bench.ecg.reading._units import in_millivolts
from ecg_bench.errors import UserError

_LEAD = "MDC_ECG_LEAD_"
_TIMES = ("TIME_ABSOLUTE", "TIME_RELATIVE")
_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
_NUMBERS = re.compile(r"[-+0-9.eE\s]*")


class _NoDoctype(ET.TreeBuilder):
    """A tree that takes no document type: it could name other files, or blow up a few lines into gigabytes."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise UserError("declares a document type, which no annotated ECG needs")


def read_aecg(path: Path, leads: Sequence[str] | None = None) -> Ecg:
    """Read the first series of an HL7 annotated ECG (HL7 v3, "AnnotatedECG").

    Raises
    ------
    UserError
        If it is no annotated ECG, its sequences differ in length, or a unit is not known.
    """
    try:
        # Without a document type there are no entities, which is what makes hostile XML dangerous.
        root = ET.fromstring(path.read_bytes(), ET.XMLParser(target=_NoDoctype()))  # noqa: S314
    except FileNotFoundError:
        raise UserError("no such file", path=path) from None
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", path=path) from None
    except ET.ParseError as error:
        raise UserError(f"is not valid XML: {error}", path=path, line=error.position[0]) from None
    except UserError as error:
        raise UserError(str(error), path=path) from None
    if _bare(root) != "AnnotatedECG":
        raise UserError(f"is no HL7 annotated ECG: its root is {_bare(root)!r}, not 'AnnotatedECG'", path=path)
    series = next((one for one in root.iter() if _bare(one) == "sequenceSet"), None)
    if series is None:
        raise UserError("has no sequences of samples", path=path)
    rate = None
    found: dict[str, np.ndarray] = {}
    for sequence in (one for one in series.iter() if _bare(one) == "sequence"):
        code = _attribute(sequence, "code", "code") or ""
        value = _child(sequence, "value")
        if value is None:
            continue
        if code in _TIMES:
            rate = _rate_of(value, path)
        elif code.startswith(_LEAD):
            found[code.removeprefix(_LEAD)] = _samples_of(value, code, path)
    if rate is None or not found:
        raise UserError("must say its sampling rate and hold the samples of at least one lead", path=path)
    if len({len(one) for one in found.values()}) > 1:
        raise UserError("its leads are not of one length", path=path)
    wanted = Wanted.of(list(found), leads, path)
    columns = list(found.values())
    signal = np.stack([columns[column] for column in wanted.columns], axis=1) * wanted.signs
    identifier = _child(root, "id")
    record = "" if identifier is None else identifier.get("extension") or identifier.get("root") or ""
    return Ecg(signal.astype(np.float32), wanted.names, rate, record=record or path.stem)


def _bare(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _child(element: ET.Element, name: str) -> ET.Element | None:
    return next((one for one in element if _bare(one) == name), None)


def _attribute(element: ET.Element, child: str, name: str) -> str | None:
    found = _child(element, child)
    return None if found is None else found.get(name)


def _number(element: ET.Element, child: str, what: str, path: Path) -> float:
    text = _attribute(element, child, "value")
    try:
        return float(text or "")
    except ValueError:
        raise UserError(f"the {child} of {what} is no number: {text!r}", path=path) from None


def _rate_of(value: ET.Element, path: Path) -> float:
    step = _number(value, "increment", "the time", path)
    unit = _attribute(value, "increment", "unit") or ""
    if unit not in _SECONDS or not step > 0:
        raise UserError(f"its samples must lie apart by a time in s, ms or us, not {step:g} {unit!r}", path=path)
    return round(1 / (step * _SECONDS[unit]), 6)


def _samples_of(value: ET.Element, code: str, path: Path) -> np.ndarray:
    digits = _child(value, "digits")
    text = "" if digits is None else digits.text or ""
    if not _NUMBERS.fullmatch(text):
        raise UserError(f"the samples of {code} are no numbers", path=path)
    try:
        steps = np.array(text.split(), dtype=np.float64)
        factors = [in_millivolts(_attribute(value, name, "unit") or "") for name in ("origin", "scale")]
    except ValueError:
        raise UserError(f"the samples of {code} are no numbers", path=path) from None
    except UserError as error:
        raise UserError(f"{code}: {error}", path=path) from None
    if not len(steps):
        raise UserError(f"{code} has no samples", path=path)
    origin = _number(value, "origin", code, path) * factors[0]
    return origin + steps * _number(value, "scale", code, path) * factors[1]
