"""Computes the network of torch_test.go in PyTorch. Reads one JSON object from standard input, {x, shape, labels, train, weights:
{name: {shape, data}}}, and writes one, {y, loss, grads: {name: data}, statistics: {name: data}}."""
import json
import sys

import torch
import torch.nn.functional as F

given = json.load(sys.stdin)
w = {name: torch.tensor(t["data"], dtype=torch.float32).reshape(t["shape"]) for name, t in given["weights"].items()}
trained = [name for name in w if not name.startswith("running")]
for name in trained:
    w[name].requires_grad_(True)


def norm(x, name):
    return F.batch_norm(x, w["running_mean." + name], w["running_var." + name], w[name + ".scale"], w[name + ".bias"], given["train"], 0.1, 1e-5)


def conv(x, name, stride=1, padding=0, groups=1):
    return F.conv2d(x, w[name], w.get(name + ".b"), stride, padding, 1, groups)


x = torch.tensor(given["x"], dtype=torch.float32).reshape(given["shape"])
x = F.relu6(norm(conv(x, "stem", 2, 1), "norm0"))
y = F.silu(norm(conv(x, "depthwise", 1, 1, 16), "norm1"))
gate = torch.sigmoid(conv(F.relu(conv(y.mean((2, 3), keepdim=True), "squeeze")), "excite"))
y = norm(conv(y * gate, "project"), "norm2")
x = F.max_pool2d(F.relu(x + y), 3, 2, 1)
x = F.hardswish(norm(conv(x, "grouped", 2, 1, 4), "norm3"))
y = F.linear(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1), w["dense"], w["dense.b"])
loss = F.cross_entropy(y, torch.tensor(given["labels"]), torch.tensor(given["classes"]), label_smoothing=0.1)
loss.backward()
json.dump(
    {
        "y": y.flatten().tolist(),
        "loss": loss.item(),
        "grads": {name: w[name].grad.flatten().tolist() for name in trained},
        "statistics": {name: w[name].flatten().tolist() for name in w if name.startswith("running")},
    },
    sys.stdout,
)
