"""The sink and the source of NATS through real hosts and a real nats-server that is killed now and then."""

import json
from pathlib import Path

import pytest

from busproc import BUS, World, conforms, dice, run_payload, until
from nats_peer import SERVER, NatsServer

BUILT = (Path(BUS).resolve().parents[1] / "lib/bus/plugins/nats.so").exists()
pytestmark = [pytest.mark.skipif(SERVER is None, reason="there is no nats-server"),
              pytest.mark.skipif(not BUILT, reason="bus was built without libnats-dev")]

SINK = '[sinks.nats]\nplugin = "nats_sink"\nurl = ["{url}"]\ncreate_stream = true\norigin = "{origin}"\n'
SOURCE = '[sources.nats]\nurl = ["{url}"]\norigin = "{origin}"\n'


@pytest.fixture
def server(world):
    made = NatsServer(world.root)
    yield made
    made.kill()


@pytest.fixture
def other():
    made = World()
    yield made
    made.close()


def configure(world, server, origin, sink="", source="", ends=SINK + SOURCE):
    both = ends.replace("[sources", sink + "[sources") + source
    world.configure(both.format(url=server.url, origin=origin))


def sink(world):
    return next(one for one in world.json("sinks") if one["name"] == "nats")


def source(world):
    return next(one for one in world.json("sources") if one["name"] == "nats")


def came_in(world):
    return [event for event in world.events() if event["source"] == "nats"]


def test_both_ends_keep_the_contract(server):
    senders = conforms("nats_sink", url=server.url, create_stream="true")["four senders at a time"]
    assert senders["messages"] == []  # every event was taken
    conforms("nats", "four senders at a time", url=server.url)


def test_what_a_message_is(world, server):
    configure(world, server, "desk", ends=SINK)
    world.set_secret()
    world.serve()
    world.deliver(run_payload())
    until(lambda: sink(world)["delivered"] == 1, "it is delivered")
    event, = world.events()
    with server.client() as nats:
        (subject, headers, body), = nats.messages()
    assert subject == "bus.desk.github.workflow_run"
    assert headers["Nats-Msg-Id"] == event["id"]
    assert (headers["Bus-Origin"], headers["Bus-Source"], headers["Bus-Path"]) == ("desk", "github", "desk")
    assert json.loads(body) == event


def test_cloudevents_and_a_subject_of_ones_own(world, server):
    configure(world, server, "desk", 'body = "cloudevents"\nsubject = "events.{{type}}.{{scope}}"\n', ends=SINK + "[sources.none]\nenabled = false\n")
    world.set_secret()
    world.serve()
    world.emit("--type", "note", "--scope", "a.b *", "--summary", "bell \x07 and é", "--data", '{"n": 1}')
    world.deliver(run_payload())
    until(lambda: sink(world)["delivered"] == 2, "they are delivered")
    expected = world.run("events", "list", "--all", "--format", "cloudevents").out.splitlines()
    with server.client() as nats:
        found = nats.messages()
    assert [subject for subject, _, _ in found] == ["events.note.a_b__", "events.workflow_run.octo/hello"]
    assert [json.loads(body) for _, _, body in found] == [json.loads(line) for line in expected]


def test_two_hosts_exchange_without_loops(world, other, server):
    for one, name in ((world, "desk"), (other, "lap")):
        configure(one, server, name)
        one.set_secret()
        one.serve()
    world.deliver(run_payload(run=7, conclusion="failure"))
    other.emit("--type", "note", "--scope", "here", "--subject", "s", "--data", '{"n": 1}')
    until(lambda: came_in(world) and came_in(other), "each has the other's")
    there, = [event for event in other.events() if event["source"] == "cli"]
    here, = came_in(world)
    assert (here["type"], here["scope"], here["subject"], here["key"]) == ("note", "here", "s", there["id"])
    assert here["data"] == {"origin": "lap", "source": "cli", "id": there["id"], "seq": there["seq"],
                            "received": there["received"], "path": ["lap"], "data": {"n": 1}}
    first = [event for event in world.events() if event["source"] == "github"][0]
    run, = came_in(other)
    assert run["task"] == first["task"] and run["time"] == first["time"] and run["data"]["data"] == first["data"]
    assert other.json("tasks")[0]["result"] == "failure"
    # What each has sent came back to it once, and was dropped; nobody sent on what it got.
    with server.client() as nats:
        until(lambda: all(one["num_pending"] == 0 and one["num_ack_pending"] == 0 for one in nats.consumers()), "all is read")
        assert nats.state()["messages"] == 2
    assert len(world.events()) == len(other.events()) == 2


