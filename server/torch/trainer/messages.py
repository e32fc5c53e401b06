"""Messages to and from the Irum worker: one JSON object a line, each with "irum": VERSION."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

VERSION = 1
MAX_LINE = 1 << 20


class Refused(Exception):
    """What the worker is told as an error: a stable code and a sentence for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Channel:
    """The worker's end of standard input and output.

    Libraries print to standard output too, so it is moved out of their way: what they print
    goes to standard error. Only the first process of several speaks and listens.
    """

    def __init__(self, speaks: bool) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8") if speaks else None
        sys.stdout.flush()
        os.dup2(2, 1)

    def send(self, kind: str, **fields: Any) -> None:
        """Send a message. Numbers that JSON cannot hold are a fault of the caller."""
        if self._out is None:
            return
        line = json.dumps({"irum": VERSION, "type": kind, **fields}, allow_nan=False)
        with self._lock:
            self._out.write(line + "\n")
            self._out.flush()

    def start(self) -> dict[str, Any]:
        """Read the message that says what to do, and then listen for the one that says to stop."""
        message = _parse(sys.stdin.readline(MAX_LINE))
        if message.get("type") != "start":
            raise Refused(
                "protocol", f"the first message is {message.get('type')!r} instead of 'start'"
            )
        threading.Thread(target=self._listen, daemon=True).start()
        return message

    def stopped(self) -> bool:
        """Tell whether the worker wants the training to stop, or is gone."""
        return self._stop.is_set()

    def _listen(self) -> None:
        for line in sys.stdin:
            try:
                if _parse(line).get("type") == "cancel":
                    break
            except Refused as refused:
                print(refused.text, file=sys.stderr)
        self._stop.set()


def _parse(line: str) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise Refused("protocol", f"a message is no JSON: {error}") from error
    if not isinstance(message, dict) or message.get("irum") != VERSION:
        raise Refused(
            "protocol",
            f"this trainer speaks version {VERSION} of the protocol, the worker another one",
        )
    return message


class Pace:
    """Says when the next sign of life is due."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last = 0.0

    def due(self) -> bool:
        """Tell whether it is time, and if so begin to wait anew."""
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True
