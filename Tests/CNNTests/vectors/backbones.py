"""Logits of timm's networks with made-up weights, for BackboneTests.swift.  python3 backbones.py > backbones.json

Weights and picture follow from names alone (`noise`), so that the test makes the same ones and none need be kept.
"""
import json
import math

import numpy as np
import timm
import torch

SIZE, CLASSES = 64, 10
NAMES = [f"{prefix}efficientnet_lite{number}" for prefix in ("tf_", "") for number in range(3)]
NAMES += ["mobilenetv1_100", "mobilenetv1_125", "resnet18", "resnet34", "resnet50"]


def bits(name, count):
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 & 0xFFFFFFFF
    x = np.uint32(seed) ^ (np.arange(count, dtype=np.uint32) * np.uint32(2654435761))
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x2C1B3C6D)
    return x ^ (x >> np.uint32(12))


def noise(name, shape):
    """Within -1 and 1."""
    return (bits(name, math.prod(shape)) / 2**31 - 1).reshape(shape)


def value(name, shape):
    u = noise(name, shape)
    if name.endswith("running_var"):
        return 1 + 0.9 * u
    if name.endswith("running_mean") or name.endswith("bias"):
        return 0.1 * u
    if len(shape) == 1:
        return 1 + 0.2 * u
    return u * math.sqrt(3 / math.prod(shape[1:]))


result = {}
picture = (bits("picture", SIZE * SIZE * 3) >> np.uint32(24)).reshape(SIZE, SIZE, 3) / 255
for name in NAMES:
    net = timm.create_model(name, pretrained=False, num_classes=CLASSES).eval()
    state = {
        key: torch.tensor(value(key, tensor.shape), dtype=torch.float32)
        for key, tensor in net.state_dict().items()
        if not key.endswith("num_batches_tracked")
    }
    print(net.load_state_dict(state, strict=False).unexpected_keys, file=__import__("sys").stderr)
    mean, std = net.default_cfg["mean"], net.default_cfg["std"]
    x = torch.tensor((picture - mean) / std, dtype=torch.float32).permute(2, 0, 1)[None]
    with torch.no_grad():
        result[name] = {"mean": mean, "std": std, "logits": net(x)[0].tolist()}
print(json.dumps({"size": SIZE, "networks": result}, indent=1))
