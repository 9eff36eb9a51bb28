"""The groups of `measure.py` about families: accuracies, and predictions of exports."""

import gzip
import json
from pathlib import Path

from figures import MNIST, Figure, figure, timed

EXPORTED = {
    "capsnet": ["family=capsnet"],
    "capsnet, shared": ["family=capsnet", "weight_sharing=true", "decoder=reduced"],
    "capsnet, pruned by half": ["family=capsnet", "pruning_ratio=0.5"],
    "residual_caps, sda": ["family=residual_caps", "routing=sda"],
    "momentum_caps, em": ["family=momentum_caps", "routing=em"],
    "momentum_caps, pruned by half": ["family=momentum_caps", "pruning_ratio=0.5"],
    "alexnet_caps": ["family=alexnet_caps", "standardise=true"],
    "alexnet_caps, pruned by half": ["family=alexnet_caps", "pruning_ratio=0.5"],
    "resnet_caps": ["family=resnet_caps"],
    "resnet_caps, pruned by half": ["family=resnet_caps", "pruning_ratio=0.5"],
    "lenet5": ["family=lenet5"],
    "resnet18": ["family=backbone_caps", "backbone=resnet18"],
    "resnet18, pruned by half": ["family=backbone_caps", "backbone=resnet18", "pruning_ratio=0.5"],
    "resnet50": ["family=backbone_caps", "backbone=resnet50"],
    "mobilenet_v1": ["family=backbone_caps", "backbone=mobilenet_v1"],
    "mobilenet_v1, pruned by half": ["family=backbone_caps", "backbone=mobilenet_v1", "pruning_ratio=0.5"],
}


def hybrids(folder: Path) -> list[Figure]:
    """Measure test accuracies of the hybrids and of LeNet5 on few images, seed by seed."""
    runs = [
        ("alexnet_caps", 3, range(3), "at least 0.93"),
        ("alexnet_caps", 5, range(3), "at least 0.955"),
        ("resnet_caps", 3, range(1), "at least 0.96"),
        ("lenet5", 3, range(3), "at least 0.955"),
    ]
    options = ["--data", str(MNIST), "--limit-train", "10000", "--trials", "1", "--no-designs"]
    fixed = ["batch_size=32", "pruning_ratio=0", "weight_sharing=false", "decoder=none", "lr_policy=fixed"]
    options += [word for choice in (*fixed, "batch_schedule=constant") for word in ("--fix", choice)]
    figures = []
    for family, epochs, seeds, target in runs:
        found = []
        for seed in seeds:
            study = ["--study", f"{family}-{epochs}-{seed}", "--seed", str(seed), "--epochs", str(epochs)]
            timed(["optimize", *study, *options, "--fix", f"family={family}"], folder)
            shown = timed(["front", study[1], "--all", "--test", "--format", "json"], folder)[1]
            (member,) = json.loads(shown)["members"]
            found.append(member["test_acc"])
        name = f"{family}, 10,000 MNIST images, {epochs} epochs at batch 32: test accuracy"
        figures.append(figure(name, found, "", target))
    return figures


def predict(folder: Path) -> list[Figure]:
    """Measure images per second of `paretocaps predict` on 1,000 files, and ONNX's difference from torch."""
    targets = {"alexnet_caps": "at least 300", "resnet_caps": "at least 100"}
    figures = []
    _image_files(folder / "images", 1000)
    for family, target in targets.items():
        apart = _exported(family, folder / family)
        command = ["predict", family, "images", "--format", "csv"]
        seconds = [timed(command, folder)[0] for _ in range(3)]
        name = f"predict, 1,000 files, {family}"
        figures.append(
            figure(f"{name}: images per second, including start-up", [1000 / s for s in seconds], "", target)
        )
        for engine in ("torch", "onnx"):
            own = [timed([*command, "--engine", engine], folder)[0] for _ in range(3)]
            figures.append(
                figure(
                    f"{name}, {engine}: images per second, including start-up",
                    [1000 / s for s in own],
                    "",
                    "",
                )
            )
        figures.append(figure(f"{family}: largest difference of ONNX from torch", apart, "", "at most 1e-4"))
    return figures


def exports(folder: Path) -> list[Figure]:
    """Train every family a little by the commands, whole and pruned, then export and evaluate it.

    `export` itself compares ONNX with torch on 256 test images of MNIST.
    """
    some_mnist(folder / "mnist")
    figures, data = [], ["--data", "mnist"]
    for number, (name, choices) in enumerate(EXPORTED.items()):
        run, export = f"run-{number}", f"export-{number}"
        settings = [word for choice in (*choices, "batch_size=32") for word in ("--set", choice)]
        trained = timed(
            ["train", *data, "--epochs", "1", *settings, "--output", run, "--format", "json"], folder
        )[1]
        timed(["export", "--run", run, "--output", export], folder)
        graph = json.loads((folder / export / "network.json").read_text())["graph"]
        assert graph["images"] == 256
        judged = json.loads(timed(["evaluate", export, "--no-robust", "--format", "json"], folder)[1])
        assert abs(judged["acc"] - json.loads(trained)["test_acc"]) < 0.01, (name, judged["acc"], trained)
        apart = graph["largest_difference"]
        figures.append(
            figure(
                f"{name}: largest difference of ONNX from torch, 256 MNIST images", apart, "", "at most 1e-4"
            )
        )
    return figures


def some_mnist(folder: Path) -> None:
    """Write the first 400 training and 300 test images of MNIST, which include all digits."""
    folder.mkdir()
    for part, count in (("train", 400), ("t10k", 300)):
        for kind, header in (("images-idx3", 16), ("labels-idx1", 8)):
            with gzip.open(MNIST / f"{part}-{kind}-ubyte.gz") as stream:
                head, each = bytearray(stream.read(header)), 784 if header == 16 else 1
                head[4:8] = count.to_bytes(4, "big")
                (folder / f"{part}-{kind}-ubyte").write_bytes(bytes(head) + stream.read(count * each))


def _image_files(folder: Path, count: int) -> None:
    """Write `count` JPEG files of smooth noise, 32x32 pixels in colour, in file size like photographs."""
    import numpy as np
    from PIL import Image

    folder.mkdir()
    generator = np.random.default_rng(0)
    for number in range(count):
        coarse = Image.fromarray(generator.integers(0, 256, (8, 8, 3), dtype=np.uint8))
        coarse.resize((32, 32), Image.Resampling.BICUBIC).save(folder / f"{number:04}.jpg", quality=90)


def _exported(family: str, folder: Path) -> float:
    """Export an untrained network for 32x32 images in colour; return ONNX's largest difference from torch."""
    from paretocaps.domain.choices import Choices
    from paretocaps.exporting.document import ExportInfo
    from paretocaps.exporting.package import write_export
    from paretocaps.models.architecture import architecture
    from paretocaps.models.build import build_network

    network = build_network(architecture(Choices.model_validate({"family": family}), 32, 32, 3, 10), 0)
    document = write_export(folder, network, about=ExportInfo(classes=tuple("0123456789")))
    assert document.graph is not None
    return document.graph.largest_difference
