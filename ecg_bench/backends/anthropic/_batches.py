"""The Message Batches API, through the official client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import anthropic

from ecg_bench.backends.anthropic._client import Connection, never_arrived, sort
from ecg_bench.backends.anthropic._messages import Form, read
from ecg_bench.backends.base import UnaskableError
from ecg_bench.backends.batching import BatchState
from ecg_bench.errors import UserError
from ecg_bench.redaction import redact
from ecg_bench.samples import Request, Response

if TYPE_CHECKING:
    from anthropic.types.messages import MessageBatchIndividualResponse
    from anthropic.types.messages.batch_create_params import Request as BatchRequest

# Faults of the server and not of the request: it was not answered and not paid for, and is worth asking again.
_PASSING = frozenset({"api_error", "overloaded_error", "rate_limit_error", "timeout_error"})


class Batches:
    """Hands in batches, looks after them and collects what they answered."""

    def __init__(self, connection: Connection, form: Form) -> None:
        self._connection = connection
        self._form = form
        self._client: anthropic.AsyncAnthropic | None = None

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        """Close the client, should one be opened, when the block ends."""
        try:
            yield
        finally:
            if self._client is not None:
                await self._client.close()
                self._client = None

    @property
    def _batches(self) -> Any:
        if self._client is None:
            self._client = self._connection.open_async()
        return self._client.messages.batches

    async def submit(self, requests: Mapping[str, Request]) -> str:
        """Hand in a batch and return its id."""
        made = [{"custom_id": own, "params": self._body(request)} for own, request in requests.items()]
        try:
            batch = await self._batches.create(requests=cast("list[BatchRequest]", made))
        except anthropic.APIConnectionError as error:
            if never_arrived(error):
                sort(self._connection, error)
            raise UserError(
                f"the connection broke while a batch of {len(made)} requests was handed in, and a second one would be "
                "paid for as well: if the newest batch in Anthropic's console has that size, cancel it, then resume"
            ) from None
        except anthropic.APIError as error:
            sort(self._connection, error)
        return str(batch.id)

    def _body(self, request: Request) -> dict[str, Any]:
        try:
            return self._form.body(request)
        except UnaskableError as error:
            raise UserError(f"a batch can't hold {request.id} of {request.task}: {error}") from None

    async def state(self, batch: str) -> BatchState:
        """Say how far a batch is."""
        try:
            found = await self._batches.retrieve(batch)
        except anthropic.APIError as error:
            sort(self._connection, error)
        counts = found.request_counts
        finished = counts.succeeded + counts.errored + counts.expired + counts.canceled
        status = str(found.processing_status)
        return BatchState(status == "ended", status, finished, finished + counts.processing)

    async def responses(self, batch: str) -> AsyncIterator[tuple[str, Response]]:
        """Yield what an ended batch answered."""
        try:
            async for line in await self._batches.results(batch):
                response = _response(line)
                if response is not None:
                    yield line.custom_id, response
        except anthropic.APIError as error:
            sort(self._connection, error)
        except anthropic.AnthropicError as error:
            raise UserError(f"the batch {batch} has no results: {error}") from None


def _response(line: MessageBatchIndividualResponse) -> Response | None:
    result = line.result
    if result.type == "succeeded":
        return read(result.message.to_dict())
    if result.type == "errored":
        error = result.error.error
        return None if error.type in _PASSING else Response(error=redact(f"{error.type}: {error.message}"))
    return None
