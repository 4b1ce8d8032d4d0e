"""Sends beats: the first at once, then at the gateway's interval, and sooner after a failure."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from ._identity import Identity

_DEFAULT_SECONDS = 5.0
_BOUNDS = (0.05, 60.0)
_FIRST_RETRY = 0.1
_TIMEOUT = 5.0
_LAST_TIMEOUT = 1.0


class Beats:
    """Sends beats until ``end``. ``pulse`` makes the content, ``heard`` receives each answer and its beat."""

    def __init__(
        self, identity: Identity, pulse: Callable[[], dict[str, Any]], heard: Callable[[Any, dict[str, Any]], None]
    ) -> None:
        self._identity, self._pulse, self._heard = identity, pulse, heard
        self._sending = threading.Lock()
        self._wake = threading.Event()
        self._ended = False
        self._seq = 0
        self._seconds = _DEFAULT_SECONDS
        self._failures = 0

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True, name="drover-beats").start()

    def beat(self) -> None:
        """Sends a beat now. One at a time, so that none overtakes another."""
        with self._sending:
            self._send(_LAST_TIMEOUT if self._ended else _TIMEOUT)

    def end(self) -> None:
        """Sends the last beat."""
        self._ended = True
        self._wake.set()
        self.beat()

    def _run(self) -> None:
        while not self._ended:
            self._wake.wait(self._pause())
            if not self._ended:
                self.beat()

    def _pause(self) -> float:
        return self._seconds if self._failures == 0 else min(self._seconds, _FIRST_RETRY * 2 ** min(self._failures, 16))

    def _send(self, timeout: float) -> None:
        self._seq += 1
        beat = {"instanceId": self._identity.instance_id, "seq": self._seq, **self._pulse()}
        try:
            _, answer = self._identity.call("POST", "heartbeat", beat, timeout)
            self._seconds = _seconds_in(answer)
            self._failures = 0
        except Exception as error:  # noqa: BLE001: whatever is wrong with the gateway, the next beat tries again
            self._failures += 1
            if self._failures == 1:
                print(f"drover: cannot send beats to {self._identity.gateway}: {error}; still trying", file=sys.stderr)
            return
        self._heard(answer, beat)


def _seconds_in(answer: Any) -> float:
    given = answer.get("nextBeatMs") if isinstance(answer, dict) else None
    if not isinstance(given, (int, float)) or isinstance(given, bool):
        return _DEFAULT_SECONDS
    return min(max(given / 1_000, _BOUNDS[0]), _BOUNDS[1])
