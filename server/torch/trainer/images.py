"""The training images: bytes in one file, as Irum decoded and resized them, labels in another."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from messages import Refused

# So much of a GPU's free memory may hold the images: most of it is for the activations.
SHARE = 0.3


class Images:
    """Images [N,S,S,3] uint8 and labels [N,classes] of a run.

    Where they fit they lie in the GPU's memory; else a thread copies batches there while
    others are learnt.
    """

    def __init__(
        self, images: str, labels: str, size: int, classes: int, device: torch.device
    ) -> None:
        each = size * size * 3
        length = os.path.getsize(images)
        if length % each:
            raise Refused(
                "files",
                f"{os.path.basename(images)} holds no whole number of images of {each} bytes",
            )
        self.count = length // each
        self._device = device
        self._pixels = np.memmap(images, np.uint8, "r", shape=(self.count, size, size, 3))
        known = np.fromfile(labels, np.uint8)
        if known.size != self.count * classes:
            raise Refused(
                "files",
                f"{os.path.basename(labels)} holds no {classes} labels for {self.count} images",
            )
        self.labels = torch.from_numpy(known.reshape(self.count, classes).astype(np.float32)).to(
            device
        )
        self._resident: Tensor | None = None
        if device.type == "cuda" and length < SHARE * torch.cuda.mem_get_info(device)[0]:
            self._resident = torch.empty(self._pixels.shape, dtype=torch.uint8, device=device)
            for at in range(0, self.count, 1024):
                self._resident[at : at + 1024] = torch.from_numpy(
                    self._pixels[at : at + 1024].copy()
                ).to(device)

    def batches(self, parts: list[np.ndarray]) -> Iterator[tuple[Tensor, Tensor]]:
        """Pixels [n,S,S,3] uint8 and labels [n,classes] of parts, each a list of image numbers."""
        if self._resident is not None:
            for part in parts:
                chosen = torch.from_numpy(part).to(self._device, non_blocking=True)
                yield self._resident[chosen], self.labels[chosen]
            return
        if self._device.type == "cpu":
            for part in parts:
                yield torch.from_numpy(self._pixels[part]), self.labels[torch.from_numpy(part)]
            return
        yield from self._copied(parts)

    def _copied(self, parts: list[np.ndarray]) -> Iterator[tuple[Tensor, Tensor]]:
        ready: queue.Queue[Tensor | BaseException | None] = queue.Queue(4)
        ended = threading.Event()

        def read() -> None:
            try:
                for part in parts:
                    if ended.is_set():
                        return
                    ready.put(torch.from_numpy(self._pixels[np.sort(part)]).pin_memory())
                ready.put(None)
            except BaseException as error:  # the reader of the queue raises it
                ready.put(error)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        try:
            for part in parts:
                pixels = ready.get()
                if isinstance(pixels, BaseException):
                    raise pixels
                assert pixels is not None
                chosen = torch.from_numpy(np.sort(part)).to(self._device)
                yield pixels.to(self._device, non_blocking=True), self.labels[chosen]
        finally:
            ended.set()
            while thread.is_alive():
                try:
                    ready.get(timeout=0.1)
                except queue.Empty:
                    pass


def network_input(pixels: Tensor, scale: float, shift: float) -> Tensor:
    """Bytes [N,S,S,3] as input [N,3,S,S], channels last in memory: pixel * scale + shift."""
    return pixels.permute(0, 3, 1, 2).float() * scale + shift
