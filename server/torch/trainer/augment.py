"""Varies batches of images on the device they lie on, every image in its own way.

Crop, flip and all of RandAugment's moves are one affine map, so that pixels are interpolated once.
RandAugment: Cubuk et al. 2020; resized crops: Szegedy et al. 2015; mixup: Zhang et al. 2018.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from recipe import Augment

GREY = (0.299, 0.587, 0.114)
MOVES = ("rotate", "shear_x", "shear_y", "shift_x", "shift_y")


class Random:
    """Random numbers of one step of one process: of the seed, not of what ran before."""

    def __init__(self, seed: int, epoch: int, step: int, rank: int, device: torch.device) -> None:
        self._device = device
        self._generator = torch.Generator(device)
        mixed = (
            ((seed * 1_000_003 + epoch) * 1_000_003 + step) * 1_000_003 + rank
        ) & 0x7FFF_FFFF_FFFF_FFFF
        self._generator.manual_seed(mixed)

    def uniform(self, n: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """n numbers from low to high."""
        return low + (high - low) * torch.rand(n, generator=self._generator, device=self._device)

    def choice(self, n: int, count: int) -> Tensor:
        """n numbers of 0 to count - 1."""
        return torch.randint(count, (n,), generator=self._generator, device=self._device)

    def beta(self, alpha: float) -> Tensor:
        """One number of the beta distribution of alpha, alpha (Johnk 1964), for alpha <= 1."""
        u = self.uniform(64).pow(1 / alpha)
        v = self.uniform(64).pow(1 / alpha)
        fits = (u + v <= 1) & (u + v > 0)
        first = torch.argmax(fits.to(torch.uint8))
        share = u[first] / (u[first] + v[first])
        return torch.where(fits.any(), share, torch.full_like(share, 0.5))


def vary(x: Tensor, a: Augment, random: Random) -> Tensor:
    """Vary images [N,3,S,S] of values 0 to 1."""
    n = x.shape[0]
    move = torch.eye(3, device=x.device).repeat(n, 1, 1)
    if a.crop < 1:
        move = move @ _crop(n, a.crop, random)
    if a.flip:
        mirrored = torch.where(random.uniform(n) < 0.5, -1.0, 1.0)
        move = move @ _affine(n, x.device, xx=mirrored)
    chosen = [random.choice(n, len(MOVES) + len(COLOURS)) for _ in range(a.operations)]
    signs = [torch.where(random.uniform(n) < 0.5, -a.magnitude, a.magnitude) for _ in chosen]
    for operation, strength in zip(chosen, signs):
        move = move @ _moves(operation, strength)
    if a.crop < 1 or a.flip or a.operations:
        grid = F.affine_grid(move[:, :2], list(x.shape), align_corners=False)
        x = F.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    for operation, strength in zip(chosen, signs):
        for k, colour in enumerate(COLOURS):
            applies = (operation == len(MOVES) + k).view(-1, 1, 1, 1)
            x = torch.where(applies, colour(x, strength.view(-1, 1, 1, 1)), x)
    if a.colour > 0:
        x = _jitter(x, a.colour, random)
    return x.clamp(0, 1).contiguous(memory_format=torch.channels_last)


def _affine(n: int, device: torch.device, **entries: Tensor) -> Tensor:
    """n maps of the plane: identities but for entries named by row (x, y) and column (x, y, 1)."""
    out = torch.eye(3, device=device).repeat(n, 1, 1)
    for name, value in entries.items():
        out[:, "xy".index(name[0]), "xy1".index(name[1])] = value
    return out


def _crop(n: int, least: float, random: Random) -> Tensor:
    """Cut out a share of the area, of an aspect from 3:4 to 4:3."""
    area = random.uniform(n, least, 1.0)
    ratio = torch.exp(random.uniform(n, math.log(3 / 4), math.log(4 / 3)))
    width, height = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    x, y = random.uniform(n, -1, 1) * (1 - width), random.uniform(n, -1, 1) * (1 - height)
    return _affine(n, width.device, xx=width, x1=x, yy=height, y1=y)


def _moves(operation: Tensor, strength: Tensor) -> Tensor:
    """The map of each image that has drawn one of MOVES."""

    def of(name: str, most: float) -> Tensor:
        return torch.where(
            operation == MOVES.index(name), strength * most, torch.zeros_like(strength)
        )

    n, angle = operation.shape[0], of("rotate", math.pi / 6)
    turn = _affine(
        n, angle.device, xx=angle.cos(), xy=-angle.sin(), yx=angle.sin(), yy=angle.cos()
    )
    shear = {"xy": of("shear_x", 0.3), "yx": of("shear_y", 0.3)}
    return turn @ _affine(n, angle.device, x1=of("shift_x", 0.45), y1=of("shift_y", 0.45), **shear)


def _grey(x: Tensor) -> Tensor:
    return (x * x.new_tensor(GREY).view(1, 3, 1, 1)).sum(1, keepdim=True)


def _brighten(x: Tensor, s: Tensor) -> Tensor:
    return x * (1 + 0.9 * s)


def _contrast(x: Tensor, s: Tensor) -> Tensor:
    mean = _grey(x).mean((2, 3), keepdim=True)
    return mean + (x - mean) * (1 + 0.9 * s)


def _saturate(x: Tensor, s: Tensor) -> Tensor:
    grey = _grey(x)
    return grey + (x - grey) * (1 + 0.9 * s)


def _sharpen(x: Tensor, s: Tensor) -> Tensor:
    kernel = x.new_tensor([[1.0, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13
    blurred = F.conv2d(
        F.pad(x, (1, 1, 1, 1), mode="replicate"), kernel.expand(3, 1, 3, 3), groups=3
    )
    return blurred + (x - blurred) * (1 + 0.9 * s)


def _posterize(x: Tensor, s: Tensor) -> Tensor:
    levels = torch.pow(2.0, 8 - torch.round(4 * s.abs()))
    return torch.floor(x.clamp(0, 1) * 255 / 256 * levels) / levels


def _solarize(x: Tensor, s: Tensor) -> Tensor:
    return torch.where(x >= 1 - s.abs(), 1 - x, x)


def _autocontrast(x: Tensor, s: Tensor) -> Tensor:
    low, high = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    return torch.where(high > low, (x - low) / (high - low).clamp(min=1e-6), x)


COLOURS: tuple[Callable[[Tensor, Tensor], Tensor], ...] = (
    _brighten,
    _contrast,
    _saturate,
    _sharpen,
    _posterize,
    _solarize,
    _autocontrast,
)


def _jitter(x: Tensor, strength: float, random: Random) -> Tensor:
    """Change brightness, contrast, saturation and hue a little."""
    n = x.shape[0]
    for change in (_brighten, _contrast, _saturate):
        x = change(x, random.uniform(n, -strength, strength).view(-1, 1, 1, 1)).clamp(0, 1)
    # Hue: a turn about the axis of greys.
    angle = random.uniform(n, -strength, strength) * math.pi / 4
    cos, sin = angle.cos(), angle.sin() / math.sqrt(3)
    same, nxt, before = (1 + 2 * cos) / 3, (1 - cos) / 3 - sin, (1 - cos) / 3 + sin
    rows = (same, nxt, before, before, same, nxt, nxt, before, same)
    return torch.einsum("nij,njhw->nihw", torch.stack(rows, 1).view(n, 3, 3), x)


def mix(x: Tensor, targets: Tensor, alpha: float, random: Random) -> tuple[Tensor, Tensor]:
    """Blend each image and its labels with the batch's in reverse."""
    share = random.beta(alpha)
    return share * x + (1 - share) * x.flip(0), share * targets + (1 - share) * targets.flip(0)
