"""An agent in Python: the task comes in, the answer goes out. The folder drover_agent does the rest."""

import os

from drover_agent import final, serve_agent


def on_turn(turn):
    greeting = os.environ.get("GREETING", "Hello")
    return final(f"{greeting}, {turn.input.get('value')}!")


serve_agent(on_turn=on_turn)
