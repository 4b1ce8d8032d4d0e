"""Serves a LangGraph graph as an agent: ``serve(graph)``.

A graph over messages needs nothing else: the turn becomes a human message, the last message the answer. Each branch
of a run is a thread of its own, so a graph with a checkpointer remembers the earlier turns of its branch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._prompt import prompt_of
from ._replies import Reply, final
from ._serve import RunningAgent, serve_agent
from ._turns import Turn


def serve(
    graph: Any,
    *,
    to_state: Callable[[Turn], Any] | None = None,
    to_reply: Callable[[Any, Turn], Reply] | None = None,
    config: dict[str, Any] | None = None,
    **options: Any,
) -> RunningAgent:
    """Serves a compiled graph until the agent is stopped.

    ``to_state`` makes the graph's input of a turn, ``to_reply`` a reply of its last state; ``config`` is added to the
    configuration of every call; ``options`` are those of ``serve_agent``. The nodes that run are the turn's progress.
    """

    async def on_turn(turn: Turn) -> Reply:
        given = {"messages": [("user", prompt_of(turn))]} if to_state is None else to_state(turn)
        thread = {"thread_id": f"{turn['run']}/{turn['branch']}"}
        whole = {**(config or {}), "configurable": {**thread, **(config or {}).get("configurable", {})}}
        before, state = _ids(await _state_of(graph, whole)), None
        async for mode, part in graph.astream(given, whole, stream_mode=["updates", "values"]):
            if mode == "values":
                state = part
            elif isinstance(part, dict):
                turn.progress(text=", ".join(part))
        reply = _reply_of(state) if to_reply is None else to_reply(state, turn)
        usage = _usage_of(state, before)
        return reply if usage is None or "usage" in reply else {**reply, "usage": usage}

    return serve_agent(on_turn=on_turn, **options)


async def _state_of(graph: Any, config: dict[str, Any]) -> Any:
    """What the thread holds already; nothing without a checkpointer."""
    return (await graph.aget_state(config)).values if getattr(graph, "checkpointer", None) else {}


def _messages(state: Any) -> list[Any]:
    return list(state.get("messages", [])) if isinstance(state, dict) else []


def _ids(state: Any) -> set[Any]:
    return {getattr(message, "id", None) for message in _messages(state)}


def _reply_of(state: Any) -> Reply:
    messages = _messages(state)
    return final(messages[-1].content if messages else state)


def _usage_of(state: Any, before: set[Any]) -> dict[str, int] | None:
    """The tokens of the messages that this turn has added."""
    new = [message for message in _messages(state) if getattr(message, "id", None) not in before]
    told = [usage for message in new if (usage := getattr(message, "usage_metadata", None))]
    if not told:
        return None
    return {
        "inputTokens": sum(usage["input_tokens"] for usage in told),
        "outputTokens": sum(usage["output_tokens"] for usage in told),
    }
