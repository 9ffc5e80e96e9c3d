"""Writes normalization.safetensors: a small residual network with batch normalisation, as PyTorch trains it and predicts with it. See README.md."""
import json
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

SEED, BATCH = 5, 5
torch.manual_seed(SEED)
torch.set_num_threads(1)

# 9 x 8 x 3 -> stem 9 x 8 x 5 -> a block 5 x 4 x 7 with a shortcut -> a block as wide -> mean -> 4
convolutions = {
    "stem": nn.Conv2d(3, 5, 3, 1, 1, bias=False), "a.shortcut": nn.Conv2d(5, 7, 1, 2, bias=False),
    "a.conv1": nn.Conv2d(5, 7, 3, 2, 1, bias=False), "a.conv2": nn.Conv2d(7, 7, 3, 1, 1, bias=False),
    "b.conv1": nn.Conv2d(7, 7, 3, 1, 1, bias=False), "b.conv2": nn.Conv2d(7, 7, 3, 1, 1, bias=False)}
norms = {name: nn.BatchNorm2d(layer.out_channels) for name, layer in convolutions.items()}
head = nn.Linear(7, 4)
for norm in norms.values():
    nn.init.uniform_(norm.weight, 0.5, 1.5)
    nn.init.uniform_(norm.bias, -0.5, 0.5)
    nn.init.uniform_(norm.running_mean, -0.5, 0.5)
    nn.init.uniform_(norm.running_var, 0.5, 1.5)


def node(name, layer, *inputs):
    return {"name": name, "layer": layer, "inputs": list(inputs)}


def convolution(name, source):
    layer = convolutions[name]
    return node(name, {"convolution": {"filters": layer.out_channels, "kernel": layer.kernel_size[0],
                                       "stride": layer.stride[0], "padding": layer.padding[0]}}, source)


def norm(name):
    return node(f"{name}.norm", {"batchNormalization": {"epsilon": 1e-5, "momentum": 0.1}}, name)


relu = {"relu": {}}
nodes = [convolution("stem", "input"), norm("stem"), node("stem.act", relu, "stem.norm"),
         convolution("a.shortcut", "stem.act"), convolution("a.conv1", "stem.act"), norm("a.shortcut"), norm("a.conv1"),
         node("a.conv1.act", relu, "a.conv1.norm"), convolution("a.conv2", "a.conv1.act"), norm("a.conv2"),
         node("a.add", {"add": {}}, "a.conv2.norm", "a.shortcut.norm"), node("a.act", relu, "a.add"),
         convolution("b.conv1", "a.act"), norm("b.conv1"), node("b.conv1.act", relu, "b.conv1.norm"),
         convolution("b.conv2", "b.conv1.act"), norm("b.conv2"), node("b.add", {"add": {}}, "b.conv2.norm", "a.act"),
         node("b.act", relu, "b.add"), node("pool", {"globalAveragePool": {}}, "b.act"),
         node("head", {"dense": {"units": 4}}, "pool")]
architecture = {"input": {"height": 9, "width": 8, "channels": 3}, "nodes": nodes}


def net(x):
    def layer(name, x):
        return norms[name](convolutions[name](x))

    x = F.relu(layer("stem", x))
    x = F.relu(layer("a.conv2", F.relu(layer("a.conv1", x))) + layer("a.shortcut", x))
    x = F.relu(layer("b.conv2", F.relu(layer("b.conv1", x))) + x)
    return head(x.mean((2, 3)))


def parameters(value):
    out = {f"{name}.kernel": value(layer.weight).permute(2, 3, 1, 0) for name, layer in convolutions.items()}
    for name, layer in norms.items():
        out |= {f"{name}.norm.scale": value(layer.weight), f"{name}.norm.shift": value(layer.bias)}
    return out | {"head.kernel": value(head.weight).T, "head.bias": value(head.bias)}


def statistics():
    return {f"{name}.norm.{key}": tensor for name, layer in norms.items()
            for key, tensor in [("mean", layer.running_mean), ("variance", layer.running_var)]}


images, labels = torch.rand(BATCH, 3, 9, 8), torch.randint(0, 4, (BATCH,))
out = {"images": images.permute(0, 2, 3, 1)} | parameters(lambda p: p.detach()) | statistics()
out = {name: tensor.clone().contiguous() for name, tensor in out.items()}
loss = F.cross_entropy(net(images), labels)
loss.backward()
out["loss"] = loss.detach().reshape(1)
out |= {f"gradient.{name}": tensor.clone().contiguous() for name, tensor in parameters(lambda p: p.grad).items()}
# After the batch: its statistics are in the running ones.
out |= {f"after.{name}": tensor.clone() for name, tensor in statistics().items()}
for layer in norms.values():
    layer.eval()
out["logits"] = net(images).detach()
save_file(out, pathlib.Path(__file__).parent / "normalization.safetensors", metadata={
    "version": "1", "peer": f"PyTorch {torch.__version__.split('+')[0]}", "seed": str(SEED),
    "labels": json.dumps(labels.tolist()), "architecture": json.dumps(architecture)})
