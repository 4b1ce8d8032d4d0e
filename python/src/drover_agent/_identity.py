"""The identity of an agent, from the environment that Drover gives it, and its calls to the gateway."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class GatewayError(Exception):
    """The gateway has refused a call. ``status`` is its HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"the gateway answers {status} {text[:600]}")
        self.status = status


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would receive the token."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_URL = re.compile(r"^https?://[^\s/?#@]+(?:[/?#]\S*)?$")
_OPENER = urllib.request.build_opener(_NoRedirect)


@dataclass(frozen=True)
class Identity:
    """Who this agent is."""

    gateway: str
    fleet: str
    agent: str
    token: str
    instance_id: str
    session: str | None

    def call(self, method: str, path: str, body: Any = None, timeout: float = 10) -> tuple[int, Any]:
        """Calls the gateway below the path of this agent. Raises ``GatewayError`` for a refusal, ``OSError`` without an answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        url = f"{self.gateway}/v1/agents/{self.fleet}/{self.agent}/{path}"
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with _OPENER.open(request, timeout=timeout) as response:
                text = response.read()
                return response.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            with error:
                raise GatewayError(error.code, error.read().decode("utf-8", "replace")) from None


def turn_path(turn_id: str, what: str) -> str:
    """The path of a call about one turn."""
    return f"turns/{urllib.parse.quote(turn_id, safe='')}/{what}"


def identity_from(environment: Mapping[str, str]) -> Identity:
    """Reads the ``DROVER_`` variables. An agent that Drover did not start makes up its instance."""
    required = ["DROVER_GATEWAY", "DROVER_FLEET", "DROVER_AGENT", "DROVER_TOKEN"]
    missing = [name for name in required if not environment.get(name)]
    if missing:
        raise ValueError(f"{', '.join(missing)} not set: start the agent with Drover, or set the variables yourself")
    gateway, fleet, agent, token = (environment[name] for name in required)
    if not _URL.match(gateway):
        raise ValueError(f"invalid DROVER_GATEWAY {json.dumps(gateway)}: use an http or https URL without credentials")
    instance = environment.get("DROVER_INSTANCE") or str(uuid.uuid4())
    return Identity(gateway.rstrip("/"), fleet, agent, token, instance, environment.get("DROVER_SESSION"))
