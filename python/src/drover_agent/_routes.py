"""The calls of Drover to an agent, however they arrive."""

from __future__ import annotations

import json
import traceback
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ._turns import TurnMemory

Answer = tuple[int, bytes]


def answer(status: int, value: Any) -> Answer:
    return status, json.dumps(value).encode()


@dataclass(frozen=True)
class Routes:
    """The handlers behind the calls; an absent one makes its call 404."""

    turns: TurnMemory
    status: Callable[[], str]
    take: Callable[[dict[str, Any]], bytes]
    on_undo: Callable[[Any], Any] | None
    on_credentials: Callable[[Any], Any] | None
    on_drain: Callable[[], Any] | None

    def find(self, method: str, path: str) -> Callable[[Any], Answer] | int:
        """The handler of a call, or the status of its refusal."""
        found: dict[str, Callable[[Any], Answer]] = {}
        if path == "/turn":
            found["POST"] = self._turn
        elif path.startswith("/turn/"):
            turn_id = urllib.parse.unquote(path[len("/turn/") :])
            found["DELETE"] = lambda _: self._withdraw(turn_id)
        elif path == "/healthz":
            found["GET"] = lambda _: self._health()
        elif path == "/drain":
            found["POST"] = lambda _: self._drain()
        elif path == "/undo" and self.on_undo is not None:
            found["POST"] = _checked(path, {"turnId": str}, self.on_undo)
        elif path == "/credentials" and self.on_credentials is not None:
            fields = {"pool": str, "subscription": str, "assignment": int, "secret": str}
            found["POST"] = _checked(path, fields, self.on_credentials)
        else:
            return 404
        return found.get(method, 405)

    def call(self, method: str, path: str, body: Any) -> Answer:
        """Answers a call that is allowed; an error of a handler is 500."""
        handler = self.find(method, path)
        if isinstance(handler, int):
            return answer(handler, {"error": f"no {method} {path} here"})
        try:
            return handler(body)
        except Exception as error:  # noqa: BLE001: the caller learns of it
            traceback.print_exc()
            return answer(500, {"error": str(error)})

    def _turn(self, body: Any) -> Answer:
        if not _has(body, {"turnId": str, "run": str, "attempt": int}):
            return answer(400, {"error": "not a turn request"})
        if self.status() == "stopping":
            return answer(503, {"error": "this agent is stopping"})
        return 200, self.take(body)

    def _withdraw(self, turn_id: str) -> Answer:
        self.turns.withdraw(turn_id)
        return answer(200, {})

    def _health(self) -> Answer:
        status = self.status()
        return answer(200 if status in ("ready", "degraded") else 503, {"status": status, "inFlight": self.turns.in_flight})

    def _drain(self) -> Answer:
        if self.on_drain is not None:
            self.on_drain()
        self.turns.wait_idle()
        return answer(200, {})


def _checked(path: str, fields: dict[str, type], handler: Callable[[Any], Any]) -> Callable[[Any], Answer]:
    def handle(body: Any) -> Answer:
        if not _has(body, fields):
            return answer(400, {"error": f"not what {path} takes"})
        handler(body)
        return answer(200, {})

    return handle


def _has(body: Any, fields: dict[str, type]) -> bool:
    return isinstance(body, dict) and all(
        isinstance(body.get(name), kind) and not isinstance(body.get(name), bool) for name, kind in fields.items()
    )
