"""Writes network.safetensors: a small network's forward pass, gradients and ten training losses, as PyTorch has them. See README.md."""
import json
import pathlib
import struct

import torch
import torch.nn.functional as F
from torch import nn

SEED, BATCH, STEPS, RATE = 7, 6, 10, 0.01
torch.manual_seed(SEED)
torch.set_num_threads(1)

# 13 x 12 x 3 -> 13 x 12 x 6 -> 6 x 6 x 6 -> 3 x 3 x 9 -> 81 -> 10 -> 4
net = nn.Sequential(
    nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 9, 3, stride=2, padding=1), nn.ReLU(),
    nn.Flatten(), nn.Linear(81, 10), nn.ReLU(), nn.Linear(10, 4))
architecture = {
    "input": {"height": 13, "width": 12, "channels": 3},
    "layers": [
        {"convolution": {"filters": 6, "kernel": 3, "stride": 1, "padding": 1}}, {"relu": {}},
        {"maxPool": {"size": 2, "stride": 2}},
        {"convolution": {"filters": 9, "kernel": 3, "stride": 2, "padding": 1}}, {"relu": {}},
        {"flatten": {}}, {"dense": {"units": 10}}, {"relu": {}}, {"dense": {"units": 4}}]}
names = {"conv2d_1": net[0], "conv2d_2": net[3], "dense_1": net[6], "dense_2": net[8]}
images = torch.rand(BATCH, 3, 13, 12)
labels = torch.randint(0, 4, (BATCH,))


def hwc(kernel):
    """PyTorch's layout to ours: OIHW to HWIO; [out, in] to [in, out], the flattened input from CHW to HWC order."""
    if kernel.dim() == 4:
        return kernel.permute(2, 3, 1, 0)
    if kernel.shape[1] == 81:
        return kernel.reshape(10, 9, 3, 3).permute(2, 3, 1, 0).reshape(81, 10)
    return kernel.T


def tensors(prefix, value):
    return {f"{prefix}{name}.{kind}": hwc(value(tensor)) if kind == "kernel" else value(tensor)
            for name, layer in names.items() for kind, tensor in [("kernel", layer.weight), ("bias", layer.bias)]}


out = {"images": images.permute(0, 2, 3, 1)} | {k: v.clone() for k, v in tensors("", lambda t: t.detach()).items()}
logits = net(images)
out["logits"] = logits.detach()
out["probabilities"] = F.softmax(logits, 1).detach()
F.cross_entropy(logits, labels).backward()
out |= {k: v.clone() for k, v in tensors("gradient.", lambda t: t.grad).items()}

# Adam as Keras 2.1 has it: epsilon is added after the bias correction has gone into the rate, not before.
parameters, losses = list(net.parameters()), []
m, v = [torch.zeros_like(p) for p in parameters], [torch.zeros_like(p) for p in parameters]
for step in range(1, STEPS + 1):
    net.zero_grad()
    loss = F.cross_entropy(net(images), labels)
    loss.backward()
    losses.append(loss.item())
    rate = RATE * (1 - 0.999 ** step) ** 0.5 / (1 - 0.9 ** step)
    with torch.no_grad():
        for i, p in enumerate(parameters):
            m[i] = 0.9 * m[i] + 0.1 * p.grad
            v[i] = 0.999 * v[i] + 0.001 * p.grad ** 2
            p -= rate * m[i] / (v[i].sqrt() + 1e-7)
out["losses"] = torch.tensor(losses)

entries, data = {"__metadata__": {
    "version": "1", "peer": f"PyTorch {torch.__version__.split('+')[0]}", "seed": str(SEED), "rate": str(RATE),
    "labels": json.dumps(labels.tolist()), "architecture": json.dumps(architecture)}}, b""
for name, tensor in sorted(out.items()):
    values = tensor.contiguous().float().flatten().tolist()
    packed = struct.pack(f"<{len(values)}f", *values)
    entries[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(packed)]}
    data += packed
header = json.dumps(entries).encode()
header += b" " * (-len(header) % 8)
(pathlib.Path(__file__).parent / "network.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + data)
