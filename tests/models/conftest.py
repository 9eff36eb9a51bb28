"""The network written anew, the plain way: every vote formed, autograd for every gradient, any precision."""

from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional


def squash(s):
    squares = (s * s).sum(-1, keepdim=True)
    return squares / (1 + squares) * s / (squares + 1e-30).sqrt()


def primary_capsules(features, weight, bias, types, stride=2):
    """[B, T * P, E]: walks over types and cells and picks their channels."""
    maps = functional.conv2d(features, weight.permute(0, 3, 1, 2), bias, stride=stride)
    _, filters, height, width = maps.shape
    size = filters // types
    capsules = [
        maps[:, t * size : (t + 1) * size, row, column]
        for t in range(types)
        for row in range(height)
        for column in range(width)
    ]
    return squash(torch.stack(capsules, dim=1))


def class_capsules(capsules, weight, bias, iterations, full_gradient=False):
    """[B, O, D] and the last couplings [B, I, O], from capsules [B, I, E] and weight [O, D, E, M]."""
    copies = capsules.shape[1] // weight.shape[3]
    expanded = weight.repeat_interleave(copies, dim=3)  # [O, D, E, I]
    votes = torch.einsum("odei,bie->biod", expanded, capsules)
    logits = votes.new_zeros(votes.shape[:3])
    for iteration in range(iterations):
        couplings = logits.softmax(dim=2)
        if not full_gradient:
            couplings = couplings.detach()
        poses = squash(torch.einsum("bio,biod->bod", couplings, votes) + bias)
        if iteration < iterations - 1:
            logits = logits + torch.einsum("biod,bod->bio", votes, poses)
    return poses, couplings


def decode(poses, chosen, layers, reduced):
    if reduced:
        read = torch.stack([sample[label] for sample, label in zip(poses, chosen, strict=True)])
    else:
        mask = functional.one_hot(chosen, poses.shape[1]).to(poses.dtype)
        read = (poses * mask[:, :, None]).flatten(1)
    for layer in layers[:-1]:
        read = functional.relu(functional.linear(read, layer.weight, layer.bias))
    return functional.linear(read, layers[-1].weight, layers[-1].bias).sigmoid()


def class_states(net, capsules, full_gradient=False):
    """[B, O, D] of `net`'s class capsules: all capsule layers (routed by agreement) as its family says."""
    a = net.architecture

    def f(layer, states):
        bias = 0 if layer.bias is None else layer.bias
        return class_capsules(states, layer.weight, bias, a.routing_iterations, full_gradient)[0]

    if a.blocks == 0:
        return f(net.class_capsules, capsules)
    x = f(net.capsule_layer, capsules)
    v = torch.zeros_like(x)
    for layer in net.blocks.layers:
        change = f(layer, x)
        if a.family == "capsnet":
            x = change
        elif a.family == "residual_caps":
            x = x + change
        else:
            v = a.gamma * v + (1 - a.gamma) * change
            x = x + v
    return f(net.class_capsules, x)


def resized(images, side):
    if side is None or images.shape[2:] == (side, side):
        return images
    smaller = side < max(images.shape[2:])
    return functional.interpolate(images, (side, side), mode="bilinear", antialias=smaller)


def alexnet(trunk, images):
    """The features of AlexCapsNet, layer by layer as its paper lists them."""
    x = functional.conv2d(images, trunk.conv1.weight, trunk.conv1.bias, stride=4, padding=2)
    x = functional.max_pool2d(functional.relu(x), 3, 2)
    for layer, padding in ((trunk.conv2, 2), (trunk.conv3, 1), (trunk.conv4, 1), (trunk.conv5, 1)):
        x = functional.relu(functional.conv2d(x, layer.weight, layer.bias, padding=padding))
    return x


