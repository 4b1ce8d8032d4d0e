"""Calls handlers, plain or async: plain ones in the calling thread, async ones on one event loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import threading
from collections.abc import Callable
from typing import Any


class Loop:
    """An event loop in a thread of its own, made when the first coroutine needs it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def call(self, handler: Callable[..., Any], *arguments: Any, cancelled: threading.Event | None = None) -> Any:
        """The result of the handler. ``cancelled`` cancels its coroutine."""
        result = handler(*arguments)
        if not inspect.isawaitable(result):
            return result
        future = asyncio.run_coroutine_threadsafe(_awaited(result), self._running())
        if cancelled is None:
            return future.result()
        while True:
            try:
                return future.result(timeout=0.1)
            except concurrent.futures.TimeoutError:
                if future.done():
                    raise
                if cancelled.is_set():
                    future.cancel()
                    raise asyncio.CancelledError from None

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, daemon=True, name="drover-async").start()
            return self._loop


async def _awaited(result: Any) -> Any:
    return await result
