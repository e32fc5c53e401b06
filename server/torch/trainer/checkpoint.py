"""Checkpoints, written so that there is a whole one at every moment.

A file holds tensors and one text, which says in JSON what they belong to: nothing in it is run
when it is read.
"""

from __future__ import annotations

import json
import os
from typing import Any

import torch
from torch import Tensor

from messages import Refused

FORMAT = 1


def save(path: str, identity: str, state: dict[str, Any]) -> None:
    """Write state, which belongs to the run of that identity."""
    tensors: list[Tensor] = []
    text = json.dumps({"format": FORMAT, "identity": identity, "state": _part(state, tensors)})
    partial = path + ".partial"
    with open(partial, "wb") as file:
        torch.save([text, tensors], file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def load(path: str, identity: str, device: torch.device) -> dict[str, Any]:
    """Read what save wrote for the same run."""
    try:
        text, tensors = torch.load(path, map_location=device, weights_only=True)
        held = json.loads(text)
    except Exception as error:  # torch raises many kinds for a broken file
        raise Refused("checkpoint", f"the checkpoint cannot be read: {error}") from error
    if held.get("format") != FORMAT or held.get("identity") != identity:
        raise Refused("checkpoint", "the checkpoint is another training's or another trainer's")
    return _join(held["state"], tensors)


def _part(value: Any, tensors: list[Tensor]) -> Any:
    """Put the tensors of a value into a list; what stands for them, and the rest, fits JSON."""
    if isinstance(value, Tensor):
        tensors.append(value)
        return {"tensor": len(tensors) - 1}
    if isinstance(value, dict):  # pairs: keys may be numbers
        return {"dict": [[key, _part(item, tensors)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return [_part(item, tensors) for item in value]
    return value


def _join(value: Any, tensors: list[Tensor]) -> Any:
    if isinstance(value, list):
        return [_join(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    if "tensor" in value:
        return tensors[value["tensor"]]
    return {key: _join(item, tensors) for key, item in value["dict"]}
