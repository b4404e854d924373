"""The one thread that vLLM lives in: it loads the model, takes requests in as they come, and gives answers out."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import count
from multiprocessing import resource_tracker
from queue import Empty, SimpleQueue
from typing import Any

from ecg_bench.backends.vllm._model import Model, Plan
from ecg_bench.backends.vllm._processes import ending_with_us
from ecg_bench.backends.vllm._prompts import reason_of
from ecg_bench.errors import UserError
from ecg_bench.samples import Request, Response

TAKEN_AT_ONCE = 64  # requests between two steps of the engine
LONGEST_END_S = 20.0  # that is waited for the step under way, and the engine's end


@dataclass(eq=False)
class _Asked:
    request: Request
    future: Future[Response]
    number: int
    plan: Plan | None = None

    def ids(self) -> list[str]:
        return [] if self.plan is None else [f"{self.number}-{k}" for k in range(len(self.plan.parts))]


class Worker:
    """Runs a model in a thread of its own.

    The thread is a daemon, so that a user who breaks off twice waits for nothing.

    Parameters
    ----------
    load : callable
        Returns the model; called in the thread.
    """

    def __init__(self, load: Callable[[], Model]) -> None:
        self._load = load
        self._ready: Future[Model] = Future()
        self._inbox: SimpleQueue[_Asked | None] = SimpleQueue()
        self._running: dict[int, _Asked] = {}
        self._numbers = count()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="ecg-bench vllm", daemon=True)

    def begin(self) -> Model:
        """Load the model.

        Raises
        ------
        UserError
            If it can't be.
        """
        self._thread.start()
        return self._ready.result()

    def ask(self, request: Request) -> Future[Response]:
        """Hand a request over; cancelling the future takes it back."""
        asked = _Asked(request, Future(), next(self._numbers))
        asked.future.add_done_callback(lambda future: self._inbox.put(asked) if future.cancelled() else None)
        self._inbox.put(asked)
        return asked.future

    def end(self) -> None:
        """Let go of the model, whatever it is at."""
        self._ending = True
        self._inbox.put(None)
        self._thread.join(LONGEST_END_S)

    def _run(self) -> None:
        # vLLM's own processes inherit this mask: Ctrl-C, which goes to all of them, is for us to handle, and what is in
        # flight is to be finished. Python takes the mask away when it starts its resource tracker, so that comes first.
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            model = self._load()
        except BaseException as error:
            self._ready.set_exception(error)
            return
        with ending_with_us(multiprocessing.active_children()):
            self._ready.set_result(model)
            try:
                self._serve(model)
            except Exception as error:
                self._fail(error)
            model.engine.engine_core.shutdown()
        self._ready = Future()  # the one with the model in it is gone
        del model
        gc.collect()  # what vLLM holds in this process it frees with its last reference

    def _serve(self, model: Model) -> None:
        engine = model.engine
        while not self._ending:
            for asked in self._arrived(wait=not self._running):
                if asked is None:
                    return
                if asked.future.cancelled():
                    if self._running.pop(asked.number, None) is not None:
                        engine.abort_request(asked.ids())
                else:
                    self._take(asked, model)
            if self._running:
                for output in engine.step():
                    if output.finished:
                        self._give(output)

    def _arrived(self, *, wait: bool) -> list[_Asked | None]:
        arrived: list[_Asked | None] = [self._inbox.get()] if wait else []
        try:
            while len(arrived) < TAKEN_AT_ONCE:
                arrived.append(self._inbox.get_nowait())
        except Empty:
            pass
        return arrived

    def _take(self, asked: _Asked, model: Model) -> None:
        try:
            plan = model.plan(asked.request)
        except Exception as error:  # of a tokenizer or a template: nothing that harms the engine
            _resolve(asked.future, error)
            return
        if isinstance(plan, Response):
            _resolve(asked.future, plan)
            return
        asked.plan = plan
        added: list[str] = []
        try:
            for id_, part in zip(asked.ids(), plan.parts, strict=True):
                prompt: dict[str, Any] = {"type": "token", "prompt_token_ids": part.prompt}
                model.engine.add_request(id_, prompt, part.params, lora_request=model.lora)
                added.append(id_)
        except Exception as error:  # of no common class: a schema that it can't follow, a token that it doesn't know
            from vllm.v1.engine.exceptions import EngineDeadError

            if isinstance(error, EngineDeadError):
                self._running[asked.number] = asked
                raise
            model.engine.abort_request(added)
            _resolve(asked.future, Response(error=f"vLLM refused it: {reason_of(error)}"))
            return
        self._running[asked.number] = asked

    def _give(self, output: Any) -> None:
        number, _, part = output.request_id.partition("-")
        asked = self._running.get(int(number))
        if asked is None or asked.plan is None:
            return  # taken back meanwhile
        response = asked.plan.take(int(part), output)
        if response is not None:
            del self._running[asked.number]
            _resolve(asked.future, response)

    def _fail(self, error: Exception) -> None:
        """End the run: after a fault in a step the engine answers nothing any more."""
        problem = UserError(
            f"vLLM stopped with {type(error).__name__}: {reason_of(error)}; what was answered is saved: run the same "
            "command again to go on"
        )
        for asked in self._running.values():
            _resolve(asked.future, problem)
        while (more := self._inbox.get()) is not None:
            _resolve(more.future, problem)


def _resolve(future: Future[Response], result: Response | Exception) -> None:
    if future.cancelled() or not future.set_running_or_notify_cancel():
        return
    if isinstance(result, Response):
        future.set_result(result)
    else:
        future.set_exception(result)
