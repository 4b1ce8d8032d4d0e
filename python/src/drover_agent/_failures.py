"""The reply of a turn that ended with an error, with the failure of its credential where the error shows one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from ._replies import Reply, fail

_AUTH = (401, 402, 403)


def failed_reply(error: BaseException) -> Reply:
    """Without a status, Drover reads the text itself."""
    text = str(error) or type(error).__name__
    failure = failure_of(error)
    return fail(text) if failure is None else {**fail(text), "failure": failure}


def failure_of(error: BaseException) -> dict[str, Any] | None:
    """The kind of failure of an error that any SDK raised for an answer of its provider; None without a status."""
    response = getattr(error, "response", None)
    candidates = (getattr(error, "status_code", None), getattr(error, "status", None), getattr(response, "status_code", None))
    status = next((one for one in candidates if isinstance(one, int) and not isinstance(one, bool)), None)
    if status is None:
        return None
    if status in _AUTH:
        return {"kind": "auth"}
    if status != 429:
        return {"kind": "other"}
    headers = getattr(error, "headers", None) or getattr(response, "headers", None) or {}
    seconds = str(headers.get("retry-after") or "")
    if not seconds.isdecimal() or len(seconds) > 7:
        return {"kind": "rate_limit"}
    reset = datetime.now(timezone.utc) + timedelta(seconds=int(seconds))
    return {"kind": "rate_limit", "resetAt": reset.isoformat()}
