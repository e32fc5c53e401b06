"""What the worker asks for: files and hyperparameters. Unknown or missing names are refused."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

from messages import Refused


@dataclasses.dataclass(frozen=True)
class Augment:
    """How images are varied. Zero, or one for crop, leaves a variation out."""

    flip: bool  # mirrored left to right, half of the time
    crop: float  # least share of the area that a random crop keeps
    colour: float  # strength of changes of brightness, contrast, saturation and hue
    operations: int  # RandAugment's N
    magnitude: float  # RandAugment's M as a share of its largest, 0 to 1
    mixup: float  # parameter of the beta distribution


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The hyperparameters; learning rates are for the whole batch of all processes."""

    epochs: int
    batch: int  # images of one step of one process
    optimiser: str  # adamw, sgd
    rate: float  # peak learning rate
    head_factor: float  # the classification head learns so many times faster
    momentum: float
    decay: float  # weight decay of weights of two axes or more
    warmup: float  # epochs
    clip: float  # largest norm of the gradient; 0 for any
    smoothing: float  # of labels
    ema: float  # decay of the moving average of the weights; 0 for none
    patience: int  # epochs without progress until it stops; 0 for never
    class_weights: list[float]  # by class; empty for ones
    norm: str  # train, frozen: whether batch norms learn their statistics
    precision: str  # auto, float32, bf16, fp16
    deterministic: bool
    compile: bool
    seed: int
    checkpoint_seconds: float
    progress_seconds: float
    augment: Augment


@dataclasses.dataclass(frozen=True)
class Run:
    """One training. Files lie in folder."""

    folder: str
    network: str
    weights: str
    images: str
    labels: str
    result: str
    checkpoint: str
    resume: bool
    device: str  # auto, cpu, cuda
    processes: int
    train: int  # the first images teach
    tune: int  # the others say when to stop
    classes: int
    multi: bool
    recipe: Recipe


def read_run(fields: Any) -> Run:
    """Check and take what a start message holds as "run"."""
    return _read(Run, fields, "run")


def _read(kind: type, fields: Any, where: str) -> Any:
    if not isinstance(fields, dict):
        raise Refused("protocol", f"{where} is no object")
    hints = typing.get_type_hints(kind)
    if set(fields) != set(hints):
        odd = sorted(set(fields) ^ set(hints))
        raise Refused(
            "protocol", f"{where} has other fields than this trainer takes: {', '.join(odd)}"
        )
    values = {}
    for name, hint in hints.items():
        value, at = fields[name], f"{where}.{name}"
        if dataclasses.is_dataclass(hint):
            values[name] = _read(typing.cast(type, hint), value, at)
        elif hint == list[float]:
            if not isinstance(value, list):
                raise Refused("protocol", f"{at} is no list")
            values[name] = [float(v) for v in value]
        elif hint is float and isinstance(value, int) and not isinstance(value, bool):
            values[name] = float(value)
        elif type(value) is hint:
            values[name] = value
        else:
            raise Refused("protocol", f"{at} is {value!r}, a {hint.__name__} is expected")
    return kind(**values)
