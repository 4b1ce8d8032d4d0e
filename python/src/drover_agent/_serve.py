"""Serves an agent: everything between the handlers and Drover."""

from __future__ import annotations

import os
import signal as signals_of
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ._beats import Beats
from ._identity import identity_from
from ._progress import ProgressReports
from ._pull import Puller
from ._replies import Reply
from ._routes import Routes
from ._server import Server
from ._session import CurrentSession
from ._turns import Turn, TurnMemory
from ._work import Loop

# The time for answers to be sent, which needs milliseconds.
_FLUSH_SECONDS = 1.0


class RunningAgent:
    """A running agent. ``serve_agent`` makes it."""

    def __init__(self, environment: Mapping[str, str], pull: bool, grace_ms: int, handlers: dict[str, Any]) -> None:
        self._identity = identity_from(environment)
        self._handlers = handlers
        self._loop = Loop()
        self._status = "starting"
        self._session = CurrentSession(self._identity.session)
        self._progress = ProgressReports(self._identity)
        self._subscription: dict[str, Any] | None = None
        self._turns = TurnMemory(self._on_turn)
        self._grace = grace_ms / 1_000
        self._stopping = threading.Lock()
        self._ended = threading.Event()
        self._routes = Routes(
            turns=self._turns,
            status=lambda: self._status,
            take=self._take,
            on_undo=self._wrapped("on_undo"),
            on_credentials=self._wrapped("on_credentials", self._learn_credentials),
            on_drain=self._wrapped("on_drain"),
        )
        self._server: Server | None = None
        self._puller = Puller(self._identity, self._routes) if pull else None
        self.endpoint = "pull"
        self._beats = Beats(self._identity, self._pulse, self._heard)

    @property
    def instance_id(self) -> str:
        return self._identity.instance_id

    @property
    def status(self) -> str:
        """``starting``, ``ready``, ``degraded`` or ``stopping``."""
        return self._status

    @property
    def session(self) -> str | None:
        """The agent's session; None: none."""
        return self._session.current

    def set_session(self, session: str | None) -> None:
        """Names the agent's session outside of a reply: a text of at most 4 KiB, or None. Raises ``ValueError`` for any other value."""
        self._session.set(session)
        self._beats.beat()

    def set_status(self, status: str) -> None:
        """Sets ``ready`` or ``degraded``, and sends it at once."""
        if status not in ("ready", "degraded"):
            raise ValueError(f'invalid status {status!r}: use "ready" or "degraded"')
        if self._status != "stopping":
            self._status = status
            self._beats.beat()

    def report_failure(self, kind: str, **more: Any) -> bool:
        """Reports that work outside of a turn failed with the agent's credential: ``rate_limit``, ``auth`` or ``other``.

        ``more``: ``subscription``, ``assignment``, ``resetAt``, ``turnId``. True: the agent gets another credential.
        """
        own = self._subscription or {}
        name = more.pop("subscription", own.get("name"))
        if name is None:
            raise ValueError("this agent has no subscription, so no credential can have failed")
        report = {"subscription": name, "kind": kind, "requestId": str(uuid.uuid4()), **more}
        if "assignment" not in report and name == own.get("name"):
            report["assignment"] = own["assignment"]
        _, answer = self._identity.call("POST", "failures", report)
        return bool(answer["changed"])

    def stop(self) -> None:
        """Accepts no new turns, beats ``stopping``, lets turns in flight finish within the grace, and ends."""
        with self._stopping:
            if self._ended.is_set():
                return
            self._status = "stopping"
            self._beats.end()
            if not self._turns.wait_idle(self._grace):
                self._turns.withdraw_all()
                self._turns.wait_idle(_FLUSH_SECONDS)
            if self._puller is not None:
                self._puller.stop(_FLUSH_SECONDS)
            if self._server is not None:
                self._server.shutdown()
                self._server.wait_answered(_FLUSH_SECONDS)
                self._server.server_close()
            self._ended.set()

    def wait(self) -> None:
        """Waits until the agent has ended."""
        self._ended.wait()

    def start(self, host: str, port: int, endpoint: str | None) -> None:
        """Listens or polls, prepares the agent, and sends the first beat."""
        if self._puller is None:
            self._server = Server(host, port, self._identity.token, self._routes)
            shown = f"[{host}]" if ":" in host else host
            self.endpoint = endpoint or f"http://{shown}:{self._server.server_address[1]}"
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name="drover-http").start()
        else:
            self._puller.start()
        on_start = self._handlers.get("on_start")
        if on_start is not None:
            self._beats.beat()
            self._loop.call(on_start, self.session)
        self.set_status("ready")
        self._beats.start()

    def _pulse(self) -> dict[str, Any]:
        return {
            "status": self._status,
            "endpoint": self.endpoint,
            "load": self._turns.in_flight,
            **self._session.for_beat(),
        }

    def _heard(self, answer: Any, beat: dict[str, Any]) -> None:
        self._session.told(beat)
        if isinstance(answer, dict):
            self._learn(answer.get("subscription"))
        on_beat = self._handlers.get("on_beat")
        if on_beat is not None:
            self._loop.call(on_beat, answer)

    def _learn(self, subscription: Any) -> None:
        """Assignments only grow, and answers may overtake each other."""
        known = (self._subscription or {}).get("assignment", 0)
        if isinstance(subscription, dict) and subscription.get("assignment", -1) >= known:
            self._subscription = subscription

    def _learn_credentials(self, request: dict[str, Any]) -> None:
        self._learn({"pool": request["pool"], "name": request["subscription"], "assignment": request["assignment"]})

    def _take(self, request: dict[str, Any]) -> bytes:
        report, end = self._progress.open(request["turnId"])
        try:
            return self._turns.answer(Turn(request, self, report))
        finally:
            end()

    def _on_turn(self, turn: Turn) -> Reply:
        self._learn(turn.get("subscription"))
        self._session.hear(turn.session)
        reply: Reply = self._loop.call(self._handlers["on_turn"], turn, cancelled=turn.withdrawn)
        self._session.replied(reply)
        return reply

    def _wrapped(self, name: str, then: Callable[[Any], None] | None = None) -> Callable[..., Any] | None:
        handler = self._handlers.get(name)
        if handler is None:
            return None

        def call(*arguments: Any) -> None:
            self._loop.call(handler, *arguments)
            if then is not None:
                then(*arguments)

        return call


