"""kill -9 of the host again and again under load, with many readers at once: each reader gets every matching event at
least once and in order, and with a cursor exactly what it has not acknowledged again.

The seed is printed; BUS_DELIVERY_SEED=<seed> runs that one again, BUS_DELIVERY_KILLS=<n> kills so often (default 6)."""

import json
import os
import random
import threading
import time

from busproc import PATIENCE, until

SENDERS = 3
FACTS_EACH = 500
LAST = "last/1"

# What a reader asks for, said twice: to the host, and to us (of the sender and the number of a fact).
INTERESTS = [
    ("", lambda sender, number: True),
    ("type == 'even' || type == 'last'", lambda sender, number: number % 2 == 0),
    ("data.level >= 8 || type == 'last'", lambda sender, number: number % 10 >= 8),
    ("scope in ['p0', 'p2'] && data.level == 3 || type == 'last'",
     lambda sender, number: sender in ("p0", "p2") and number % 10 == 3),
]


def event_of(key):
    sender, number = key.split("/")
    kind = "last" if key == LAST else ("odd", "even")[int(number) % 2 == 0]
    return {"source": "load", "type": kind, "scope": sender, "key": key,
            "data": {"level": int(number) % 10, "pad": "x" * (20 + int(number) * 131 % 2500)}}


class Oracle:
    """What senders were told, and therefore what every reader must have seen."""

    def __init__(self):
        self.log = {}  # seq → key
        self.ids = {}  # key → (seq, id)
        self.more = threading.Condition()

    def told(self, key, receipt):
        with self.more:
            place = (receipt["seq"], receipt["id"])
            assert self.ids.setdefault(key, place) == place, (key, place, self.ids[key])
            assert self.log.setdefault(receipt["seq"], key) == key, (key, self.log[receipt["seq"]])
            self.more.notify_all()

    def wait_for(self, count):
        with self.more:
            assert self.more.wait_for(lambda: len(self.log) >= count, PATIENCE), f"{len(self.log)} of {count}"

    def verify_log(self, keys):
        assert sorted(self.ids) == sorted(keys)
        assert sorted(self.log) == list(range(1, len(keys) + 1)), "seqs are not dense"
        in_order = [self.log[seq] for seq in sorted(self.log)]
        ids = [self.ids[key][1] for key in in_order]
        assert ids == sorted(ids)
        for sender in {key.split("/")[0] for key in keys}:
            numbers = [int(key.split("/")[1]) for key in in_order if key.startswith(sender + "/")]
            assert numbers == sorted(numbers), f"the order of {sender} was not kept"

    def verify(self, start, seen, wants):
        """`seen`, [(seq, key)], is all that matches behind `start`, once and in order, as far as it goes."""
        end = seen[-1][0] if seen else start
        wanted = [(seq, key) for seq, key in sorted(self.log.items())
                  if start < seq <= end and (key == LAST or wants(key.split("/")[0], int(key.split("/")[1])))]
        assert seen == wanted, (start, [one for one in seen if one not in wanted], [one for one in wanted if one not in seen])


class Party:
    """A thread that talks to a host which may go away at any moment. What it raises is raised by join()."""

    def __init__(self, world, oracle, seed):
        self.world, self.oracle, self.dice = world, oracle, random.Random(seed)
        self.failure = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        deadline = time.monotonic() + 2 * PATIENCE
        try:
            while not self.done():
                assert time.monotonic() < deadline, "it does not come to an end"
                try:
                    with self.world.wire() as wire:
                        self.converse(wire)
                except (ConnectionError, FileNotFoundError):
                    time.sleep(0.005)  # the host is away
        except BaseException as failure:  # of any kind: the test's thread is to see it
            self.failure = failure

    def join(self):
        self.thread.join(3 * PATIENCE)
        assert not self.thread.is_alive()
        if self.failure:
            raise self.failure


class Sender(Party):
    """Sends each of its facts until it is acknowledged, several requests under way."""

    def __init__(self, world, oracle, seed, keys):
        super().__init__(world, oracle, seed)
        self.keys, self.answered = keys, 0
        self.everybody = 1

    def done(self):
        return self.answered == len(self.keys)

    def converse(self, wire):
        asked, sent = [], self.answered
        durable = self.dice.random() < 0.3  # for all of it: answers come in the order of asking then
        while not self.done():
            while sent < len(self.keys) and len(asked) < 4:
                batch = self.keys[sent:sent + self.dice.randrange(1, 20)]
                asked.append((wire.send("emit", durable=durable, events=[event_of(key) for key in batch]), batch))
                sent += len(batch)
            frame = wire.next()
            number, batch = asked.pop(0)
            assert frame["id"] == number, frame
            if "error" in frame:
                return
            for key, receipt in zip(batch, frame["result"]["results"], strict=True):
                if "error" in receipt:
                    return
                self.oracle.told(key, receipt)
                self.answered += 1
            # Nobody gets far ahead of the others, so that all are at it until the end.
            self.oracle.wait_for(max(0, self.answered - 60) * self.everybody)


