"""A network as Irum's engine checked it, as a torch module over batches of images.

The file is a list of steps over numbered values; shapes are of one image. Constants lie one after
another in a file of float32. Every operator here computes what the engine's does: tests
compare the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from messages import Refused

Step = dict[str, Any]

UNARY: dict[str, Callable[[Tensor, Step], Tensor]] = {
    "Sigmoid": lambda x, s: torch.sigmoid(x),
    "Tanh": lambda x, s: torch.tanh(x),
    "HardSigmoid": lambda x, s: torch.clamp(x * s["alpha"] + s["beta"], 0, 1),
    "HardSwish": lambda x, s: F.hardswish(x),
    "Silu": lambda x, s: F.silu(x),
    "Gelu": lambda x, s: F.gelu(x),
    "GeluTanh": lambda x, s: 0.5
    * x
    * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "Erf": lambda x, s: torch.erf(x),
    "LeakyRelu": lambda x, s: F.leaky_relu(x, s["alpha"]),
    "Elu": lambda x, s: F.elu(x, s["alpha"]),
    "Log": lambda x, s: torch.log(x),
    "Reciprocal": lambda x, s: torch.reciprocal(x),
    "Softplus": lambda x, s: F.softplus(x),
    "Mish": lambda x, s: F.mish(x),
    "Exp": lambda x, s: torch.exp(x),
    "Sqrt": lambda x, s: torch.sqrt(x),
    "Neg": lambda x, s: -x,
    "Abs": lambda x, s: torch.abs(x),
    "Floor": lambda x, s: torch.floor(x),
    "Ceil": lambda x, s: torch.ceil(x),
    "Round": lambda x, s: torch.round(x),
}

BINARY: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "Add": torch.add,
    "Sub": torch.sub,
    "Mul": torch.mul,
    "Div": torch.div,
    "Min": torch.minimum,
    "Max": torch.maximum,
    "Pow": torch.pow,
    "PRelu": lambda x, slope: torch.where(x < 0, x * slope, x),
    "MatMul": torch.matmul,
}

REDUCTIONS: dict[str, Callable[..., Tensor]] = {
    "ReduceMean": torch.mean,
    "ReduceSum": torch.sum,
    "ReduceMax": torch.amax,
    "ReduceMin": torch.amin,
}

RIDGE = 1e-3  # keeps the head that is learnt first small
NORM_FIELDS = ("weight", "bias", "running_mean", "running_var")


class Network(nn.Module):
    """Image batch [N,3,S,S] in, embeddings [N,D] out."""

    def __init__(
        self, description: dict[str, Any], constants: np.ndarray, frozen_norm: bool
    ) -> None:
        super().__init__()
        self.steps: list[Step] = description["steps"]
        self.input: int = description["input"]
        self.output: int = description["output"]
        self.size: int = description["size"]
        self.dim: int = description["dim"]
        self.scale: float = description["scale"]
        self.shift: float = description["shift"]
        self._frozen_norm = frozen_norm
        self._shapes: list[list[int]] = description["shapes"]
        self._tensors: list[dict[str, Any]] = description["tensors"]
        for tensor in self._tensors:
            data = constants[tensor["offset"] : tensor["offset"] + math.prod(tensor["shape"])]
            value = torch.from_numpy(data.astype(np.float32)).reshape(tensor["shape"])
            if tensor["trainable"]:
                self.register_parameter(f"v{tensor['value']}", nn.Parameter(value))
            else:
                self.register_buffer(f"v{tensor['value']}", value)
        for at, step in enumerate(self.steps):
            self._prepare(at, step)
        self._last = self._last_readers()

    def _prepare(self, at: int, step: Step) -> None:
        """Make what a step needs beside its inputs."""
        op = step["op"]
        if op == "BatchNormalization":
            self.add_module(f"norm{at}", self._norm(step))
        elif op in ("MaxPool", "AveragePool"):
            self.register_buffer(f"count{at}", self._counts(step), persistent=False)
        elif op == "Gather":
            for axis, table in enumerate(step["tables"]):
                if table is not None:
                    self.register_buffer(
                        f"table{at}_{axis}", torch.tensor(table), persistent=False
                    )
        elif op == "Interpolate":
            for axis, line in enumerate(step["lines"]):
                for key in ("from", "to", "weight"):
                    self.register_buffer(
                        f"line{at}_{axis}_{key}", torch.tensor(line[key]), persistent=False
                    )

    def _norm(self, step: Step) -> nn.Module:
        scale, bias, mean, variance = (getattr(self, f"v{v}") for v in step["in"][1:])
        kinds = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}
        kind = kinds[len(self._shapes[step["in"][0]])]
        norm = kind(scale.numel(), eps=step["alpha"], momentum=1 - step["beta"])
        with torch.no_grad():
            for value, field, tensor in zip(
                step["in"][1:], NORM_FIELDS, (scale, bias, mean, variance)
            ):
                getattr(norm, field).copy_(tensor)
                delattr(self, f"v{value}")  # the norm holds it from here on
        return norm

    def _counts(self, step: Step) -> Tensor:
        """How many places of each window count for an average."""
        g, (_, _, height, width) = step["geometry"], self._shapes[step["in"][0]]
        _, _, rows, columns = self._shapes[step["out"]]
        lines = []
        for n, size, kernel, stride, before, after in (
            (rows, height, g["kernel_h"], g["stride_h"], g["top"], g["bottom"]),
            (columns, width, g["kernel_w"], g["stride_w"], g["left"], g["right"]),
        ):
            first = np.arange(n) * stride - before
            low, high = (
                (first, size + after) if step["count_pad"] else (np.maximum(first, 0), size)
            )
            lines.append(np.maximum(np.minimum(first + kernel, high) - low, 0))
        return torch.from_numpy(np.maximum(np.outer(*lines), 1).astype(np.float32))

    def _last_readers(self) -> list[list[int]]:
        """For every step the values that nobody reads after it."""
        constants = {tensor["value"] for tensor in self._tensors}
        last: dict[int, int] = {}
        for at, step in enumerate(self.steps):
            for value in step["in"]:
                last[value] = at
        last[self.output] = len(self.steps)
        out: list[list[int]] = [[] for _ in self.steps]
        for value, at in last.items():
            if value not in constants and at < len(self.steps):
                out[at].append(value)
        return out

    def train(self, mode: bool = True) -> Network:
        """As any module, but batch norms that are frozen keep their statistics."""
        super().train(mode)
        if self._frozen_norm:
            for module in self.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):
                    module.eval()
        return self

    def constants(self) -> dict[str, Tensor]:
        """Every tensor of the file by the name of its value, as it stands now."""
        out = {}
        for at, step in enumerate(self.steps):
            if step["op"] == "BatchNormalization":
                norm = getattr(self, f"norm{at}")
                for value, field in zip(step["in"][1:], NORM_FIELDS):
                    out[f"v{value}"] = getattr(norm, field).detach()
        for tensor in self._tensors:
            name = f"v{tensor['value']}"
            if name not in out:
                out[name] = getattr(self, name).detach()
        return out

    def flat(self) -> np.ndarray:
        """All constants as they lie in the file."""
        values = self.constants()
        parts = [
            values[f"v{t['value']}"].float().cpu().contiguous().numpy().ravel()
            for t in self._tensors
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def forward(self, images: Tensor) -> Tensor:
        """Embeddings of a batch."""
        values: dict[int, Tensor] = {self.input: images}
        for at, step in enumerate(self.steps):
            operands = [
                values[v] if v in values else getattr(self, f"v{v}", None) for v in step["in"]
            ]
            values[step["out"]] = self._run(at, step, operands)
            for done in self._last[at]:
                values.pop(done, None)
        return values[self.output]

    def _run(self, at: int, step: Step, operands: list[Any]) -> Tensor:
        op, x = step["op"], operands[0]
        shape = list(self._shapes[step["out"]])
        if not step["fixed"]:
            shape[0] = x.shape[0]
        if op == "Conv":
            return _convolve(step, *operands)
        if op == "ConvTranspose":
            return _convolve_back(step, shape, *operands)
        if op == "BatchNormalization":
            return getattr(self, f"norm{at}")(x)
        if op == "InstanceNormalization":
            return F.instance_norm(x, weight=operands[1], bias=operands[2], eps=step["alpha"])
        if op == "Clamp":
            return _clamp(x, step["lo"], step["hi"])
        if op in BINARY:
            return BINARY[op](x, operands[1])
        if op in UNARY:
            return UNARY[op](x, step)
        if op in REDUCTIONS:
            return REDUCTIONS[op](x, dim=step["axes"], keepdim=True).reshape(shape)
        if op == "Reshape":
            return x.reshape(shape)
        if op == "Gemm":
            return _gemm(step, *operands)
        if op == "Concat":
            return torch.cat(operands, dim=step["axes"][0])
        if op in ("MaxPool", "AveragePool"):
            return _pool(step, x, shape, getattr(self, f"count{at}"))
        if op == "Softmax":
            first, last = step["axes"]
            return torch.softmax(x.flatten(first, last), dim=first).reshape(x.shape)
        if op == "View":
            return _view(step, x, shape)
        if op == "Pad":
            return _pad(step, x, shape)
        if op == "Gather":
            for axis, table in enumerate(step["tables"]):
                if table is not None:
                    x = x.index_select(axis, getattr(self, f"table{at}_{axis}"))
            return x
        if op == "Interpolate":
            return self._interpolate(at, x)
        if op == "LRN":
            return _local_response(step, x)
        if op == "Shuffle":
            groups = step["geometry"]["group"]
            return x.unflatten(1, (groups, -1)).transpose(1, 2).reshape(shape)
        raise Refused("unsupported", f"the trainer has no operator {op}")

    def _interpolate(self, at: int, x: Tensor) -> Tensor:
        for axis in (1, 0):  # columns, then rows
            low, high, weight = (
                getattr(self, f"line{at}_{axis}_{key}") for key in ("from", "to", "weight")
            )
            if axis == 0:
                weight = weight[:, None]
            near = x.index_select(2 + axis, low)
            x = near + weight * (x.index_select(2 + axis, high) - near)
        return x


def _clamp(x: Tensor, low: float | None, high: float | None) -> Tensor:
    if low == 0 and high is None:
        return F.relu(x)
    if low == 0 and high == 6:
        return F.relu6(x)
    return torch.clamp(x, low, high)


def _convolve(step: Step, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    g = step["geometry"]
    padding = (g["top"], g["left"])
    if g["top"] != g["bottom"] or g["left"] != g["right"]:
        x, padding = F.pad(x, (g["left"], g["right"], g["top"], g["bottom"])), (0, 0)
    stride, dilation = (g["stride_h"], g["stride_w"]), (g["dilation_h"], g["dilation_w"])
    return F.conv2d(x, weight, bias, stride, padding, dilation, g["group"])


def _convolve_back(
    step: Step, shape: list[int], x: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    """A transposed convolution, of which the padding is cut off; what it does not reach is 0."""
    g = step["geometry"]
    stride, dilation = (g["stride_h"], g["stride_w"]), (g["dilation_h"], g["dilation_w"])
    x = F.conv_transpose2d(x, weight, None, stride, 0, 0, g["group"], dilation)
    below, right = shape[2] - x.shape[2] + g["top"], shape[3] - x.shape[3] + g["left"]
    x = F.pad(x, (-g["left"], right, -g["top"], below))
    return x if bias is None else x + bias[:, None, None]


def _gemm(step: Step, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    if step["trans_b"]:
        weight = weight.t()
    out = step["alpha"] * (x @ weight) if step["alpha"] != 1 else x @ weight
    if bias is not None:
        out = out + (step["beta"] * bias if step["beta"] != 1 else bias)
    return out


def _pool(step: Step, x: Tensor, shape: list[int], counts: Tensor) -> Tensor:
    g = step["geometry"]
    kernel, stride = (g["kernel_h"], g["kernel_w"]), (g["stride_h"], g["stride_w"])
    dilation = (g["dilation_h"], g["dilation_w"])
    # Padding after, so that exactly the wanted places fit, where the last reach beyond it too.
    after = []
    for axis, before in ((0, g["top"]), (1, g["left"])):
        reach = (kernel[axis] - 1) * dilation[axis] + 1
        after.append((shape[2 + axis] - 1) * stride[axis] + reach - x.shape[2 + axis] - before)
    maximum = step["op"] == "MaxPool"
    padding = (g["left"], after[1], g["top"], after[0])
    if any(padding):
        x = F.pad(x, padding, value=-math.inf if maximum else 0.0)
    if maximum:
        return F.max_pool2d(x, kernel, stride, 0, dilation)
    return F.avg_pool2d(x, kernel, stride, divisor_override=1) / counts


def _view(step: Step, x: Tensor, shape: list[int]) -> Tensor:
    axes, starts, strides = step["axes"], step["starts"], step["strides"]
    for axis in range(0 if step["fixed"] else 1, x.dim()):
        if axis not in axes:
            x = x.narrow(axis, starts[axis], 1)
            continue
        place = axes.index(axis)
        start, stride, n = starts[axis], strides[place], shape[place]
        if stride > 0:
            cut = [slice(None)] * axis + [slice(start, start + (n - 1) * stride + 1, stride)]
            x = x[tuple(cut)]
        else:
            indices = start + stride * torch.arange(n, device=x.device)
            x = x.index_select(axis, indices)
    unused = [axis for axis in range(x.dim()) if axis not in axes]
    x = x.permute([axis for axis in axes if axis >= 0] + unused)
    for place, axis in enumerate(axes):
        if axis < 0:
            x = x.unsqueeze(place)
    return x.reshape([*x.shape[: len(axes)]]).expand(shape)


def _pad(step: Step, x: Tensor, shape: list[int]) -> Tensor:
    before, distance = step["starts"], step["strides"]
    if all(d == 1 for d in distance):
        sides: list[int] = []
        for axis in reversed(range(x.dim())):
            sides += [before[axis], shape[axis] - x.shape[axis] - before[axis]]
        return F.pad(x, sides, value=step["alpha"])
    out = x.new_full(shape, step["alpha"])
    where = tuple(slice(b, b + (n - 1) * d + 1, d) for b, d, n in zip(before, distance, x.shape))
    out[where] = x
    return out


def _local_response(step: Step, x: Tensor) -> Tensor:
    size = step["geometry"]["group"]
    squares = F.pad((x * x).flatten(2).transpose(1, 2), ((size - 1) // 2, size // 2))
    sums = squares.unfold(2, size, 1).sum(-1).transpose(1, 2).reshape(x.shape)
    return x / (step["lo"] + step["alpha"] / size * sums) ** step["beta"]


class Head(nn.Module):
    """A linear classifier of embeddings.

    They are standardised by what they are over the training images before anything is learnt.
    """

    def __init__(self, dim: int, classes: int) -> None:
        super().__init__()
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("deviation", torch.ones(dim))
        self.linear = nn.Linear(dim, classes)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of a batch of embeddings."""
        return self.linear((x - self.mean) / self.deviation)

    @torch.no_grad()
    def standardise(self, mean: Tensor, deviation: Tensor) -> None:
        """Set the scale of the embeddings; the logits stay what they are."""
        weight, bias = self.plain()
        self.mean.copy_(mean)
        self.deviation.copy_(deviation)
        self.linear.weight.copy_(weight * deviation)
        self.linear.bias.copy_(bias + weight @ mean)

    def fit(self, embeddings: Tensor, loss: Callable[[Tensor], Tensor]) -> None:
        """Learn alone, so that a head that knows nothing does not spoil the backbone at first."""
        x = (embeddings - self.mean) / self.deviation
        solver = torch.optim.LBFGS(
            self.linear.parameters(), max_iter=60, line_search_fn="strong_wolfe"
        )

        def closure() -> Tensor:
            solver.zero_grad()
            value = loss(self.linear(x)) + RIDGE * self.linear.weight.square().sum()
            value.backward()
            return value

        solver.step(closure)  # type: ignore[arg-type]
        solver.zero_grad()

    @torch.no_grad()
    def plain(self) -> tuple[Tensor, Tensor]:
        """Weights [classes,D] and biases over embeddings as they are."""
        weight = self.linear.weight.float() / self.deviation
        return weight, self.linear.bias.float() - weight @ self.mean


class Classifier(nn.Module):
    """Backbone and head: image batch in, logits [N,classes] out."""

    def __init__(self, backbone: Network, head: Head) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, images: Tensor) -> Tensor:
        """Logits of a batch."""
        embeddings = self.backbone(images)
        with torch.autocast(images.device.type, enabled=False):
            return self.head(embeddings.float())
