"""Files of requests, answered within a day at half the price."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ecg_bench.backends.base import RefusedError, TransientError, UnaskableError
from ecg_bench.backends.batching import BatchApi, BatchState
from ecg_bench.backends.openai._bodies import Form
from ecg_bench.backends.openai._connection import Connection
from ecg_bench.backends.openai._models import Offer
from ecg_bench.backends.openai._refusals import refused
from ecg_bench.backends.openai._replies import read_reply
from ecg_bench.errors import UserError
from ecg_bench.redaction import redact
from ecg_bench.samples import Mode, Request, Response

if TYPE_CHECKING:
    import openai

LABEL = "ecg_bench"  # the key of our label among a batch's metadata
_ENDED = frozenset({"completed", "expired", "cancelled"})
_UNANSWERED = frozenset({"batch_expired", "batch_cancelled"})
_PASSING = frozenset({408, 409, 429})


class OpenAIBatches(BatchApi):
    """The batch API, for a backend that has a connection and a form."""

    batch_requests = 50_000
    batch_bytes = 200 * 10**6

    _connection: Connection
    _form: Form
    _offer: Offer

    async def submit_batch(self, requests: Mapping[str, Request], label: str) -> str:
        data = b"".join(self._line(ours, request) for ours, request in requests.items())
        if len(data) > self.batch_bytes:
            raise UserError(f"a batch may have {self.batch_bytes} bytes, but this one has {len(data)}")
        endpoint: Any = urlsplit(self._connection.url).path.rstrip("/") + self._form.path
        async with self._client() as client:
            file = await client.files.create(file=("ecg-bench.jsonl", data), purpose="batch")
            batch = await client.batches.create(
                input_file_id=file.id, endpoint=endpoint, completion_window="24h", metadata={LABEL: label}
            )
        return batch.id

    def _line(self, ours: str, request: Request) -> bytes:
        if request.mode is not Mode.GENERATE:
            raise UserError("a batch can't be asked for log-likelihoods: use --mode generate, or ask without a batch")
        try:
            body = self._form.body(request)
        except UnaskableError as error:
            raise UserError(f"{request.task} {request.id}: {error}") from None
        path = urlsplit(self._connection.url).path.rstrip("/") + self._form.path
        line = {"custom_id": ours, "method": "POST", "url": path, "body": body}
        return json.dumps(line, ensure_ascii=False).encode() + b"\n"

    async def find_batch(self, label: str) -> str | None:
        async with self._client() as client:
            async for batch in client.batches.list(limit=100):
                if (batch.metadata or {}).get(LABEL) == label:
                    return batch.id
        return None

    async def batch_state(self, batch: str) -> BatchState:
        async with self._client() as client:
            found = await client.batches.retrieve(batch)
        if found.status == "failed":
            reasons = [error.message for error in (found.errors.data if found.errors else None) or ()]
            said = "; ".join(str(reason) for reason in reasons[:3]) or "no reason is given"
            raise UserError(redact(f"{self._connection.shown} refuses the batch {batch}: {said}"))
        counts = found.request_counts
        finished, total = (counts.completed + counts.failed, counts.total) if counts else (0, 0)
        return BatchState(found.status in _ENDED, found.status, finished, total)

    async def batch_responses(self, batch: str) -> AsyncIterator[tuple[str, Response]]:
        async with self._client() as client:
            found = await client.batches.retrieve(batch)
            for file in (found.output_file_id, found.error_file_id):
                if file is None:
                    continue
                async for row in _rows(client, file):
                    response = self._response(row)
                    if response is not None:
                        yield row["custom_id"], response

    def _response(self, row: Mapping[str, Any]) -> Response | None:
        """Return the response in a line of a batch's files, or None if there was no answer."""
        error, reply = row.get("error"), row.get("response")
        if error:
            return None if error.get("code") in _UNANSWERED else Response(error=f"the batch says: {error['message']}")
        if not reply:
            return None
        status, body = reply["status_code"], reply["body"]
        try:
            if status < 400:
                return read_reply(body)
            if status >= 500 or status in _PASSING:
                return None
            said = body.get("error") or {}
            refusal = RefusedError(status, str(said.get("code") or said.get("type") or ""), _said(status, said))
            return refused(refusal, {}, self._offer, answered=True)
        except RefusedError as inside:
            return Response(error=str(inside))
        except (TransientError, UserError) as other:  # the others of the batch are answered: none may end the run
            return Response(error=str(other))

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[openai.AsyncOpenAI]:
        import openai

        from ecg_bench.backends._http import retry_after

        where = self._connection.shown
        try:
            async with self._connection.async_client() as client:
                yield client
        except openai.APIConnectionError as error:
            raise TransientError("connection", redact(f"{where}: {error.__cause__ or error}")) from None
        except openai.APIStatusError as error:
            status, code = error.status_code, error.code
            said = redact(f"{where}: HTTP {status}: {' '.join(error.message.split())[:300]}")
            if code != "insufficient_quota" and (status >= 500 or status in _PASSING) and status != 501:
                wait = retry_after(error.response.headers)
                raise TransientError(str(status), said, overloaded=status == 429, retry_after=wait) from None
            if status in (404, 405, 501):
                said += ": this server has no batch API, or no longer knows this batch"
            raise UserError(said) from None


def _said(status: int, error: Mapping[str, Any]) -> str:
    return redact(f"the batch says HTTP {status}: {' '.join(str(error.get('message', '')).split())[:300]}")


async def _rows(client: openai.AsyncOpenAI, file: str) -> AsyncIterator[dict[str, Any]]:
    # Split at line feeds only: a text may hold other characters that count as ends of lines.
    rest = b""
    async with client.files.with_streaming_response.content(file) as reply:
        async for chunk in reply.iter_bytes():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if line.strip():
                    yield json.loads(line)
    if rest.strip():
        yield json.loads(rest)
