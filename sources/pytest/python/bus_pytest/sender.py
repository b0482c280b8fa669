"""The thread that speaks to the host (core/wire/PROTOCOL.md, `deliver`)."""

import collections
import json
import os
import socket
import struct
import threading
import time

from .items import SLOW, Items

MAX_QUEUE = 30_000  # reports that wait for our thread; three for each test
MAX_BATCH = 500  # items in one message
MAX_BATCH_CHARS = 256 * 1024
PAUSE = 0.5  # seconds between two messages; each takes the interpreter away from the tests for a moment
GATHER = 0.05  # seconds from a failure to the message that tells it
PATIENCE = 5.0  # seconds for one answer
QUIET = 5.0  # seconds after which an empty message says that we are still there
LATE = "the host did not take the whole session in time"
TRY_AGAIN = 0.1  # seconds, when the session is over
TRIES = 4  # of a connection, when the session is over

# Kept here because tests replace the clock and the socket class, and not in names of their own because some
# replace every name in every module that stands for the clock.
KEPT = (time.time, time.monotonic, time.sleep, socket.socket)


def socket_path():
    """Where the host listens: $BUS_RUNTIME_DIR, $XDG_RUNTIME_DIR/bus, /tmp/bus-<uid>."""
    folder = os.environ.get("BUS_RUNTIME_DIR")
    if not folder:
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        folder = os.path.join(runtime, "bus") if runtime.startswith("/") else f"/tmp/bus-{os.getuid()}"
    return os.path.join(folder, "bus.sock")


class Gone(Exception):
    """The host does not answer now; worth another try."""


class Sender(threading.Thread):
    """Takes reports from the tests' thread and sends them. put() and close() are called there, all else is ours."""

    def __init__(self, path, header):
        super().__init__(name="bus_pytest", daemon=True)
        self._path = path
        self._session = json.dumps(header)
        self._begun = header["started"]
        self._queue = collections.deque()
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._deadline = None  # of the last answers
        self._items = Items()
        self._waiting = []  # made and not yet taken by the host
        self._socket = None
        self._requests = 0
        self._told = 0.0  # when we last sent anything
        self._counted = self._begun  # when we last told how far the session is
        self._pause_until = 0.0
        self._pause = 0.25
        self._problem = LATE
        self._given_up = False
        self._absent = False  # nobody listens
        self._tries = 0
        self._done = False

    # The tests' thread.

    def put(self, kind, what):
        if len(self._queue) < MAX_QUEUE or kind == "finish":
            self._queue.append((kind, what, KEPT[0]()))
            if kind == "report" and what.outcome == "failed":
                self._wake.set()
        else:
            self._items.dropped += 1

    def close(self, seconds):
        """What did not go well, in a line; empty if all is with the host."""
        self._deadline = KEPT[1]() + seconds
        self._closing.set()
        self._wake.set()
        self.join(seconds + 0.5 if seconds else 0)
        if not self._done:
            return self._problem
        dropped = self._items.dropped
        return f"the host was too slow: {dropped} of the session's reports are dropped" if dropped else ""

    # Our thread.

    def run(self):
        try:
            while not self._step():
                if self._wake.wait(PAUSE) and not self._closing.wait(GATHER):
                    self._wake.clear()
        except Exception as failure:  # whatever it is: the tests go on
            self._problem = f"reporting broke down: {failure!r}"
            self._given_up = True
            self._queue.clear()
        finally:
            self._hang_up()

    def _step(self):
        """Sends what there is. True when all is done."""
        closing = self._closing.is_set()  # before the queue is looked at: nothing comes behind the end
        self._make_items()
        now = KEPT[1]()
        if self._given_up:
            self._waiting.clear()
            self._queue.clear()
            return closing
        if now < self._pause_until and not closing:
            return False
        try:
            while self._waiting:
                batch = self._batch()
                self._deliver(batch)
                del self._waiting[: len(batch)]
                self._make_items()
            if now - self._told > QUIET:
                self._deliver([])
            self._done = closing and not self._queue
            return self._done
        except Gone as gone:
            self._problem = str(gone)
            self._hang_up()
            self._pause_until = KEPT[1]() + self._pause
            self._pause = min(self._pause * 2, PATIENCE)
            return closing and self._given_up_now()

    def _given_up_now(self):
        """After a failure while the session ends: is there no time, or nobody, to try again?"""
        self._tries = self._tries + 1 if self._absent else 0
        if self._requests == 0 or self._tries == TRIES or KEPT[1]() > self._deadline:
            return True
        KEPT[2](TRY_AGAIN)
        return False

    def _make_items(self):
        while self._queue and len(self._waiting) < 4 * MAX_BATCH:
            kind, what, at = self._queue.popleft()
            self._waiting += self._items.of(kind, what, at)
        if self._closing.is_set():
            return
        now = KEPT[0]()
        self._waiting += self._items.still_running(now)
        if now - self._counted > max(SLOW, (now - self._begun) / 20):
            self._counted = now
            self._waiting.append(self._items.progress(now))

    def _batch(self):
        chars = count = 0
        for item in self._waiting[:MAX_BATCH]:
            chars += len(item)
            if count and chars > MAX_BATCH_CHARS:
                break
            count += 1
        return self._waiting[:count]

    def _deliver(self, batch):
        answer = self._ask(f'{{"session":{self._session},"reports":[{",".join(batch)}]}}')
        self._told = KEPT[1]()
        self._pause = 0.25
        error = answer.get("error")
        if error is None:
            return
        if error.get("retryable"):
            raise Gone(f"the host does not take the session's reports: {error.get('message')}")
        self._problem = f"the host refuses the session's reports: {error.get('message')}"
        self._given_up = True
        raise Gone(self._problem)

    def _ask(self, message):
        """One request and its answer."""
        try:
            if self._socket is None:
                self._connect()
            self._requests += 1
            body = f'{{"proto":2,"id":{self._requests},"op":"deliver","source":"pytest","message":{message}}}'.encode()
            self._limit()
            self._socket.sendall(struct.pack(">I", len(body)) + body)
            size, = struct.unpack(">I", self._exactly(4))
            return json.loads(self._exactly(size))
        except socket.timeout as failure:
            raise Gone(LATE) from failure
        except OSError as failure:
            raise Gone(f"no host answers at {self._path}: the session is not reported there") from failure

    def _connect(self):
        self._absent = True
        self._socket = KEPT[3](socket.AF_UNIX, socket.SOCK_STREAM)
        self._limit()
        self._socket.connect(self._path)
        self._absent = False

    def _limit(self):
        left = PATIENCE if self._deadline is None else self._deadline - KEPT[1]()
        self._socket.settimeout(max(min(left, PATIENCE), 0.01))

    def _exactly(self, count):
        parts = []
        while count:
            self._limit()
            part = self._socket.recv(min(count, 1 << 16))
            if not part:
                raise ConnectionError("the host closed the connection")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _hang_up(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None