def serve_agent(
    *,
    on_turn: Callable[[Turn], Any],
    on_start: Callable[[str | None], Any] | None = None,
    on_undo: Callable[[dict[str, Any]], Any] | None = None,
    on_credentials: Callable[[dict[str, Any]], Any] | None = None,
    on_drain: Callable[[], Any] | None = None,
    on_beat: Callable[[dict[str, Any]], Any] | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    endpoint: str | None = None,
    pull: bool | None = None,
    grace_ms: int = 8_000,
    environment: Mapping[str, str] | None = None,
    signals: bool = True,
    block: bool = True,
) -> RunningAgent:
    """Serves turns and sends beats until the agent is stopped.

    Every handler is a plain function or a coroutine function. ``on_turn`` returns a reply; a raised error fails the
    turn with its message. With ``signals`` (main thread only), SIGTERM and SIGINT stop the agent; with ``block``, this
    function returns when it has ended. ``pull`` polls the gateway instead of listening; the variable ``DROVER_PULL=1``
    means the same.
    """
    variables = os.environ if environment is None else environment
    pulls = variables.get("DROVER_PULL") == "1" if pull is None else pull
    handlers = {
        "on_turn": on_turn,
        "on_start": on_start,
        "on_undo": on_undo,
        "on_credentials": on_credentials,
        "on_drain": on_drain,
        "on_beat": on_beat,
    }
    agent = RunningAgent(variables, pulls, grace_ms, handlers)
    if signals:
        for number in (signals_of.SIGTERM, signals_of.SIGINT):
            signals_of.signal(number, lambda *_: threading.Thread(target=agent.stop, name="drover-stop").start())
    agent.start(host, port, endpoint)
    if block:
        agent.wait()
    return agent
