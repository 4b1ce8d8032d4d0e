"""Agents for Drover: beats, turns, drain and a clean end, with the standard library alone."""

from ._replies import Reply, ask, fail, final, invoke
from ._serve import RunningAgent, serve_agent
from ._turns import Turn

__all__ = ["Reply", "RunningAgent", "Turn", "ask", "fail", "final", "invoke", "serve_agent"]
