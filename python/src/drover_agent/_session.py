"""The agent's session: what Drover gave at the start and with turns, and what the agent named since."""

from __future__ import annotations

import threading
from typing import Any

SESSION_BYTES = 4 * 1024
_NOTHING: Any = object()


def session_problem(value: Any) -> str | None:
    """Why a value cannot be a session; None: it can."""
    if not isinstance(value, str):
        return "expected a text, or None for no session"
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        return "has half a character (a lone surrogate)"
    if size > SESSION_BYTES:
        return f"{size} bytes, at most {SESSION_BYTES} are allowed"
    return "has a NUL character" if "\0" in value else None


class CurrentSession:
    """The session of one agent; None: none."""

    def __init__(self, at_start: str | None) -> None:
        self._lock = threading.Lock()
        self._current = at_start
        self._untold: Any = _NOTHING

    @property
    def current(self) -> str | None:
        return self._current

    def set(self, session: str | None) -> None:
        """Names another session. Raises ``ValueError`` where the value cannot be one."""
        problem = None if session is None else session_problem(session)
        if problem is not None:
            raise ValueError(f"invalid session: {problem}")
        with self._lock:
            self._current = self._untold = session

    def hear(self, session: str | None) -> None:
        """Takes the session of a turn, unless the agent has named one that Drover does not know yet."""
        with self._lock:
            if self._untold is _NOTHING:
                self._current = session

    def replied(self, reply: Any) -> None:
        """Takes the session that a reply names."""
        if isinstance(reply, dict) and "session" in reply:
            session = reply["session"]
            if session is None or session_problem(session) is None:
                self._current = session

    def for_beat(self) -> dict[str, Any]:
        """The part of the next beat."""
        return {} if self._untold is _NOTHING else {"session": self._untold}

    def told(self, beat: dict[str, Any]) -> None:
        """This beat has arrived."""
        with self._lock:
            if "session" in beat and beat["session"] == self._untold:
                self._untold = _NOTHING