@pytest.mark.skipif(not Path("/etc/machine-id").exists(), reason="this machine has no id")
def test_both_ends_have_the_same_name_by_themselves(world, server):
    world.configure(f'[sinks.nats_sink]\nurl = ["{server.url}"]\ncreate_stream = true\n[sources.nats]\nurl = ["{server.url}"]\n')
    world.serve()
    world.emit("--type", "note")
    until(lambda: b"bus_nats_own_total 1" in world.request("GET", "/metrics").body, "its own came back and was dropped")
    assert len(world.events()) == 1


def test_a_ring_of_three_that_forward(world, other, server):
    """Each reads one stream and writes the next: what goes round is stored once at each."""
    third = World()
    try:
        ring = ((world, "a"), (other, "b"), (third, "c"))
        with server.client() as nats:
            for _, name in ring:
                nats.add_stream(name.upper(), [f"{name}.>"])
        for at, (one, name) in enumerate(ring):
            before = ring[at - 1][1]
            one.configure(f'''[sinks.nats]
plugin = "nats_sink"
url = ["{server.url}"]
origin = "{name}"
stream = "{name.upper()}"
subject = "{name}.{{origin}}.{{source}}"
forward = true
[sources.nats]
url = ["{server.url}"]
origin = "{name}"
stream = "{before.upper()}"
subject = ">"
''')
            one.serve()
        for one, name in ring:
            one.emit("--type", "note", "--key", name)
        until(lambda: all(len(one.events()) == 3 for one, _ in ring), "each has all three")
        with server.client() as nats:
            until(lambda: all(nats.state(name)["messages"] == 3 for name in "ABC"), "each has sent all three on")
            until(lambda: all(one["num_pending"] == 0 and one["num_ack_pending"] == 0
                              for name in "ABC" for one in nats.consumers(name)), "all is read")
            assert {headers["Bus-Path"] for _, headers, _ in nats.messages("B")} == {"b", "a,b", "c,a,b"}
        for one, name in ring:
            events = one.events()
            assert len(events) == 3
            assert sorted(event["key"] if event["source"] == "cli" else event["data"]["key"] for event in events) == ["a", "b", "c"]
            assert {event["data"]["origin"] for event in events if event["source"] == "nats"} == set("abc") - {name}
    finally:
        third.close()


def test_what_is_no_event_does_not_stand_in_the_way(world, server):
    configure(world, server, "desk", ends=SOURCE)
    with server.client() as nats:
        nats.add_stream()
        nats.request("bus.x", b"not json")
        nats.request("bus.x", b'{"type": "Not A Word"}')
        nats.request("bus.x", b"\xff\xfe")
        nats.request("bus.x", b'{"type": "fine", "data": [1, 2.50]}')
        nats.request("bus.x", {"specversion": "1.0", "id": "1", "source": "/somebody", "type": "their.type", "data": {"n": 1}})
        nats.request("bus.x", b'{"type": "mine"}', {"Bus-Origin": "desk"})
        world.serve()
        until(lambda: nats.consumers() and nats.consumers()[0]["num_pending"] == 0
              and nats.consumers()[0]["num_ack_pending"] == 0, "all is answered for")
    events = world.events()
    assert [event["type"] for event in events] == ["fine", "their_type"]
    assert events[0]["data"]["data"] == [1, 2.5] and events[1]["data"]["data"] == {"n": 1}
    metrics = world.request("GET", "/metrics").body.decode()
    assert "bus_nats_poison_total 3" in metrics and "bus_nats_own_total 1" in metrics
    assert source(world)["state"] == "ok"


