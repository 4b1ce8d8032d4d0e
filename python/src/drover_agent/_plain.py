"""JSON of what frameworks answer with: models of pydantic and data classes."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from typing import Any


def plain(value: Any) -> Any:
    """The fields of a value that ``json`` does not know. Raises ``TypeError`` for one without fields."""
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"a reply has a value of the type {type(value).__name__}, which is not JSON")
