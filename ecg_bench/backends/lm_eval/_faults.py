"""What an exception of a model class means for those who wait: end the run, try again, or neither."""

from __future__ import annotations

from ecg_bench.backends.base import TransientError
from ecg_bench.errors import UserError
from ecg_bench.redaction import redact, redact_url

SHOWN = 300  # characters of an exception's message
_PASSING = frozenset({408, 409, 425, 429})
_TOO_MUCH = frozenset({429, 529})
_NETWORK = frozenset({"aiohttp", "requests", "httpx", "urllib3"})


def sort_out(error: Exception, model: str) -> UserError | TransientError | None:
    """Return what to raise instead of an exception; None if it concerns single requests.

    The classes share no exceptions of their own, so that status, base class and package have to tell.
    """
    if isinstance(error, UserError | TransientError):
        return error
    said = f"{model}: {first_line(error)}"
    if isinstance(error, NotImplementedError):
        return UserError(f"{said}: use another --mode, or hf/, vllm/ or lm-eval/local-completions for log-likelihoods")
    if type(error).__name__ == "OutOfMemoryError":
        return UserError(f"{said}: give a smaller --model-arg batch_size")
    status = _status(error)
    if status in (401, 403):
        return UserError(f"{said}: check the key")
    if status == 404:
        return UserError(f"{said}: check base_url and the model's name")
    if status is not None and (status in _PASSING or status >= 500):
        return TransientError(str(status), said, overloaded=status in _TOO_MUCH)
    if status is None and _of_network(error):
        timed_out = isinstance(error, TimeoutError) or "Timeout" in type(error).__name__
        return TransientError("timeout" if timed_out else "connection", said)
    return None


def first_line(error: BaseException) -> str:
    """Return class and first line of an exception, without keys."""
    text = redact_url(redact(str(error))).strip()
    line = " ".join(text.splitlines()[0].split())[:SHOWN] if text else ""
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


def _status(error: Exception) -> int | None:
    response = getattr(error, "response", None)
    for found in (getattr(error, "status", None), getattr(error, "status_code", None)):
        if isinstance(found, int):
            return found
    found = getattr(response, "status_code", None)
    return found if isinstance(found, int) else None


def _of_network(error: Exception) -> bool:
    # When one request of a group fails, lm-eval closes the session under the others.
    closed = isinstance(error, RuntimeError) and "ession is closed" in str(error)
    packages = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return closed or isinstance(error, ConnectionError | TimeoutError) or bool(packages & _NETWORK)
