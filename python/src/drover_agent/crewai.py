"""Serves a crew of CrewAI as an agent: ``serve(crew)``."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from ._prompt import prompt_of, text_of
from ._replies import Reply, final
from ._serve import RunningAgent, serve_agent
from ._turns import Turn


def serve(
    crew: Any,
    *,
    to_inputs: Callable[[Turn], dict[str, Any]] | None = None,
    to_reply: Callable[[Any, Turn], Reply] | None = None,
    **options: Any,
) -> RunningAgent:
    """Serves a crew until the agent is stopped.

    The crew's tasks may use ``{task}`` and ``{input}``, unless ``to_inputs`` makes other inputs of a turn. ``to_reply``
    makes a reply of the crew's output; by default its text is the answer. ``options`` are those of ``serve_agent``.
    """

    def on_turn(turn: Turn) -> Reply:
        inputs = {"task": text_of(turn.task), "input": prompt_of(turn)} if to_inputs is None else to_inputs(turn)
        # A crew keeps the state of its run, and turns run side by side.
        output = _with_own_counts(crew.copy()).kickoff(inputs=inputs)
        reply = final(output.raw) if to_reply is None else to_reply(output, turn)
        used = getattr(output, "token_usage", None)
        if used is None or not used.total_tokens or "usage" in reply:
            return reply
        return {**reply, "usage": {"inputTokens": used.prompt_tokens, "outputTokens": used.completion_tokens}}

    return serve_agent(on_turn=on_turn, **options)


def _with_own_counts(crew: Any) -> Any:
    """The copies of a crew share its models, and a model counts the tokens of all its calls: each agent gets a model
    that begins at zero."""
    for agent in [*crew.agents, crew.manager_agent]:
        counts = getattr(getattr(agent, "llm", None), "_token_usage", None)
        if isinstance(counts, dict):
            agent.llm = copy(agent.llm)
            agent.llm._token_usage = dict.fromkeys(counts, 0)
    return crew