def test_larger_than_the_server_takes(world, server):
    configure(world, server, "desk", ends=SINK)
    world.serve()
    world.emit("--type", "small")
    world.emit("-", input=json.dumps({"type": "large", "data": "x" * 1_100_000}))
    world.emit("--type", "small")
    until(lambda: sink(world)["delivered"] == 2 and sink(world)["dead_letters"] == 1, "the large one is set aside")


def test_no_server_no_stream_no_login(world, server):
    world.set_secret("right", "nats")
    world.set_secret("wrong", "bad")
    server.kill()
    login = 'user = "u"\npassword = "{}"\n'
    world.configure((SINK + login.format("nats")).format(url=server.url, origin="desk").replace("create_stream = true\n", ""))
    world.serve()
    world.emit("--type", "a")
    until(lambda: sink(world)["state"] == "retrying", "there is no server")
    server.args = ["--user", "u", "--pass", "right"]
    server.start()
    until(lambda: "no stream takes" in sink(world).get("reason", ""), "there is no stream")
    with server.client(user="u", **{"pass": "right"}) as nats:
        nats.add_stream()
        until(lambda: nats.state()["messages"] == 1, "it is delivered")
    world.stop()
    world.configure((SINK + login.format("bad")).format(url=server.url, origin="desk"))
    world.serve()
    until(lambda: sink(world)["state"] == "waiting", "it may not log in")


def test_bad_settings_are_told(world):
    for more in ('url = []\n', 'url = ["http://x"]\n', 'url = ["nats://u:p@x"]\n', 'url = ["nats://x"]\norigin = "a.b"\n',
                 'url = ["nats://x"]\nuser = "u"\n', 'url = ["nats://x"]\nstream = "a b"\n', 'url = ["nats://x"]\ntls_key = "/k"\n'):
        world.configure(f'[sinks.one]\nplugin = "nats_sink"\n{more}[sources.two]\nplugin = "nats"\n{more}')
        world.serve()
        assert len(world.status()["reasons"]) >= 2, (more, world.status())
        world.stop()


def test_kill_9_of_hosts_and_server_in_random_order(world, other, server):
    chance = dice()
    hosts = [(world, "desk"), (other, "lap")]
    for one, name in hosts:
        configure(one, server, name)
        one.serve()
    until(lambda: all(sink(one)["state"] == "ok" for one, _ in hosts), "the stream is made")
    number = 0
    for _ in range(6):
        for one, _ in hosts:
            with one.wire() as wire:
                for _ in range(10):
                    wire.ask("emit", events=[{"source": "cli", "type": "wanted", "key": str(n), "data": {"n": n}}
                                             for n in range(number, number + 20)])
                    number += 20
        victim = chance.randrange(3)
        if victim == 2:
            server.kill()
            # While it is gone the hosts go on.
            world.emit("--type", "wanted", "--key", str(number), "--data", json.dumps({"n": number}))
            number += 1
            server.start()
        else:
            one, _ = hosts[victim]
            one.kill()
            one.serve()
    numbers = list(range(number))
    until(lambda: all(len(one.events('type == "wanted"')) == number for one, _ in hosts), "each has everything")
    for one, name in hosts:
        events = one.events('type == "wanted"')
        own = [event["data"]["n"] for event in events if event["source"] == "cli"]
        theirs = [event["data"]["data"]["n"] for event in events if event["source"] == "nats"]
        assert sorted(own + theirs) == numbers, "nothing is lost and nothing is there twice"
        assert not any(event["data"]["origin"] == name for event in events if event["source"] == "nats")
