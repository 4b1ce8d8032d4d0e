"""Sends the progress of turns: the latest only, at most four a second and turn."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from ._identity import GatewayError, Identity, turn_path

_EVERY_SECONDS = 0.27
_TIMEOUT = 5.0


class ProgressReports:
    """The reports of all turns of one agent."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._has_failed = False

    def open(self, turn_id: str) -> tuple[Callable[[dict[str, Any]], None], Callable[[], None]]:
        """The functions that report the progress of a turn, and end its reports."""
        lock = threading.Lock()
        latest: list[dict[str, Any]] = []
        over = threading.Event()
        state = {"running": False}

        def send() -> None:
            while True:
                with lock:
                    if not latest or over.is_set():
                        state["running"] = False
                        return
                    said = latest.pop()
                self._post(turn_id, said)
                over.wait(_EVERY_SECONDS)

        def report(progress: dict[str, Any]) -> None:
            with lock:
                latest[:] = [progress]
                if state["running"] or over.is_set():
                    return
                state["running"] = True
            threading.Thread(target=send, daemon=True, name="drover-progress").start()

        return report, over.set

    def _post(self, turn_id: str, progress: dict[str, Any]) -> None:
        try:
            self._identity.call("POST", turn_path(turn_id, "progress"), progress, _TIMEOUT)
        except Exception as error:  # noqa: BLE001: progress is for people who look on, and a lost one harms no turn
            if isinstance(error, GatewayError) and error.status == 429:
                return
            if not self._has_failed:
                print(f"drover: cannot report progress: {error}", file=sys.stderr)
            self._has_failed = True
