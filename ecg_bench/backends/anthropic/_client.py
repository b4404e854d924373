"""The official client: settings and keys, the list of models, and its exceptions sorted into what to do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import anthropic
import httpx2

from ecg_bench._version import VERSION
from ecg_bench.backends._http import retry_after
from ecg_bench.backends.anthropic._address import is_local, is_official
from ecg_bench.backends.base import TransientError
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.redaction import hide, redact, redact_url

LOOKUP_S = 20.0
transform_schema = anthropic.transform_schema


@dataclass(frozen=True)
class Connection:
    """Where the API is and what it is told with each request.

    Attributes
    ----------
    base_url : str
        Without ``/v1``.
    headers : mapping of str to str
        Key, version, and what ``ANTHROPIC_CUSTOM_HEADERS`` adds.
    arguments : mapping
        What makes the same client again.
    """

    base_url: str
    headers: Mapping[str, str]
    arguments: Mapping[str, Any]

    def open_async(self) -> anthropic.AsyncAnthropic:
        """Return a client that never sends a request twice of its own accord."""
        return anthropic.AsyncAnthropic(**self.arguments, max_retries=0)


def connect(base_url: str, api_key_env: str, api_version: str) -> Connection:
    """Read key and settings from the environment.

    Raises
    ------
    UserError
        If there is no key, or the address is none.
    """
    key = os.environ.get(api_key_env, "").strip()
    hide(key)
    for line in os.environ.get("ANTHROPIC_CUSTOM_HEADERS", "").splitlines():
        hide(line.partition(":")[2])
    if not key and not is_local(base_url):
        raise UserError(
            f"anthropic/ needs a key: set the environment variable {api_key_env}, or name another one with "
            "--model-arg api_key_env=VARIABLE"
        )
    arguments: dict[str, Any] = {
        "api_key": key or "none",
        "base_url": base_url,
        "default_headers": {"anthropic-version": api_version, "User-Agent": f"ecg-bench/{VERSION}"},
    }
    try:
        client = anthropic.Anthropic(**arguments)
    except (httpx2.InvalidURL, ValueError) as error:
        raise UserError(f"{redact_url(base_url)} is no address of a server: {error}") from None
    with client:
        headers = {
            name: value
            for name, value in client.default_headers.items()
            if isinstance(value, str) and not name.lower().startswith("x-stainless")
        }
        return Connection(base_url, headers, arguments)


def look_up(connection: Connection, model: str) -> Mapping[str, Any]:
    """Return what the server says about a model, as its API calls it; empty where it doesn't say.

    Raises
    ------
    UserError
        If the server can't be reached, doesn't know the key, or doesn't have the model.
    """
    with anthropic.Anthropic(**connection.arguments, timeout=LOOKUP_S, max_retries=2) as client:
        try:
            return client.models.retrieve(model).to_dict()
        except anthropic.NotFoundError:
            known = _models(client)
            if not known or model in known:  # many servers that speak this API list no models
                return {}
            hint = did_you_mean(model, known)
            raise UserError(f"{redact_url(connection.base_url)} has no model {model!r}{hint}") from None
        except anthropic.APIConnectionError as error:
            raise UserError(f"{redact_url(connection.base_url)} can't be reached: {_why(error)}") from None
        except (anthropic.AuthenticationError, anthropic.PermissionDeniedError) as error:
            raise UserError(f"{_said(connection, error)}: check the key") from None
        except (anthropic.APIError, ValueError) as error:
            if is_official(connection.base_url) and isinstance(error, anthropic.APIStatusError):
                raise UserError(f"{_said(connection, error)}: try again later") from None
            return {}


def _models(client: anthropic.Anthropic) -> list[str]:
    try:
        return [str(model.id) for model in client.models.list(limit=1000).data]
    except (anthropic.APIError, ValueError, AttributeError, TypeError):
        return []


def sort(connection: Connection, error: anthropic.APIError) -> NoReturn:
    """Raise what the engine understands instead of an exception of the client.

    Raises
    ------
    TransientError
        If trying again may help.
    UserError
        If it will not.
    """
    if isinstance(error, anthropic.APIStatusError):
        said, status = _said(connection, error), error.status_code
        if status in (408, 409, 429) or status >= 500:
            wait = retry_after(error.response.headers)
            raise TransientError(str(status), said, overloaded=status in (429, 529), retry_after=wait) from None
        raise UserError(said) from None
    cause = "timeout" if isinstance(error, anthropic.APITimeoutError) else "connection"
    raise TransientError(cause, redact(f"{redact_url(connection.base_url)}: {_why(error)}")) from None


def never_arrived(error: anthropic.APIConnectionError) -> bool:
    """Whether it is certain that the server didn't get the request."""
    return isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)


def _said(connection: Connection, error: anthropic.APIStatusError) -> str:
    message = " ".join((error.api_message or error.message).split())[:300]
    return redact(f"{redact_url(connection.base_url)}: HTTP {error.status_code}: {message}")


def _why(error: BaseException) -> str:
    cause = error.__cause__ or error
    return redact(" ".join(str(cause).split()) or type(cause).__name__)
