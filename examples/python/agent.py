"""The agents of the MARS example in one Python file, with the library drover-agent."""

import os
import pathlib
import sys

# The library of this checkout; elsewhere it is installed.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python" / "src"))

from drover_agent import final, invoke, serve_agent  # noqa: E402


def on_turn(turn):
    """An agent with a model adds what the call took: ``{**final(…), "usage": {"costUsd": 0.003, "model": "…"}}``."""
    given = turn.input
    if given["kind"] == "task":
        agents = sorted(name for name in turn.may_invoke if name != "End")
        return invoke([{"agent": name, "request": "Provide your letters."} for name in agents])
    if given["kind"] == "results":
        by_name = sorted(given["results"], key=lambda result: result["from"])
        return final("".join("".join(result["value"]) for result in by_name))
    letters = given["value"] if isinstance(given.get("value"), list) else []
    return invoke(turn.may_invoke[0], letters + list(os.environ.get("LETTERS", "")))


serve_agent(on_turn=on_turn)
