"""A client of bus in one file, for Python 3.9 and later, with nothing but the standard library.

    import bus_client

    with bus_client.connect() as bus:
        bus.emit({"source": "build", "type": "note", "summary": "done"})
        for event in bus.subscribe('source == "github"', since="10m"):
            print(event["summary"])

    event = bus_client.wait('task.kind == "run" && task.state == "finished"', timeout=600)

It speaks protocol 2 of the socket (core/wire/PROTOCOL.md). It starts no host: `bus serve` or any verb of bus does.
One thread for each Client.
"""

import json
import os
import socket
import struct
import time

__all__ = ["BusError", "Client", "Gap", "connect", "socket_path", "wait"]

MAX_FRAME = 16 * 1024 * 1024


class BusError(Exception):
    """A refusal of the host, or a host that is gone. `code` is a word of the protocol, `retryable` says whether the
    same call may work later."""

    def __init__(self, code, message, hint="", retryable=False):
        super().__init__(message + (f" ({hint})" if hint else ""))
        self.code = code
        self.message = message
        self.hint = hint
        self.retryable = retryable


class Gap:
    """Events that retention removed before this reader came to them: `first` to `last` are lost for it."""

    def __init__(self, first, last):
        self.first = first
        self.last = last


def socket_path():
    """Where the host listens: $BUS_RUNTIME_DIR, $XDG_RUNTIME_DIR/bus, /tmp/bus-<uid>."""
    folder = os.environ.get("BUS_RUNTIME_DIR")
    if not folder:
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        folder = os.path.join(runtime, "bus") if runtime.startswith("/") else f"/tmp/bus-{os.getuid()}"
    return os.path.join(folder, "bus.sock")


def connect(path=None, timeout=None):
    """A Client; BusError("unavailable") if no host answers. `timeout` in seconds bounds the connecting."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    try:
        connection.connect(path or socket_path())
    except OSError as failure:
        connection.close()
        raise BusError("unavailable", f"no host is running: {failure}", "start one with: bus serve", True) from failure
    connection.settimeout(None)
    return Client(connection)


def wait(where, since="now", timeout=None, path=None):
    """The first event that matches; None when `timeout` seconds have passed."""
    with connect(path) as client:
        for event in client.subscribe(where, since=since, timeout=timeout, reports="new"):
            if not isinstance(event, Gap):
                return event
    return None


class Client:
    """One conversation with the host."""

    def __init__(self, connection):
        self._socket = connection
        self._buffer = bytearray()
        self._next_id = 1
        self._kept = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def ask(self, op, **params):
        """Sends one request and returns its result. Frames of subscriptions that come in between are kept."""
        number = self._send(op, params)
        while True:
            frame = self._read(None)
            if frame.get("id") in (number, 0):
                return _result(frame)
            self._kept.append(frame)

    def emit(self, event, durable=False):
        """Stores one event (a dict, core/event/EVENTS.md); its receipt: id, seq, duplicate. Returns after the commit;
        with `durable` after it is safe against power loss, too."""
        return self.ask("emit", event=event, durable=durable)

    def emit_many(self, events, durable=False):
        """Stores many at once; a list of receipts, or {"error": …} for what was refused, in order."""
        return self.ask("emit", events=list(events), durable=durable)["results"]

    def subscribe(self, where="", since="now", cursor=None, reports="all", data=True, timeout=None):
        """Yields events in order (and a Gap where retention was faster), for ever or until no event has come for
        `timeout` seconds in all. With `cursor`, call ack() for what is done; the next subscription goes on there."""
        deadline = None if timeout is None else time.monotonic() + timeout
        params = {"since": since, "reports": reports, "data": data}
        if where:
            params["where"] = where
        if cursor:
            params["cursor"] = cursor
        number = self._send("subscribe", params)
        answered = False
        while True:
            frame = self._kept.pop(0) if answered and self._kept else self._read(deadline)
            if frame is None:
                return
            if not answered:
                if frame.get("id") in (number, 0):
                    _result(frame)
                    answered = True
                else:
                    self._kept.append(frame)
                continue
            if frame.get("sub") != number:
                continue
            if "event" in frame:
                yield frame["event"]
            elif "gap" in frame:
                yield Gap(frame["gap"]["from"], frame["gap"]["to"])
            elif "end" in frame:
                raise _error(frame["end"])

    def ack(self, cursor, seq):
        """Everything up to `seq` is done for this cursor. Returns after it is stored."""
        self.ask("ack", cursor=cursor, seq=seq)

    def _send(self, op, params):
        number = self._next_id
        self._next_id += 1
        body = json.dumps({"proto": 2, "id": number, "op": op, **params}, ensure_ascii=False).encode()
        if len(body) > MAX_FRAME:
            raise BusError("limit", "the request is larger than 16 MiB")
        try:
            self._socket.sendall(struct.pack(">I", len(body)) + body)
        except OSError as failure:
            raise _gone() from failure
        return number

    def _read(self, deadline):
        while True:
            if len(self._buffer) >= 4:
                size = struct.unpack_from(">I", self._buffer)[0]
                if len(self._buffer) >= 4 + size:
                    frame = json.loads(bytes(self._buffer[4 : 4 + size]))
                    del self._buffer[: 4 + size]
                    return frame
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return None
            self._socket.settimeout(left)
            try:
                chunk = self._socket.recv(65536)
            except socket.timeout:
                return None
            except OSError as failure:
                raise _gone() from failure
            if not chunk:
                raise _gone()
            self._buffer += chunk


def _gone():
    return BusError("unavailable", "the host closed the connection", "connect again and go on behind the last seq", True)


def _error(why):
    return BusError(why.get("code", "fault"), why.get("message", ""), why.get("hint", ""), why.get("retryable", False))


def _result(frame):
    if "error" in frame:
        raise _error(frame["error"])
    return frame["result"]
