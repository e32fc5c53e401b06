"""Irum's trainer: trains a network with PyTorch.

The worker says on standard input what to do, and hears on standard output how it goes.
"""

from __future__ import annotations

import sys
import traceback

import torch
import torch.distributed as dist

import processes
from learn import Cancelled, Learner, Place
from messages import Channel, Refused
from recipe import Run, read_run


def main() -> int:
    """Run one training; the exit status is 0 when it ended well or was stopped."""
    rank = processes.rank()
    channel = Channel(speaks=rank == 0)
    try:
        start = channel.start()
        run = read_run(start.get("run"))
        processes.join(run, start, channel)
        place = _place(run, rank)
        cuda = place.device.type == "cuda"
        channel.send(
            "hello",
            torch=str(torch.__version__),
            device=torch.cuda.get_device_name(place.device) if cuda else "CPU",
            processes=place.world,
            precision=str(place.amp).removeprefix("torch."),
        )
        channel.send("done", **Learner(run, place, channel).learn())
    except Cancelled:
        channel.send("cancelled")
    except Refused as refused:
        return _fail(channel, refused.code, refused.text)
    except Exception as error:
        traceback.print_exc()
        if "out of memory" in str(error).lower():
            return _fail(
                channel, "memory", "the GPU has too little memory: make the batch smaller"
            )
        return _fail(channel, "internal", f"{type(error).__name__}: {error}"[:2000])
    if dist.is_initialized():
        dist.destroy_process_group()
    return 0


def _fail(channel: Channel, code: str, text: str) -> int:
    print(text, file=sys.stderr)
    channel.send("error", code=code, message=text)
    return 1


def _place(run: Run, rank: int) -> Place:
    recipe = run.recipe
    torch.manual_seed(recipe.seed)
    if recipe.deterministic:
        torch.use_deterministic_algorithms(True, warn_only=True)
    else:
        torch.backends.cudnn.benchmark = True
    if run.device == "cpu" or (run.device == "auto" and not torch.cuda.is_available()):
        device = torch.device("cpu")
    elif torch.cuda.device_count() <= rank:
        raise Refused(
            "device", f"PyTorch sees {torch.cuda.device_count()} GPUs here, one more is needed"
        )
    else:
        device = torch.device("cuda", rank)
        torch.cuda.set_device(device)
        torch.backends.cuda.matmul.allow_tf32 = not recipe.deterministic
        torch.backends.cudnn.allow_tf32 = not recipe.deterministic
    named = {"float32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    precision = recipe.precision
    if precision == "auto":
        precision = "float32"
        if device.type == "cuda":
            precision = "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    if precision not in named or (device.type == "cpu" and precision == "fp16"):
        raise Refused("protocol", f"there is no precision {precision!r} on {device.type}")
    return Place(rank, run.processes, device, named[precision])


if __name__ == "__main__":
    sys.exit(main())
