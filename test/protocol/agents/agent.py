"""The agent of the conformance suite (docs/protocol.md), with the Python library: half of it plain, half of it async."""

import asyncio
import os
import pathlib
import sys
import threading
from collections import Counter

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "python" / "src"))

from drover_agent import fail, final, serve_agent  # noqa: E402

notes = []
counts = Counter()
held = {}
lock = threading.Lock()


class ProviderError(Exception):
    def __init__(self, message, status=None):
        super().__init__(message)
        self.status_code = status


def free_event(name):
    with lock:
        return held.setdefault(name, threading.Event())


def throw(task):
    raise ProviderError(task["message"], task.get("status"))


def hold(task, count):
    notes.append({"holds": task["name"]})
    free_event(task["name"]).wait()
    return final(count)


async def free(turn, task):
    notes.append({"frees": task["name"]})
    while task.get("after") == "stopping" and turn.agent.status != "stopping":
        await asyncio.sleep(0.01)
    free_event(task["name"]).set()
    return final(None)


async def wait(turn):
    notes.append({"waits": turn.turn_id})
    try:
        await asyncio.Event().wait()
    finally:
        notes.append({"withdrawn": turn.turn_id})


def progress(turn, task):
    turn.progress(**task["progress"])
    free_event(task["name"]).wait()
    return final(None)


def set_session(turn, task):
    turn.agent.set_session(task["session"])
    return final(None)


def on_turn(turn):
    task = turn.task
    with lock:
        counts[turn.turn_id] += 1
        count = counts[turn.turn_id]
    return {
        "final": lambda: final(task["value"]),
        "reply": lambda: task["reply"],
        "request": lambda: final(dict(turn)),
        "seen": lambda: final(list(notes)),
        "fail": lambda: fail(f"failed {count} times"),
        "throw": lambda: throw(task),
        "hold": lambda: hold(task, count),
        "free": lambda: free(turn, task),
        "wait": lambda: wait(turn),
        "progress": lambda: progress(turn, task),
        "setSession": lambda: set_session(turn, task),
    }[task["do"]]()


def on_undo(request):
    if request["undo"] == "refuse":
        raise RuntimeError("refused")
    notes.append({"undo": request})


async def on_credentials(request):
    notes.append({"credentials": request})


grace = os.environ.get("CONFORMANCE_GRACE_MS")
serve_agent(
    on_turn=on_turn,
    on_start=lambda session: notes.append({"session": session}),
    on_undo=on_undo,
    on_credentials=on_credentials,
    on_drain=lambda: notes.append({"drain": True}),
    **({} if grace is None else {"grace_ms": int(grace)}),
)
