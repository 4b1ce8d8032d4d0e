"""The parts of the library that the conformance suite (test/protocol) does not reach."""

import io
import json
import sys
import threading
import unittest
from contextlib import redirect_stderr
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from drover_agent import ask, fail, final, invoke, serve_agent  # noqa: E402
from drover_agent._failures import failed_reply, failure_of  # noqa: E402
from drover_agent._identity import identity_from  # noqa: E402
from drover_agent._prompt import prompt_of  # noqa: E402
from drover_agent._session import CurrentSession, session_problem  # noqa: E402
from drover_agent._turns import Turn, TurnMemory  # noqa: E402


def turn(turn_id="t", attempt=1, **more):
    return Turn({"turnId": turn_id, "run": "r", "branch": "0", "attempt": attempt, **more}, None, lambda _: None)


class Replies(unittest.TestCase):
    def test_each(self):
        self.assertEqual(invoke("B", 1), {"action": "invoke", "invocations": [{"agent": "B", "request": 1}]})
        self.assertEqual(invoke([{"agent": "B", "request": 1}])["invocations"], [{"agent": "B", "request": 1}])
        self.assertEqual(final(1, session="s"), {"action": "final", "response": 1, "session": "s"})
        self.assertEqual(ask("q"), {"action": "ask", "question": "q"})
        self.assertEqual(ask("q", "1h", None), {"action": "ask", "question": "q", "timeout": "1h", "default": None})
        self.assertEqual(fail("no"), {"action": "fail", "error": "no"})


class Identity(unittest.TestCase):
    def test_names_what_is_missing(self):
        with self.assertRaisesRegex(ValueError, "DROVER_FLEET, DROVER_TOKEN not set"):
            identity_from({"DROVER_GATEWAY": "http://x", "DROVER_AGENT": "A"})

    def test_refuses_a_gateway_that_is_no_url(self):
        for gateway in ["gateway.example.com", "ftp://x", "http://user:password@x", "http://a b"]:
            with self.assertRaisesRegex(ValueError, "invalid DROVER_GATEWAY"):
                variables = {"DROVER_FLEET": "f", "DROVER_AGENT": "A", "DROVER_TOKEN": "t"}
                identity_from({"DROVER_GATEWAY": gateway, **variables})

    def test_makes_up_an_instance(self):
        given = {"DROVER_GATEWAY": "http://x/", "DROVER_FLEET": "f", "DROVER_AGENT": "A", "DROVER_TOKEN": "t"}
        identity = identity_from(given)
        self.assertEqual(identity.gateway, "http://x")
        self.assertNotEqual(identity.instance_id, identity_from(given).instance_id)

    def test_serve_agent_needs_it(self):
        with self.assertRaisesRegex(ValueError, "DROVER_GATEWAY"):
            serve_agent(on_turn=lambda _: final(1), environment={})


class Sessions(unittest.TestCase):
    def test_problems(self):
        for value, problem in [(7, "expected a text"), ("x" * 4097, "4097 bytes"), ("a\0", "NUL"), ("\ud800", "half")]:
            self.assertIn(problem, session_problem(value))
            with self.assertRaisesRegex(ValueError, "invalid session"):
                CurrentSession(None).set(value)
        self.assertIsNone(session_problem("é" * 2048))

    def test_a_beat_tells_it_until_one_arrives(self):
        session = CurrentSession("kept")
        self.assertEqual(session.for_beat(), {})
        session.set("new")
        session.hear("old")
        self.assertEqual(session.current, "new")
        session.told({"session": "kept"})
        self.assertEqual(session.for_beat(), {"session": "new"})
        session.told({"session": "new"})
        self.assertEqual(session.for_beat(), {})
        session.replied({"session": None})
        self.assertIsNone(session.current)
        session.replied({"session": 7})
        self.assertIsNone(session.current)


class Failures(unittest.TestCase):
    def test_kinds(self):
        def error(**more):
            return type("ProviderError", (Exception,), more)("slow down")

        self.assertIsNone(failure_of(error()))
        self.assertEqual(failure_of(error(status_code=429)), {"kind": "rate_limit"})
        self.assertEqual(failure_of(error(response=SimpleNamespace(status_code=401, headers={}))), {"kind": "auth"})
        self.assertEqual(failure_of(error(status=500)), {"kind": "other"})
        found = failure_of(error(status_code=429, headers={"retry-after": "60"}))
        self.assertGreater(datetime.fromisoformat(found["resetAt"]).timestamp(), datetime.now().timestamp() + 50)
        self.assertEqual(failed_reply(ValueError()), fail("ValueError"))


class Turns(unittest.TestCase):
    def test_a_reply_that_is_not_json_fails_the_turn(self):
        for bad in [{1, 2}, final(float("nan")), None, "text"]:
            with redirect_stderr(io.StringIO()) as log:
                answer = json.loads(TurnMemory(lambda _, bad=bad: bad).answer(turn()))
            self.assertEqual(answer["action"], "fail")
            self.assertIn("Traceback", log.getvalue())

    def test_a_model_or_a_data_class_in_a_reply_is_its_fields(self):
        @dataclass
        class Place:
            name: str

        class Model:
            def model_dump(self, mode):
                return {"written as": mode}

        for value, written in [(Place("Mars"), {"name": "Mars"}), (Model(), {"written as": "json"})]:
            answer = json.loads(TurnMemory(lambda _, given=value: final([given])).answer(turn()))
            self.assertEqual(answer, {"action": "final", "response": [written]})

    def test_keeps_a_thousand_answers(self):
        counts = {}

        def handler(asked):
            counts[asked.turn_id] = counts.get(asked.turn_id, 0) + 1
            return final(1)

        memory = TurnMemory(handler)
        for number in range(1_001):
            memory.answer(turn(str(number)))
        memory.answer(turn("1000"))
        memory.answer(turn("0"))
        self.assertEqual((counts["1000"], counts["0"]), (1, 2))
        self.assertEqual(memory.in_flight, 0)

    def test_withdrawn_turns_do_not_count_as_in_flight(self):
        begun = threading.Event()

        def handler(asked):
            begun.set()
            asked.withdrawn.wait()
            return final(1)

        memory = TurnMemory(handler)
        thread = threading.Thread(target=memory.answer, args=(turn(),))
        thread.start()
        begun.wait()
        self.assertFalse(memory.wait_idle(0))
        memory.withdraw("t")
        thread.join()
        self.assertTrue(memory.wait_idle(0))


class Prompts(unittest.TestCase):
    def test_each_kind(self):
        results = {
            "kind": "results",
            "results": [{"from": "B", "value": {"n": 1}}],
            "failures": [{"from": "C", "error": "no"}],
        }
        answer = {"kind": "answer", "question": "why?", "value": "so"}
        invalid = {"kind": "invalid", "reason": "no action"}
        self.assertEqual(prompt_of(turn(input={"kind": "task", "value": "do it"})), "do it")
        self.assertEqual(prompt_of(turn(input={"kind": "request", "value": [1, "é"]})), '[1, "é"]')
        self.assertIn('B: {"n": 1}\nC failed: no', prompt_of(turn(task="do it", input=results)))
        self.assertEqual(prompt_of(turn(input=answer)), "You asked: why?\nThe answer: so")
        self.assertIn("was not valid: no action", prompt_of(turn(task="x", input=invalid)))


if __name__ == "__main__":
    unittest.main()
