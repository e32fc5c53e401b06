"""The training itself: optimiser, schedule, moving average, evaluation, early stop."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

import augment
import checkpoint
import measure
from images import Images, network_input
from messages import Channel, Pace, Refused
from network import Classifier, Head, Network
from recipe import Run

EVALUATED = 256  # images of one step of an evaluation
STATISTICS = 4096  # images that the scale of the embeddings is taken from


class Cancelled(Exception):
    """The worker asked to stop, and what was learnt is in the checkpoint."""


@dataclasses.dataclass(frozen=True)
class Place:
    """Which process of how many this is, and what it computes on."""

    rank: int
    world: int
    device: torch.device
    amp: torch.dtype  # of activations


class Learner:
    """One training. All processes run the same methods in the same order."""

    def __init__(self, run: Run, place: Place, channel: Channel) -> None:
        self.run, self.recipe, self.place, self.channel = run, run.recipe, place, channel
        self.pace = Pace(run.recipe.progress_seconds)
        self.images = Images(
            self._path(run.images),
            self._path(run.labels),
            self._read_network(),
            run.classes,
            place.device,
        )
        if self.images.count != run.train + run.tune:
            raise Refused(
                "files",
                f"there are {self.images.count} images, {run.train + run.tune} were announced",
            )
        self.model = self._model()
        self.forward = self._wrapped()
        self.optimiser = self._optimiser()
        self.scaler = _scaler(place)
        self.average = (
            [p.detach().clone() for p in self._averaged()] if self.recipe.ema > 0 else []
        )
        per_step = self.recipe.batch * place.world
        # Of an epoch; what is left over comes in the next, which is shuffled anew.
        self.steps = max(run.train // per_step, 1)
        self.epoch, self.step, self.taken = 0, 0, 0
        self.best: list[Tensor] = []
        self.best_score, self.best_epoch, self.without = -math.inf, -1, 0
        self.history: list[dict[str, Any]] = []
        self.loss_sum = torch.zeros((), device=place.device)
        self.saved = time.monotonic()
        self.weights = torch.tensor(
            self.recipe.class_weights or [1.0] * run.classes, device=place.device
        )

    def _path(self, name: str) -> str:
        return os.path.join(self.run.folder, name)

    def _read_network(self) -> int:
        with open(self._path(self.run.network), encoding="utf-8") as file:
            self.description: dict[str, Any] = json.load(file)
        return int(self.description["size"])

    def _model(self) -> Classifier:
        constants = np.fromfile(self._path(self.run.weights), np.float32)
        held = sum(math.prod(t["shape"]) for t in self.description["tensors"])
        if constants.size != held:
            raise Refused(
                "files", f"{self.run.weights} holds {constants.size} numbers, not {held}"
            )
        head = Head(self.description["dim"], self.run.classes)
        model = Classifier(
            Network(self.description, constants, self.recipe.norm == "frozen"), head
        )
        if self.place.world > 1 and self.place.device.type == "cuda":
            model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
        model.to(self.place.device)
        return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def _wrapped(self) -> Callable[[Tensor], Tensor]:
        module: nn.Module = self.model
        if self.place.world > 1:
            ids = [self.place.device] if self.place.device.type == "cuda" else None
            module = DistributedDataParallel(module, device_ids=ids)
        if self.recipe.compile:
            return torch.compile(module)  # type: ignore[attr-defined]
        return module

    def _optimiser(self) -> torch.optim.Optimizer:
        groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
        for name, parameter in self.model.named_parameters():
            groups.setdefault((name.startswith("head."), parameter.dim() > 1), []).append(
                parameter
            )
        options = [
            {
                "params": members,
                "factor": self.recipe.head_factor if head else 1.0,
                "weight_decay": self.recipe.decay if decays else 0.0,
            }
            for (head, decays), members in groups.items()
        ]
        if self.recipe.optimiser == "sgd":
            return torch.optim.SGD(
                options, lr=0.0, momentum=self.recipe.momentum, nesterov=self.recipe.momentum > 0
            )
        if self.recipe.optimiser == "adamw":
            return torch.optim.AdamW(options, lr=0.0, betas=(self.recipe.momentum, 0.999))
        raise Refused("protocol", f"there is no optimiser {self.recipe.optimiser!r}")

    def _averaged(self) -> list[Tensor]:
        """What is averaged, and kept of the best epoch: parameters, statistics of batch norms."""
        learnt = ("running_mean", "running_var")
        statistics = [b for name, b in self.model.named_buffers() if name.endswith(learnt)]
        return [*self.model.parameters(), *statistics]

    def learn(self) -> dict[str, Any]:
        """Train to the end, write the result, and tell how it went."""
        if self.run.resume:
            self._restore()
        else:
            self._say("prepare")
            self._begin()
        while self.epoch < self.recipe.epochs and not self._stands_still():
            self._epoch()
        reason = "early" if self._stands_still() else "epochs"
        with torch.no_grad():
            for tensor, best in zip(self._averaged(), self.best):
                tensor.copy_(best)
        if self.place.rank == 0:
            self._write_result(self._temperature())
        return {
            "result": self.run.result,
            "epochs": self.epoch,
            "best_epoch": self.best_epoch,
            "reason": reason,
        }

    def _stands_still(self) -> bool:
        return 0 < self.recipe.patience <= self.without

    def _parts(self, order: np.ndarray, size: int) -> list[np.ndarray]:
        """This process's share of order, in pieces of at most size."""
        own = order[self.place.rank :: self.place.world]
        return [own[at : at + size] for at in range(0, len(own), size)]

    def _begin(self) -> None:
        """Take the scale of the embeddings from training images, and learn a head on them.

        Every process does so on the same images; what the first one has learnt is what counts.
        """
        self.model.eval()
        order = np.random.default_rng(self.recipe.seed).permutation(self.run.train)[:STATISTICS]
        order.sort()
        embeddings, targets = [], []
        with torch.no_grad():
            parts = [order[at : at + EVALUATED] for at in range(0, len(order), EVALUATED)]
            for pixels, labels in self.images.batches(parts):
                embeddings.append(self._embed(pixels).float())
                targets.append(labels)
                self._say("prepare")
        x, y = torch.cat(embeddings), torch.cat(targets)
        deviation, mean = torch.std_mean(x, 0, unbiased=False)
        # What hardly varies among these images must not become large for others.
        deviation = torch.maximum(deviation, 0.1 * deviation.mean()).clamp(min=1e-6)
        head = self.model.head
        head.standardise(mean, deviation)
        head.fit(x, lambda logits: self._loss(logits, y))
        if self.place.world > 1:
            for tensor in (head.mean, head.deviation, head.linear.weight, head.linear.bias):
                dist.broadcast(tensor.data, 0)
        self.average = [p.detach().clone() for p in self._averaged()] if self.average else []
        with torch.no_grad():
            loss = self._loss(head(x), y).item()
        self._judge(loss, 0.0)

    def _embed(self, pixels: Tensor) -> Tensor:
        x = network_input(pixels, self.description["scale"], self.description["shift"])
        with self._autocast():
            return self.model.backbone(x)

    def _autocast(self) -> torch.autocast:
        wanted = self.place.amp != torch.float32
        return torch.autocast(
            self.place.device.type, self.place.amp if wanted else torch.bfloat16, enabled=wanted
        )

    def _epoch(self) -> None:
        run, size = self.run, self.recipe.batch
        order = np.random.default_rng([self.recipe.seed, self.epoch]).permutation(run.train)
        per_step = size * self.place.world
        parts = []
        for step in range(self.step, self.steps):
            together = order[step * per_step : (step + 1) * per_step]
            parts.append(together[self.place.rank :: self.place.world])
        if self.step == 0:
            self.loss_sum.zero_()
        self.model.train()
        began, done = time.monotonic(), 0
        for pixels, labels in self.images.batches(parts):
            self._one_step(pixels, labels)
            done += 1
            if self.pace.due():
                self._progress(done * per_step / (time.monotonic() - began))
            self._attend()
        mean = self._mean_loss()
        speed = done * per_step / max(time.monotonic() - began, 1e-9)
        self._close_epoch(mean, speed)

    def _close_epoch(self, train_loss: float, speed: float) -> None:
        self.epoch, self.step = self.epoch + 1, 0
        self._judge(train_loss, speed)
        self._attend(forced=self.epoch == self.recipe.epochs)

    def _judge(self, train_loss: float, speed: float) -> None:
        """Evaluate, keep the weights if they are the best so far, and tell."""
        metrics = self._evaluate()
        score = (
            -metrics["loss"] if self.run.multi else metrics["accuracy"] - 1e-3 * metrics["loss"]
        )
        better = score > self.best_score or not self.run.tune
        if better or not self.best:
            self.best = [t.detach().clone() for t in self._smoothed()]
            self.best_score, self.best_epoch, self.without = score, self.epoch, 0
        else:
            self.without += 1
        epoch = {
            "epoch": self.epoch,
            "epochs": self.recipe.epochs,
            "train_loss": train_loss,
            "loss": metrics["loss"],
            "accuracy": metrics["accuracy"],
            "best": better,
            "images_per_second": speed,
            "rate": self._rate(self.taken - 1) if self.taken else 0.0,
        }
        self.history.append(epoch)
        self.channel.send("epoch", **epoch)

    def _one_step(self, pixels: Tensor, labels: Tensor) -> None:
        recipe, random = self.recipe, augment.Random(
            self.recipe.seed, self.epoch, self.step, self.place.rank, self.place.device
        )
        x = augment.vary(network_input(pixels, 1 / 255, 0.0), recipe.augment, random)
        if recipe.augment.mixup > 0:
            x, labels = augment.mix(x, labels, recipe.augment.mixup, random)
        x = x * (255 * self.description["scale"]) + self.description["shift"]
        rate = self._rate(self.taken)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["factor"]
        with self._autocast():
            logits = self.forward(x)
        loss = self._loss(logits.float(), labels)
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        if recipe.clip > 0:
            self.scaler.unscale_(self.optimiser)
            nn.utils.clip_grad_norm_(self.model.parameters(), recipe.clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.loss_sum += loss.detach()
        self.step, self.taken = self.step + 1, self.taken + 1
        self._smooth()

    def _loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        smooth = self.recipe.smoothing
        if self.run.multi:
            targets = targets * (1 - smooth) + smooth / 2
            each = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
            return (each * (targets * (self.weights - 1) + 1)).mean()
        targets = targets * (1 - smooth) + smooth / targets.shape[1]
        weights = targets * self.weights
        return -(weights * F.log_softmax(logits, 1)).sum() / weights.sum()

    def _rate(self, step: int) -> float:
        """Linear warm-up, then half a cosine down to zero (Loshchilov and Hutter 2017)."""
        warm = self.recipe.warmup * self.steps
        if step < warm:
            return self.recipe.rate * (step + 1) / (warm + 1)
        total = max(self.recipe.epochs * self.steps - warm, 1)
        return self.recipe.rate * 0.5 * (1 + math.cos(math.pi * min((step - warm) / total, 1)))

    @torch.no_grad()
    def _smooth(self) -> None:
        if not self.average:
            return
        decay = min(self.recipe.ema, (1 + self.taken) / (10 + self.taken))
        torch._foreach_mul_(self.average, decay)
        torch._foreach_add_(self.average, [t.detach() for t in self._averaged()], alpha=1 - decay)

    def _smoothed(self) -> list[Tensor]:
        return self.average or self._averaged()

    @torch.no_grad()
    def _evaluate(self) -> dict[str, float]:
        """Loss and accuracy on the images set aside for it, with the averaged weights."""
        own = [t.detach().clone() for t in self._averaged()]
        for tensor, mean in zip(self._averaged(), self._smoothed()):
            tensor.copy_(mean)
        self.model.eval()
        sums = torch.zeros(3, dtype=torch.float64, device=self.place.device)
        order = np.arange(self.run.train, self.images.count)
        for logits, labels in self._scored(self._parts(order, EVALUATED)):
            sums += torch.stack(
                [
                    measure.log_loss(logits, labels, self.run.multi).sum(),
                    measure.right(logits, labels, self.run.multi).sum(),
                    torch.tensor(float(len(labels)), device=logits.device),
                ]
            ).double()
        measure.reduce(sums, self.place.world)
        for tensor, value in zip(self._averaged(), own):
            tensor.copy_(value)
        loss, right, count = sums.tolist()
        if not math.isfinite(loss):
            raise Refused(
                "diverged",
                "the training diverged: its loss is no finite number. Use a lower learning rate.",
            )
        return {"loss": loss / max(count, 1), "accuracy": right / max(count, 1)}

    def _scored(self, parts: list[np.ndarray]) -> Any:
        for pixels, labels in self.images.batches(parts):
            with self._autocast():
                embeddings = self._embed(pixels)
            yield self.model.head(embeddings.float()), labels
            self._say("evaluate")

    def _mean_loss(self) -> float:
        sums = torch.stack(
            [
                self.loss_sum.double(),
                torch.tensor(float(max(self.step, 1)), device=self.place.device).double(),
            ]
        )
        measure.reduce(sums, self.place.world)
        loss = (sums[0] / sums[1]).item()
        if not math.isfinite(loss):
            raise Refused(
                "diverged",
                "the training diverged: its loss is no finite number. Use a lower learning rate.",
            )
        return loss

    def _say(self, phase: str) -> None:
        if self.pace.due():
            self.channel.send("alive", phase=phase)

    def _progress(self, speed: float) -> None:
        self.channel.send(
            "progress",
            epoch=self.epoch,
            epochs=self.recipe.epochs,
            step=self.step,
            steps=self.steps,
            images_per_second=speed,
        )

    def _attend(self, forced: bool = False) -> None:
        """Save when it is time, and stop when the worker says so; all processes decide alike."""
        now = time.monotonic()
        wants = [
            self.channel.stopped(),
            forced or now - self.saved >= self.recipe.checkpoint_seconds,
        ]
        if self.place.world > 1:
            flags = torch.tensor([float(self.place.rank == 0 and w) for w in wants])
            dist.broadcast(flags, 0)
            wants = [bool(f) for f in flags]
        stop, save = wants
        if save or stop:
            self.saved = now
            if self.place.rank == 0:
                checkpoint.save(self._path(self.run.checkpoint), self._identity(), self._state())
                self.channel.send(
                    "checkpoint", file=self.run.checkpoint, epoch=self.epoch, step=self.step
                )
        if stop:
            raise Cancelled

    def _identity(self) -> str:
        """Says which training a checkpoint belongs to."""
        plan = dataclasses.asdict(self.run)
        for changing in ("folder", "resume", "device"):
            del plan[changing]
        plan["world"] = self.place.world
        plan["network"] = self.description
        return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()

    def _state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "average": self.average,
            "best": self.best,
            "best_score": self.best_score,
            "best_epoch": self.best_epoch,
            "without": self.without,
            "epoch": self.epoch,
            "step": self.step,
            "taken": self.taken,
            "loss_sum": self.loss_sum,
            "history": self.history,
        }

    def _restore(self) -> None:
        state = checkpoint.load(
            self._path(self.run.checkpoint), self._identity(), self.place.device
        )
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state["scaler"])
        self.average, self.best, self.loss_sum = state["average"], state["best"], state["loss_sum"]
        self.best_score, self.best_epoch, self.without = (
            state["best_score"],
            state["best_epoch"],
            state["without"],
        )
        self.epoch, self.step, self.taken = state["epoch"], state["step"], state["taken"]
        self.history = state["history"]
        for epoch in self.history:
            self.channel.send("epoch", **epoch)
        if self.step == self.steps:  # it was saved after the last step, before the evaluation
            self._close_epoch(self._mean_loss(), 0.0)

    @torch.no_grad()
    def _temperature(self) -> float:
        self.model.eval()
        order = np.arange(self.run.train, self.images.count)
        if not len(order):
            return 1.0
        parts = [order[at : at + EVALUATED] for at in range(0, len(order), EVALUATED)]
        scored = list(self._scored(parts))
        logits, labels = torch.cat([s[0] for s in scored]), torch.cat([s[1] for s in scored])
        return measure.temperature(logits.double(), labels.double(), self.run.multi)

    def _write_result(self, factor: float) -> None:
        weight, bias = self.model.head.plain()
        parts = [
            self.model.backbone.flat(),
            (weight * factor).cpu().numpy().ravel(),
            (bias * factor).cpu().numpy().ravel(),
        ]
        values = np.concatenate(parts).astype("<f4")
        if not np.isfinite(values).all():
            raise Refused(
                "diverged",
                "the training diverged: weights are no finite numbers. Use a lower learning rate.",
            )
        path = self._path(self.run.result)
        with open(path + ".partial", "wb") as file:
            values.tofile(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path + ".partial", path)


def _scaler(place: Place) -> Any:
    """Keeps gradients of half precision from vanishing; does nothing for other types."""
    wanted = place.amp == torch.float16
    if hasattr(torch.amp, "GradScaler"):
        return torch.amp.GradScaler(place.device.type, enabled=wanted)
    return torch.cuda.amp.GradScaler(enabled=wanted)
