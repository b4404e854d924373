"""What a server says of its models."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from ecg_bench.backends.openai._connection import Connection
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.redaction import redact

TIMEOUT_S = 10.0
RETRIES = 2
SHOWN = 12  # models named in a message
NO_LIST = frozenset({403, 404, 405, 501})  # 403: a key that may ask models, but not list them
# What tells models apart and stays the same when the server is started again.
TELLING = ("owned_by", "root", "parent", "digest", "revision", "quantization", "canonical_slug", "hugging_face_id")
_OF_THE_START = frozenset({"n_ctx", "n_ctx_per_seq", "n_parallel", "n_slots"})  # llama.cpp's settings, not the model's


@dataclass(frozen=True)
class Offer:
    """The models of a server.

    Parameters
    ----------
    names : tuple of str, optional
        None where the server gives no list.
    identity : mapping
        What the server says of the model asked for.
    """

    names: tuple[str, ...] | None = None
    identity: Mapping[str, Any] = field(default_factory=dict)

    def hint(self, name: str) -> str:
        """Return a part of a sentence that tells what may be meant by a name, and what there is."""
        if not self.names:
            return ""
        near = did_you_mean(name, self.names)
        rest = ", …" if len(self.names) > SHOWN else ""
        offered = f"the server offers {', '.join(sorted(self.names)[:SHOWN])}{rest}"
        return f"{near}; {offered}" if near.startswith(" (did") else f"; {offered}"


def look_up(connection: Connection, name: str) -> Offer:
    """Ask a server for its models and look for one among them.

    Raises
    ------
    UserError
        If the server doesn't answer, refuses the key, or has no such model.
    """
    with connection.client(retries=RETRIES) as client:  # which says so where the package is missing
        import openai

        try:
            raw = client.models.with_raw_response.list(timeout=TIMEOUT_S).http_response.content
        except openai.APIConnectionError as error:
            raise UserError(_unreachable(connection, error)) from None
        except openai.APIStatusError as error:
            if error.status_code in NO_LIST:
                return Offer()
            raise UserError(_failed(connection, error)) from None
        models = _models_of(raw, connection)
        offer = Offer(tuple(models))
        found = next((one for one in _spellings(name) if one in models), None)
        if found is not None:
            return Offer(offer.names, _identity(models[found]))
        if not models or any("*" in one and fnmatchcase(name, one) for one in models) or _hides_models(connection):
            return Offer(offer.names)
        try:  # some lists are not complete
            client.models.retrieve(name, timeout=TIMEOUT_S)
        except openai.OpenAIError:
            raise UserError(f"{connection.shown} has no model {name!r}{offer.hint(name)}") from None
        return Offer(offer.names)


def _spellings(name: str) -> Sequence[str]:
    """Return the names under which a server may list a model that it knows by this name.

    Ollama adds a tag, Google a folder, and OpenRouter takes variants (``:nitro``) that it doesn't list.
    """
    return (name, f"{name}:latest", f"models/{name}", name.rpartition(":")[0])


def _hides_models(connection: Connection) -> bool:
    # Azure lists what could be deployed, and is asked for deployments.
    return connection.host.endswith((".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com"))


def _models_of(raw: bytes, connection: Connection) -> dict[str, Mapping[str, Any]]:
    try:
        body = json.loads(raw)
    except ValueError:
        raise UserError(
            f"{connection.shown}/models gives no JSON: is this the address of an API (it often ends in /v1)?"
        ) from None
    rows = body.get("data") if isinstance(body, dict) else body
    return {str(row["id"]): row for row in rows or () if isinstance(row, dict) and "id" in row}


def _identity(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: row[name] for name in TELLING if isinstance(row.get(name), str) and row[name]}
    meta = row.get("meta")
    if isinstance(meta, dict):
        found["meta"] = {name: value for name, value in meta.items() if name not in _OF_THE_START}
    return found


def _unreachable(connection: Connection, error: Exception) -> str:
    reason = " ".join((str(error.__cause__ or "") or str(error)).split())
    if "CERTIFICATE" in reason.upper():
        return redact(
            f"{connection.shown}: its certificate can't be verified ({reason}): if the server is yours, name its "
            "authority's file in SSL_CERT_FILE"
        )
    return redact(f"no server answers at {connection.shown} ({reason}): is it running?")


def _failed(connection: Connection, error: Any) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    said = " ".join(str(body.get("message") or error.message).split())[:300]
    what = f"{connection.shown} answers HTTP {error.status_code} when asked for its models: {said}"
    if error.status_code == 401:
        what += f": check the key in {connection.key_variable}"
    return redact(what)
