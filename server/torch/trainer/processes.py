"""Several processes of one training, one for each GPU.

The first one, which speaks with the worker, starts the others in its own process group, so that
all end together. They meet by a file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import Any

import torch
import torch.distributed as dist

from messages import Channel
from recipe import Run


def rank() -> int:
    """Which process this is: the first is started without an argument."""
    return int(sys.argv[1]) if len(sys.argv) > 1 else 0


def join(run: Run, start: dict[str, Any], channel: Channel) -> None:
    """Start the other processes if this is the first, and meet them."""
    if run.processes < 2:
        return
    meeting = os.path.join(run.folder, "meeting")
    if rank() == 0:
        if os.path.exists(meeting):
            os.remove(meeting)
        for other in range(1, run.processes):
            _begin(other, start, channel)
    backend = (
        "gloo" if run.device == "cpu" or not torch.cuda.is_available() else "cpu:gloo,cuda:nccl"
    )
    dist.init_process_group(
        backend, init_method=f"file://{meeting}", rank=rank(), world_size=run.processes
    )


def _begin(other: int, start: dict[str, Any], channel: Channel) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", os.path.abspath(sys.argv[0]), str(other)],
        stdin=subprocess.PIPE,
        stdout=sys.stderr.fileno(),
    )
    assert process.stdin is not None
    process.stdin.write((json.dumps(start) + "\n").encode())
    process.stdin.close()

    def watch() -> None:
        status = process.wait()
        if status != 0:  # the others would wait for it for minutes
            channel.send("error", code="internal", message=f"process {other} ended with {status}")
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
