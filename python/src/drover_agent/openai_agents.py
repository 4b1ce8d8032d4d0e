"""Serves an agent of the OpenAI Agents SDK: ``serve(agent)``.

Where the topology lets the agent invoke others or ask the human, it gets the tools ``invoke`` and ``ask_user`` for that
turn. Without a call of these, its final output is the answer.
"""

from __future__ import annotations

from typing import Any

from agents import Agent, RunConfig, Runner, StopAtTools, function_tool

from ._prompt import prompt_of
from ._replies import Reply, ask, final
from ._replies import invoke as invoke_reply
from ._serve import RunningAgent, serve_agent
from ._turns import Turn

_HUMAN, _END = "User", "End"


def serve(
    agent: Agent[Any], *, run_config: RunConfig | None = None, max_turns: int = 10, **options: Any
) -> RunningAgent:
    """Serves the agent until it is stopped. ``run_config`` and ``max_turns`` are those of the SDK's ``Runner``;
    ``options`` are those of ``serve_agent``."""

    async def on_turn(turn: Turn) -> Reply:
        said: list[Reply] = []
        ready = _with_tools(agent, turn, said)
        result = await Runner.run(ready, prompt_of(turn), run_config=run_config, max_turns=max_turns)
        usage = result.context_wrapper.usage
        reply = said[0] if said else final(result.final_output)
        tokens = {"inputTokens": usage.input_tokens, "outputTokens": usage.output_tokens}
        return {**reply, "usage": tokens} if usage.requests else reply

    return serve_agent(on_turn=on_turn, **options)


def _with_tools(agent: Agent[Any], turn: Turn, said: list[Reply]) -> Agent[Any]:
    """The agent with the tools of this turn. The first call of one of them ends the turn."""
    others = [name for name in turn.may_invoke if name not in (_HUMAN, _END)]

    def invoke(name: str, request: str) -> str:
        if name not in others:
            return f"{name} cannot be invoked now; known are {', '.join(others)}"
        said.append(invoke_reply(name, request))
        return "handed over"

    def ask_user(question: str) -> str:
        said.append(ask(question))
        return "asked"

    tools: list[Any] = []
    if others:
        told = f"Hand the work over to another agent, one of: {', '.join(others)}."
        tools.append(function_tool(invoke, description_override=told))
    if _HUMAN in turn.may_invoke:
        tools.append(function_tool(ask_user, description_override="Ask the human a question."))
    if not tools:
        return agent
    stops = StopAtTools(stop_at_tool_names=[tool.name for tool in tools])
    return agent.clone(tools=[*agent.tools, *tools], tool_use_behavior=stops)
