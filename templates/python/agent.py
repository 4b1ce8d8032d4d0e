"""An agent in one Python file, with the standard library alone: beats, turns, a clean end."""

import hmac
import json
import os
import signal
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GATEWAY = os.environ["DROVER_GATEWAY"].rstrip("/")
TOKEN = os.environ["DROVER_TOKEN"]
BEAT_URL = f"{GATEWAY}/v1/agents/{os.environ['DROVER_FLEET']}/{os.environ['DROVER_AGENT']}/heartbeat"
BEARER = f"Bearer {TOKEN}"
BODY_LIMIT = 1024 * 1024

stopping = threading.Event()
turns = {}  # turnId -> its answer; a turn that is asked again is not worked on again
turns_lock = threading.Lock()


def on_turn(turn):
    """What this agent does: the task comes in, the answer goes out. Everything else in this file is the protocol."""
    greeting = os.environ.get("GREETING", "Hello")
    return {"action": "final", "response": f"{greeting}, {turn['input'].get('value')}!"}


class Answer:
    """The answer of one turn: computed once, by whoever asks first; the others wait for it."""

    def __init__(self, turn):
        self.turn, self.lock, self.reply = turn, threading.Lock(), None

    def get(self):
        with self.lock:
            if self.reply is None:
                try:
                    self.reply = on_turn(self.turn)
                except Exception as error:
                    self.reply = {"action": "fail", "error": repr(error)}
            return self.reply


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200 if self.path == "/healthz" else 404, {"status": "stopping" if stopping.is_set() else "ready"})

    def do_POST(self):
        length = int(self.headers.get("content-length") or 0)
        if length > BODY_LIMIT:
            self.close_connection = True
            return self.answer(413, {"error": "too large"})
        body = self.rfile.read(length)
        if not hmac.compare_digest(self.headers.get("authorization") or "", BEARER):
            return self.answer(401, {"error": "not the token of this agent"})
        if self.path != "/turn":
            return self.answer(404, {"error": f"no {self.path} here"})
        if stopping.is_set():
            return self.answer(503, {"error": "this agent is stopping"})
        turn = json.loads(body)
        with turns_lock:
            answer = turns.setdefault(turn["turnId"], Answer(turn))
            while len(turns) > 1000:
                del turns[next(iter(turns))]
        self.answer(200, answer.get())

    def answer(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def beat(number, status, endpoint):
    """Posts one beat; returns how many seconds to wait for the next."""
    pulse = {"instanceId": os.environ["DROVER_INSTANCE"], "seq": number, "status": status, "endpoint": endpoint}
    headers = {"content-type": "application/json", "authorization": BEARER}
    request = urllib.request.Request(BEAT_URL, json.dumps(pulse).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return json.load(response)["nextBeatMs"] / 1000
    except (OSError, ValueError, KeyError) as error:  # the gateway is away: soon again
        print(f"no beat arrives: {error}", flush=True)
        return 1


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # turns in flight finish before the process ends
    endpoint = f"http://127.0.0.1:{server.server_port}"
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    number = 1
    while not stopping.wait(beat(number, "ready", endpoint)):
        number += 1
    beat(number + 1, "stopping", endpoint)
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
