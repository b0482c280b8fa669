"""kill -9 of the host under load, again and again: nothing that was acknowledged is lost, nothing is there twice."""

import collections
import http.client
import json
import random
import shutil
import sqlite3
import threading
import time

from busproc import run_payload

CONNECTIONS = 16


class Load:
    """Deliveries from many connections until the host is gone. Each keeps its delivery id until it is answered."""

    def __init__(self, world, numbers):
        self.world = world
        self.todo = collections.deque(numbers)
        self.answered = {}  # delivery → (status, event id)
        self.unanswered = []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._send, daemon=True) for _ in range(CONNECTIONS)]
        for thread in self.threads:
            thread.start()

    def _send(self):
        connection = self.world.http()
        while True:
            with self.lock:
                if not self.todo:
                    break
                number = self.todo.popleft()
            try:
                answer = self.world.deliver(run_payload(run=number % 50, attempt=number // 50 + 1),
                                            delivery=f"d{number}", connection=connection)
                with self.lock:
                    if answer.status in (200, 202):
                        self.answered[f"d{number}"] = (answer.status, answer.json["events"][0]["id"])
                    else:
                        self.unanswered.append(number)
            except (OSError, http.client.HTTPException):
                with self.lock:
                    self.unanswered.append(number)
                connection.close()
                connection = self.world.http()
        connection.close()

    def join(self):
        for thread in self.threads:
            thread.join(120)
            assert not thread.is_alive()


def check_database(world):
    """The file itself, without bus, on a copy."""
    copy = world.root / "copy"
    shutil.copytree(world.state, copy)
    database, = copy.glob("*.db")
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def check_tasks(world, events):
    """The tasks are what the events say: the state of the last report that moved each."""
    expected = {}
    for event in events:
        task = event["task"]
        if task["effect"] == "new":
            expected[task["id"]] = (task["attempt"], task["state"], task["result"])
    told = {task["id"]: (task["attempt"], task["state"], task["result"]) for task in world.json("tasks", "--limit", 1000)}
    assert told == expected


def test_kill_9_during_deliveries_ten_rounds(world):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    dice = random.Random(seed)
    world.set_secret()
    accepted = {}
    number = 0
    left_over = []
    for _ in range(10):
        world.serve()
        load = Load(world, left_over + list(range(number, number + 200)))
        number += 200
        # The moment of the kill is after so many answers: random, and never after all of them by mere speed.
        enough = dice.randrange(0, 180)
        while len(load.answered) < enough and any(t.is_alive() for t in load.threads):
            time.sleep(dice.random() * 0.003)
        world.kill()
        load.join()
        left_over = load.unanswered
        for delivery, (_, event_id) in load.answered.items():
            assert accepted.setdefault(delivery, event_id) == event_id
    world.serve()
    stored = world.events()
    ids = {event["key"]: event["id"] for event in stored}
    assert len(ids) == len(stored), "a delivery is there twice"
    lost = {delivery for delivery, event_id in accepted.items() if ids.get(delivery) != event_id}
    assert not lost
    # What was not answered is sent again: stored now, or known.
    last = Load(world, left_over)
    last.join()
    assert not last.unanswered
    for delivery, (status, event_id) in last.answered.items():
        assert status == (200 if delivery in ids else 202)
        assert ids.get(delivery, event_id) == event_id
    stored = world.events()
    assert sorted(event["key"] for event in stored) == sorted(f"d{n}" for n in range(number))
    assert [event["seq"] for event in stored] == sorted({event["seq"] for event in stored})
    assert [event["id"] for event in stored] == sorted(event["id"] for event in stored)
    check_tasks(world, stored)
    world.stop()
    check_database(world)


def test_kill_9_during_bulk_emits(world):
    """The same for clients of the socket: a receipt is a promise, with and without durable."""
    promised = {}
    number = 0
    for durable in (False, True) * 3:
        world.serve()
        wire = world.wire()
        asked = {}
        for _ in range(100):
            keys = [f"k{n}" for n in range(number, number + 50)]
            number += 50
            asked[wire.send("emit", durable=durable,
                            events=[{"source": "cli", "type": "load", "key": key} for key in keys])] = keys
        answers = 0
        enough = random.randrange(1, 90)
        while answers < enough:
            frame = wire.next()
            for key, receipt in zip(asked.pop(frame["id"]), frame["result"]["results"], strict=True):
                promised[key] = receipt["id"]
            answers += 1
        world.kill()
        wire.close()
    world.serve()
    stored = world.json("events", "list", "--all")
    ids = {event["key"]: event["id"] for event in stored}
    assert len(ids) == len(stored)
    assert {key: ids.get(key) for key in promised} == promised
    world.stop()
    check_database(world)


def test_cursors_survive_kill_9(world):
    world.serve()
    for _ in range(3):
        world.emit("--type", "a")
    with world.wire() as wire:
        wire.ask("subscribe", cursor="mine", since="start")
        wire.ask("ack", cursor="mine", seq=2)
    world.kill()
    world.serve()
    with world.wire() as wire:
        assert wire.ask("subscribe", cursor="mine", since="start")["position"] == 2
        event = wire.next()
        assert event["event"]["seq"] == 3
    assert [json.loads(world.run("events", "list", "--since", "@mine", "--json").out)["seq"]] == [3]
