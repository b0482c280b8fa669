"""Clients that take their time take nobody else's."""

import resource
import socket
import threading

from busproc import PATIENCE, run_payload, until


def as_on_a_desktop():
    """The usual soft limit of descriptors; the host has to cope with more connections than that."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


class Dripping:
    """Connections that send one byte after the other and never come to an end."""

    def __init__(self, port, count, head):
        self.sockets = [connect(port) for _ in range(count)]
        self.head = head
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._drip, daemon=True)

    def _drip(self):
        for byte in self.head:
            for one in self.sockets:
                try:
                    one.send(bytes([byte]))
                except OSError:
                    pass  # the host has had enough of it
            if self.over.wait(0.05):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        for one in self.sockets:
            one.close()


def test_slow_loris(bus):
    """As many as there are workers, in their headers and in their bodies."""
    in_head = b"POST /webhook HTTP/1.1\r\nHost: x\r\n" + b"X-Filler: y\r\n" * 5000
    in_body = b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"z" * 100_000
    with Dripping(bus.port, 16, in_head), Dripping(bus.port, 16, in_body):
        for number in range(20):
            assert bus.deliver(run_payload(run=number)).status == 202
    assert len(bus.events()) == 20


def test_loris_is_sent_away(world):
    world.configure('[http]\nheader_timeout = "500ms"\n')
    world.serve()
    with connect(world.port) as slow:
        slow.sendall(b"POST /webhook HTTP/1.1\r\nHost")
        answer = b""
        while part := slow.recv(4096):
            answer += part
    assert answer == b"" or answer.split()[1] == b"408", answer


def test_fifteen_hundred_idle_connections(world):
    world.set_secret()
    world.serve(preexec_fn=as_on_a_desktop)
    idle = [connect(world.port) for _ in range(1500)]
    try:
        for number in range(10):
            assert world.deliver(run_payload(run=number)).status == 202
        assert world.run("status", "--no-autostart").returncode == 0
    finally:
        for one in idle:
            one.close()
    assert len(world.events()) == 10


def test_a_thousand_idle_subscribers(world):
    world.serve(preexec_fn=as_on_a_desktop)
    wires = []
    try:
        for _ in range(1000):
            wires.append(world.wire())
            wires[-1].ask("subscribe", where='type == "wanted"', since="now")
        world.run("emit", "--type", "other")
        receipt = world.emit("--type", "wanted")
        for wire in wires:
            frame = wire.next()
            while "event" not in frame:  # caught_up
                frame = wire.next()
            assert frame["event"]["id"] == receipt["id"]
    finally:
        for wire in wires:
            wire.close()
    until(lambda: world.readers() == 0, "the host has seen them go")


def test_a_reader_that_stops_reading_loses_nothing(world):
    """It has less in memory than it was sent; it goes on from the store."""
    world.configure('[socket]\nsubscriber_buffer = "64KiB"\n')
    world.serve()
    count, filler = 3000, "x" * 2000
    with world.wire() as slow, world.wire() as sender:
        slow.ask("subscribe", since="start")
        for first in range(0, count, 100):
            sender.ask("emit", events=[{"source": "cli", "type": "flood", "data": {"n": n, "filler": filler}}
                                       for n in range(first, first + 100)])
        seen = []
        while len(seen) < count:
            frame = slow.next()
            assert "gap" not in frame and "end" not in frame, frame
            if "event" in frame:
                seen.append((frame["event"]["seq"], frame["event"]["data"]["n"]))
    assert seen == [(n + 1, n) for n in range(count)]
