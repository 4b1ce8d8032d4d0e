"""The four replies to a turn."""

from __future__ import annotations

from typing import Any

Reply = dict[str, Any]
_ABSENT: Any = object()


def invoke(agent: str | list[dict[str, Any]], request: Any = None) -> Reply:
    """Hands over to one agent, or fans out: ``invoke([{"agent": "A", "request": 1}, …])``."""
    invocations = [{"agent": agent, "request": request}] if isinstance(agent, str) else agent
    return {"action": "invoke", "invocations": invocations}


def final(response: Any, **extras: Any) -> Reply:
    """Ends this branch. ``extras``: ``undo``, ``usage``, ``metadata``, ``session``."""
    return {"action": "final", "response": response, **extras}


def ask(question: Any, timeout: str | None = None, default: Any = _ABSENT) -> Reply:
    """Asks the user. Without an answer within ``timeout`` (``"1h"``), ``default`` is the answer."""
    reply: Reply = {"action": "ask", "question": question}
    if timeout is not None:
        reply["timeout"] = timeout
    if default is not _ABSENT:
        reply["default"] = default
    return reply


def fail(error: str) -> Reply:
    """Fails this branch."""
    return {"action": "fail", "error": error}
