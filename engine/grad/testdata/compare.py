"""Times training steps of the networks of bench_test.go in PyTorch: forward, backward and an update by plain gradient descent.

Usage: compare.py THREADS. Each line of standard input, NAME channels-last|channels-first SECONDS, is answered by one line of JSON
with the images per second of processor time.
"""
import json
import sys
import time

import torch
from torch import nn


def small():
    layers, c = [], 3
    for filters in (32, 64, 128):
        layers += [nn.Conv2d(c, filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        c = filters
    layers += [nn.Flatten(), nn.Linear(2048, 128), nn.ReLU(), nn.Linear(128, 10)]
    return nn.Sequential(*layers), (64, 3, 32, 32), 10


class Inverted(nn.Module):
    """An inverted residual block of MobileNetV2; its normalisations are in its weights."""

    def __init__(self, c, filters, expand, stride):
        super().__init__()
        hidden = c * expand
        layers = []
        if expand > 1:
            layers += [nn.Conv2d(c, hidden, 1), nn.ReLU6()]
        layers += [nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden), nn.ReLU6(), nn.Conv2d(hidden, filters, 1)]
        self.layers = nn.Sequential(*layers)
        self.residual = stride == 1 and c == filters

    def forward(self, x):
        return x + self.layers(x) if self.residual else self.layers(x)


class Mean(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


def mobilenet():
    layers, c = [nn.Conv2d(3, 32, 3, 2, 1), nn.ReLU6()], 32
    for expand, filters, count, stride in (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ):
        for i in range(count):
            layers.append(Inverted(c, filters, expand, stride if i == 0 else 1))
            c = filters
    return nn.Sequential(*layers, nn.Conv2d(320, 1280, 1), nn.ReLU6(), Mean(), nn.Linear(1280, 1000)), (16, 3, 224, 224), 1000


def last():
    """The last block and the head over maps that are kept."""
    return nn.Sequential(Inverted(160, 320, 6, 1), nn.Conv2d(320, 1280, 1), nn.ReLU6(), Mean(), nn.Linear(1280, 10)), (32, 160, 7, 7), 10


def measure(net, shape, classes, seconds, layout):
    torch.manual_seed(0)
    form = torch.channels_last if layout == "channels-last" else torch.contiguous_format
    net = net.to(memory_format=form)
    x = torch.randn(shape).contiguous(memory_format=form)
    labels = torch.randint(classes, (shape[0],))
    optimiser = torch.optim.SGD(net.parameters(), 0.01)
    loss = nn.CrossEntropyLoss()

    def step():
        optimiser.zero_grad()
        loss(net(x), labels).backward()
        optimiser.step()

    step()
    count, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        step()
        count += 1
    print(json.dumps({"rate": count * shape[0] / (time.process_time() - start)}), flush=True)


torch.set_num_threads(int(sys.argv[1]))
nets = {"small": small, "last": last, "mobilenetv2": mobilenet}
for line in sys.stdin:
    wanted, layout, seconds = line.split()
    measure(*nets[wanted](), float(seconds), layout)
