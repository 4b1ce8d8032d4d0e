"""What a turn asks, as a text for a model."""

from __future__ import annotations

import json
from typing import Any

from ._turns import Turn


def prompt_of(turn: Turn) -> str:
    """The input of the turn: a text as it is, anything else as JSON."""
    given = turn.input
    kind = given.get("kind")
    if kind == "results":
        parts = [f"{one['from']}: {text_of(one['value'])}" for one in given["results"]]
        parts += [f"{one['from']} failed: {one['error']}" for one in given["failures"]]
        return f"The task: {text_of(turn.task)}\nThe results that you asked for:\n" + "\n".join(parts)
    if kind == "answer":
        return f"You asked: {text_of(given['question'])}\nThe answer: {text_of(given['value'])}"
    if kind == "invalid":
        return f"The task: {text_of(turn.task)}\nYour last reply was not valid: {given['reason']}"
    return text_of(given.get("value"))


def text_of(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
