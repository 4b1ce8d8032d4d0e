"""Pull mode: polls the gateway for calls of Drover, and posts the answers (docs/protocol.md, "Pull mode")."""

from __future__ import annotations

import json
import sys
import threading
import time
import urllib.parse
from typing import Any

from ._identity import GatewayError, Identity, turn_path
from ._routes import Routes

_WAIT_SECONDS = 30
_FIRST_RETRY = 0.1
_LONGEST_RETRY = 5.0
_REPLY_BYTES = 1024 * 1024


class Puller:
    """Polls until ``stop``."""

    def __init__(self, identity: Identity, routes: Routes) -> None:
        self._identity, self._routes = identity, routes
        self._stopped = threading.Event()
        self._last = ""
        self._open = 0
        self._changed = threading.Condition()

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True, name="drover-pull").start()

    def stop(self, timeout: float) -> None:
        """Takes no more calls, and waits until those that were taken are answered."""
        self._stopped.set()
        with self._changed:
            self._changed.wait_for(lambda: self._open == 0, timeout)

    def _run(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            try:
                call = self._poll()
                failures = 0
            except Exception as error:  # noqa: BLE001: whatever is wrong with the gateway, the next poll tries again
                failures += 1
                if failures == 1:
                    print(f"drover: cannot poll {self._identity.gateway}: {error}; still trying", file=sys.stderr)
                self._stopped.wait(min(_FIRST_RETRY * 2 ** min(failures, 16), _LONGEST_RETRY))
                continue
            if call is not None:
                self._last = call["id"]
                with self._changed:
                    self._open += 1
                threading.Thread(target=self._take, args=(call,), daemon=True, name="drover-call").start()

    def _poll(self) -> dict[str, Any] | None:
        query = urllib.parse.urlencode(
            {"wait": f"{_WAIT_SECONDS}s", "instance": self._identity.instance_id, "last": self._last}
        )
        status, call = self._identity.call("GET", f"turns?{query}", timeout=_WAIT_SECONDS + 15)
        return call if status == 200 else None

    def _take(self, call: dict[str, Any]) -> None:
        try:
            if call["kind"] == "withdraw":
                self._routes.turns.withdraw(call["id"])
                return
            status, data = self._routes.call("POST", f"/{call['kind']}", call["body"])
            answer = {"status": status, "reply": json.loads(data)}
            if len(data) > _REPLY_BYTES:
                answer = _unsent(f"it is longer than {_REPLY_BYTES} bytes")
            self._reply(call["id"], answer)
        finally:
            with self._changed:
                self._open -= 1
                self._changed.notify_all()

    def _reply(self, call_id: str, answer: dict[str, Any]) -> None:
        pause, refused = _FIRST_RETRY, False
        while True:
            try:
                self._identity.call("POST", turn_path(call_id, "reply"), answer)
                return
            except GatewayError as error:
                if error.status == 404:
                    return  # The call was withdrawn, or the gateway hands it out again.
                if error.status < 500 and error.status != 429:
                    if refused:
                        return
                    refused, answer = True, _unsent(str(error))
            except OSError:
                pass  # The gateway is away: soon again.
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_RETRY)


def _unsent(why: str) -> dict[str, Any]:
    return {"status": 200, "reply": {"action": "fail", "error": f"its reply cannot be sent: {why}"}}
