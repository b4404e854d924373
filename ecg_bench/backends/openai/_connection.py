"""Where a server is, the key it is asked with, and the official client for it."""

from __future__ import annotations

import base64
import ipaddress
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from ecg_bench._version import VERSION
from ecg_bench.errors import UserError
from ecg_bench.redaction import HIDDEN, hide, redact_url

if TYPE_CHECKING:
    import openai

DEFAULT_URL = "https://api.openai.com/v1"
DEFAULT_KEY = "OPENAI_API_KEY"
NO_KEY = "none"
TIMEOUT_S = 600.0  # for files of a batch; what `prepare` asks has a shorter one


class Connection:
    """Address and key of a server.

    Parameters
    ----------
    base_url : str, optional
        By default what ``OPENAI_BASE_URL`` says, else OpenAI's own.
    key_variable : str, optional
        The environment variable that holds the key. By default ``OPENAI_API_KEY``, which only OpenAI's own server is
        known to need.

    Raises
    ------
    UserError
        If the address is none.
    """

    def __init__(self, base_url: str | None, key_variable: str | None) -> None:
        source = "base_url" if base_url else "OPENAI_BASE_URL"
        given = (base_url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL).strip()
        self._key_variable = key_variable
        self.url, self._login = _without_login(given, source)
        self.shown = redact_url(self.url)
        self.host = urlsplit(self.url).hostname or ""

    @property
    def is_openai(self) -> bool:
        """Whether it is OpenAI's own server (of any region)."""
        return self.host == "api.openai.com" or self.host.endswith(".api.openai.com")

    @property
    def is_own(self) -> bool:
        """Whether the server stands in the user's own network, as far as its address tells."""
        try:
            return not ipaddress.ip_address(self.host).is_global
        except ValueError:
            return "." not in self.host or self.host.endswith((".local", ".localhost", ".internal", ".lan"))

    @property
    def key_variable(self) -> str:
        """The environment variable that the key is read from."""
        return self._key_variable or DEFAULT_KEY

    def key(self) -> str | None:
        """Return the key, or None where the server may need none.

        Raises
        ------
        UserError
            If there is none where one is needed.
        """
        key = os.environ.get(self.key_variable, "").strip()
        if key:
            hide(key)
            return key
        if self._key_variable is not None:
            raise UserError(f"api_key_env names {self._key_variable}, but that variable is not set: put the key in it")
        if self.is_openai:
            raise UserError(
                f"{self.host} needs a key: set the variable {DEFAULT_KEY}, or for another server give its address with "
                "--model-arg base_url=URL"
            )
        return None

    def client(self, *, retries: int = 0) -> openai.OpenAI:
        """Return the official client.

        Raises
        ------
        UserError
            If the key is missing, or the package.
        """
        made: openai.OpenAI = _package().OpenAI(**self._options(), max_retries=retries)
        return made

    def async_client(self) -> openai.AsyncOpenAI:
        """Return the official client for use inside an event loop; it is to be closed there."""
        made: openai.AsyncOpenAI = _package().AsyncOpenAI(**self._options(), max_retries=0)
        return made

    def _options(self) -> dict[str, Any]:
        key = self.key()
        headers: dict[str, Any] = {"User-Agent": f"ecg-bench/{VERSION}"}
        if key is None and self._login is not None:
            headers["Authorization"] = self._login
        # The client insists on a key.
        return {"base_url": self.url, "api_key": key or NO_KEY, "default_headers": headers, "timeout": TIMEOUT_S}

    def headers(self) -> dict[str, str]:
        """Return what the official client would send: the key, organization, project, and the user's own headers.

        What it tells about itself is left out, since it isn't the one who sends the requests.
        """
        with self.client() as client:
            headers = {**client.auth_headers, **client.default_headers}
        own = {name: value for name, value in headers.items() if isinstance(value, str) and value != f"Bearer {NO_KEY}"}
        return {name: value for name, value in own.items() if not name.lower().startswith("x-stainless")}


def _without_login(url: str, source: str) -> tuple[str, str | None]:
    """Return an address without user name and password, and the header that stands for them."""
    if HIDDEN in url:
        raise UserError(f"{source} has a password that is not recorded in the run: give --model-arg base_url=URL again")
    parts = urlsplit(url)
    try:
        fit = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        fit = False
    if not fit:
        raise UserError(
            f"{source} is {redact_url(url)!r}, but it must be an address such as http://127.0.0.1:8000/v1, with "
            "http:// or https:// in front"
        )
    if parts.query or parts.fragment:
        raise UserError(f"{source} must end with its path, such as /v1, but {redact_url(url)!r} goes on behind it")
    plain = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
    if parts.username is None:
        return plain, None
    hide(unquote(parts.password or ""))
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    coded = base64.b64encode(login.encode()).decode()
    hide(coded)
    return plain, f"Basic {coded}"


def _package() -> Any:
    try:
        import openai
    except ImportError as error:
        raise UserError(f"openai/ models need the openai package ({error}): pip install 'ecg-bench[openai]'") from None
    return openai
