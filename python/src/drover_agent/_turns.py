"""Turns: each is worked on once. A repeated request joins the one in flight, or gets the remembered answer."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._failures import failed_reply
from ._plain import plain
from ._replies import Reply

if TYPE_CHECKING:
    from ._serve import RunningAgent

# How many answers are kept: more than an agent's queue holds, in a bounded amount of memory.
_MAX_ANSWERS = 1_000
_MAX_BYTES = 32 * 1024 * 1024


class Turn(dict[str, Any]):
    """A turn as it arrived (``turn["task"]``), with its parts as attributes too."""

    def __init__(self, request: dict[str, Any], agent: RunningAgent, report: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(request)
        self.agent = agent
        """The agent that takes the turn."""
        self.withdrawn = threading.Event()
        """Is set when the answer is no longer needed."""
        self._report = report

    @property
    def turn_id(self) -> str:
        return self["turnId"]

    @property
    def task(self) -> Any:
        """The task of the run."""
        return self.get("task")

    @property
    def input(self) -> dict[str, Any]:
        """What this turn is given: ``{"kind": "task" | "request" | "results" | "answer" | "invalid", …}``."""
        return self.get("input", {})

    @property
    def memory(self) -> list[dict[str, Any]]:
        """The earlier turns of this agent in the same branch."""
        return self.get("memory", [])

    @property
    def may_invoke(self) -> list[str]:
        return self.get("mayInvoke", [])

    @property
    def session(self) -> str | None:
        """What the agent named last as its session."""
        return self.get("session")

    def progress(
        self, text: str | None = None, tool: str | None = None, done: float | None = None, total: float | None = None
    ) -> None:
        """Says what the agent does at this moment. Only the latest of many is sent, and a lost one harms nothing."""
        said = {
            "text": None if text is None else text[:1_000],
            "tool": None if tool is None else tool[:200],
            "done": done,
            "total": total,
        }
        self._report({name: value for name, value in said.items() if value is not None})


class _Entry:
    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.attempt: int = turn["attempt"]
        self.done = threading.Event()
        self.answer = b""
        self.failed = False


class TurnMemory:
    """The turns of one agent, in flight and answered. Answers are JSON."""

    def __init__(self, handler: Callable[[Turn], Reply]) -> None:
        self._handler = handler
        self._entries: dict[str, _Entry] = {}
        self._changed = threading.Condition()
        self._bytes = 0

    @property
    def in_flight(self) -> int:
        with self._changed:
            return sum(not entry.done.is_set() for entry in self._entries.values())

    def answer(self, turn: Turn) -> bytes:
        """The answer to a turn. Only a failed turn is done again, and only for a later attempt."""
        with self._changed:
            known = self._entries.get(turn.turn_id)
            again = known is not None and known.failed and turn["attempt"] > known.attempt
            if known is None or again:
                if known is not None:
                    self._forget(turn.turn_id)
                entry = self._entries[turn.turn_id] = _Entry(turn)
            else:
                entry = known
        if entry.turn is turn:
            self._work(entry)
        else:
            entry.done.wait()
        return entry.answer

    def withdraw(self, turn_id: str) -> None:
        """Forgets a turn whose answer is no longer needed."""
        with self._changed:
            entry = self._entries.get(turn_id)
            if entry is None:
                return
            self._forget(turn_id)
            self._changed.notify_all()
        entry.turn.withdrawn.set()

    def withdraw_all(self) -> None:
        with self._changed:
            entries = list(self._entries.values())
        for entry in entries:
            entry.turn.withdrawn.set()

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Waits until nothing is in flight. False at the limit."""
        with self._changed:
            return self._changed.wait_for(lambda: all(one.done.is_set() for one in self._entries.values()), timeout)

    def _work(self, entry: _Entry) -> None:
        answer, failed = self._attempt(entry.turn)
        with self._changed:
            entry.answer, entry.failed = answer, failed
            entry.done.set()
            if self._entries.get(entry.turn.turn_id) is entry:
                self._bytes += len(answer)
                self._drop_oldest()
            self._changed.notify_all()

    def _attempt(self, turn: Turn) -> tuple[bytes, bool]:
        try:
            reply = self._handler(turn)
            return _json(reply), reply["action"] == "fail"
        except BaseException as error:  # noqa: BLE001: whatever ended the handler fails its turn
            if not turn.withdrawn.is_set():
                traceback.print_exc()
            return _json(failed_reply(error)), True

    def _forget(self, turn_id: str) -> None:
        self._bytes -= len(self._entries.pop(turn_id).answer)

    def _drop_oldest(self) -> None:
        for turn_id in list(self._entries):
            if len(self._entries) <= _MAX_ANSWERS and self._bytes <= _MAX_BYTES:
                return
            if self._entries[turn_id].done.is_set():
                self._forget(turn_id)


def _json(reply: Any) -> bytes:
    """NaN and infinity are not JSON."""
    return json.dumps(reply, allow_nan=False, default=plain).encode()