def normalised(maps, norm):
    """Batch normalisation by hand: of this batch in training, with what was gathered else."""
    mean, variance = norm.running_mean, norm.running_var
    if norm.training:
        mean, variance = maps.mean((0, 2, 3)), maps.var((0, 2, 3), correction=0)
    shape = (1, -1, 1, 1)
    maps = (maps - mean.view(shape)) / (variance.view(shape) + 1e-5).sqrt()
    return maps * norm.weight.view(shape) + norm.bias.view(shape)


def residual(trunk, images):
    """The features of ResCapsNet, the hybrid, as its paper writes them down."""

    def convolved(x, layer, norm):
        return normalised(functional.conv2d(x, layer.weight, layer.bias, padding="same"), norm)

    x = functional.relu(convolved(images, trunk.conv, trunk.bn))
    for block in trunk.blocks:
        inner = functional.relu(convolved(x, block.conv1, block.bn1))
        x = functional.relu(x + convolved(inner, block.conv2, block.bn2))
    return x


def lenet5(net, images):
    """Logits of LeNet5."""
    x = resized(images, net.architecture.image_size)
    for layer, padding in ((net.conv1, 2), (net.conv2, 0)):
        x = functional.relu(functional.conv2d(x, layer.weight, layer.bias, padding=padding))
        x = functional.max_pool2d(x, 2)
    x = x.flatten(1)
    for layer in (net.linear1, net.linear2):
        x = functional.relu(functional.linear(x, layer.weight, layer.bias))
    return functional.linear(x, net.linear3.weight, net.linear3.bias)


TRUNKS = {"alexnet": alexnet, "residual": residual}


def hybrid(net, images):
    """Lengths of a hybrid."""
    a = net.architecture
    features = TRUNKS[a.trunk](net.trunk, resized(images, a.image_size))
    stride = 8 if a.trunk == "residual" else 1
    capsules = primary_capsules(features, net.primary.weight, net.primary.bias, a.capsule_types, stride)
    poses = class_states(net, capsules)
    return (poses * poses).sum(-1).sqrt()


def network(net, images, labels, full_gradient=False):
    """Lengths and reconstruction (or None) of `net` for a batch, without any of its code."""
    a = net.architecture
    if a.family == "lenet5":
        return lenet5(net, images).softmax(1), None
    if a.trunk in TRUNKS:
        return hybrid(net, images), None
    features = functional.relu(
        functional.conv2d(
            images, net.conv1.weight.permute(0, 3, 1, 2), net.conv1.bias, stride=tuple(a.geometry.stride)
        )
    )
    if a.stem_convolutions == 2:
        second = net.conv2
        features = functional.conv2d(features, second.weight.permute(0, 3, 1, 2), second.bias, padding=1)
        features = functional.relu(features)
    capsules = primary_capsules(features, net.primary.weight, net.primary.bias, a.capsule_types)
    poses = class_states(net, capsules, full_gradient)
    lengths = (poses * poses).sum(-1).sqrt()
    if a.decoder == "none":
        return lengths, None
    chosen = lengths.argmax(1) if labels is None else labels
    return lengths, decode(poses, chosen, list(net.decoder.layers), a.decoder == "reduced")


def loss(lengths, reconstruction, images, labels):
    present = functional.one_hot(labels, lengths.shape[1]).to(lengths.dtype)
    margins = present * functional.relu(0.9 - lengths) ** 2
    margins = margins + 0.5 * (1 - present) * functional.relu(lengths - 0.1) ** 2
    total = margins.sum(1).mean()
    if reconstruction is None:
        return total
    return total + 0.0005 * ((reconstruction - images.flatten(1)) ** 2).sum(1).mean()


@pytest.fixture(autouse=True, scope="package")
def one_thread():
    """Small tensors gain nothing from threads, and lose much on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def oracle():
    return SimpleNamespace(
        squash=squash,
        primary_capsules=primary_capsules,
        class_capsules=class_capsules,
        network=network,
        trunks=TRUNKS,
        loss=loss,
    )