class Reader(Party):
    """Subscribes, reads, acknowledges now and then, and hangs up at any moment."""

    def __init__(self, world, oracle, seed, name, cursor):
        super().__init__(world, oracle, seed)
        self.name, self.cursor = name, cursor
        self.where, self.wants = self.dice.choice(INTERESTS)
        self.possible = {0}  # where the next subscription may begin: more than one if an acknowledgement is in doubt
        self.sessions = []   # (start, [(seq, key)])
        self.finished = False

    def done(self):
        return self.finished

    def converse(self, wire):
        place = {"cursor": self.name, "since": "start"} if self.cursor else {"since": str(max(self.possible))}
        start = wire.ask("subscribe", where=self.where, **place)["position"]
        assert start in self.possible, (self.name, start, self.possible)
        self.possible = {start}
        seen = []
        self.sessions.append((start, seen))
        for _ in range(self.dice.randrange(5, 400)):
            frame = wire.next()
            assert "gap" not in frame, frame
            if "end" in frame:
                return
            if "event" not in frame:
                continue
            seen.append((frame["event"]["seq"], frame["event"]["key"]))
            last = seen[-1][1] == LAST
            if not self.cursor:
                self.possible = {seen[-1][0]}
            elif last or self.dice.random() < 0.1:
                # The newest, or one that came a while ago: what lies between is not done yet.
                back = 1 if last or self.dice.random() < 0.7 else self.dice.randrange(1, min(len(seen), 10) + 1)
                self.acknowledge(wire, seen[-back][0])
            if last:
                self.finished = True
                return

    def acknowledge(self, wire, seq):
        certain = min(self.possible)
        self.possible = {place for place in self.possible | {seq} if place >= certain}
        wire.ask("ack", cursor=self.name, seq=seq)
        self.possible = {place for place in self.possible if place >= seq} if seq > certain else self.possible

    def verify(self):
        for start, seen in self.sessions:
            self.oracle.verify(start, seen, self.wants)


def events_of(lines):
    return [(line["seq"], line["key"]) for line in lines if "seq" in line]


def test_kill_9_with_many_readers(world):
    seed = int(os.environ.get("BUS_DELIVERY_SEED", random.randrange(1, 1 << 30)))
    kills = int(os.environ.get("BUS_DELIVERY_KILLS", 6))
    print("seed", seed)
    dice = random.Random(seed)
    oracle = Oracle()
    facts = [[f"p{s}/{n}" for n in range(1, FACTS_EACH + 1)] for s in range(SENDERS)]
    senders = [Sender(world, oracle, dice.random(), keys) for keys in facts]
    readers = [Reader(world, oracle, dice.random(), f"reader{i}", cursor=i % 3 != 0) for i in range(9)]
    for sender in senders:
        sender.everybody = SENDERS
    world.serve()
    watchers = [world.start("events", "watch", *where, "--since", "start", "--json", "--no-autostart")
                for where in ([], [INTERESTS[2][0]])]
    for party in senders + readers:
        party.thread.start()
    every = SENDERS * FACTS_EACH
    for kill in range(kills):
        oracle.wait_for(int((kill + dice.random()) * every / kills))
        world.kill()
        world.serve()
    for sender in senders:
        sender.join()
    last = Sender(world, oracle, 0, [LAST])
    last.thread.start()
    last.join()
    for reader in readers:
        reader.join()

    oracle.verify_log(sum(facts, []) + [LAST])
    for reader in readers:
        reader.verify()
    for watcher, (_, wants) in zip(watchers, (INTERESTS[0], INTERESTS[2])):
        until(lambda: LAST in watcher.out or not watcher.running(), "the watcher has seen the last event")
        oracle.verify(0, events_of(watcher.lines()), wants)
    stored = [json.loads(line) for line in world.run("events", "list", "--all", "--json").out.splitlines()]
    assert events_of(stored) == sorted(oracle.log.items())
