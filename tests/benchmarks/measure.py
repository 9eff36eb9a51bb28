"""Measure what the README states, and keep each figure as JSON beside this file.

    python tests/benchmarks/measure.py                 # everything that can be measured here
    python tests/benchmarks/measure.py demo mnist      # some of it
    python tests/benchmarks/measure.py --table         # the README's table, from what is kept

Not tests: seconds depend on the machine, so they are kept with device, torch version, date and n.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paretocaps.bench.benchmark import Case, Turn

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).parent / "results"
TEXTBOOK = ROOT.parent / "shared" / "bench" / "textbook_capsnet.py"
MNIST = ROOT.parent / "shared" / "data" / "mnist"
CIFAR = ROOT.parent / "shared" / "data" / "cifar10-jpeg"
ON_IMAGES = (
    "mnist", "precision", "deep_accuracy", "hybrids", "frozen", "pruned_resnet18", "capsule_pruning"
)  # fmt: skip
MEBIBYTE = 2**20
Figure = dict[str, object]
STEP_RATIOS = {
    "auto": {128: "at least 4.0", 16: "at least 3.3", 1: "at least 3.5"},
    "fp32": {128: "at least 2.2", 16: "at least 2.0", 1: "at least 3.0"},
}
WS_RATIOS = {128: "at least 1", 16: "at least 1", 1: "at least 1.05"}
TURNS = {128: 10, 16: 30, 1: 100}
ALONE = {128: 5, 16: 20, 1: 60}
PROCESSES = 3
RANK_STEPS = 10
PEERS = {  # seconds of a step, on another run of a machine of this kind
    "FasTrCaps, published code": (2.78, 0.316, 0.0645),
    "fastest public PyTorch peer": (2.22, 0.262, 0.0555),
    "the textbook network": (2.67, 0.307, 0.0642),
    "arithmetic limit, float32": (0.83, 0.10, None),
    "arithmetic limit, bfloat16": (0.38, 0.048, None),
}


def timed(command: Sequence[str], folder: Path) -> tuple[float, str]:
    """Run `python -m paretocaps COMMAND` in `folder`; return its wall seconds and stdout."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "paretocaps", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - begin
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return seconds, done.stdout


def demo(folder: Path) -> list[Figure]:
    """The study of `make demo`, without the installation."""
    seconds, _ = timed(["optimize", "--spec", str(ROOT / "studies" / "quickstart.toml")], folder)
    front = json.loads(timed(["front", "demo", "--require", "acc>=0.9", "--format", "json"], folder)[1])
    best = max(member["acc"] for member in front["members"])
    starts = [timed(["front", "demo"], folder)[0] for _ in range(5)]
    return [
        figure("demo: 24 trials of 5 epochs on digits", seconds, "s", "at most 180 s"),
        figure("demo: members of the front with acc>=0.9", len(front["members"]), "", "at least 3"),
        figure("demo: best validation accuracy", best, "", "at least 0.985"),
        figure("`paretocaps front demo`", starts, "s", "at most 1.5 s"),
    ]


def mnist(folder: Path) -> list[Figure]:
    """Baseline choices on real MNIST: 10,000 training images, 3 epochs at batch 128."""
    options = ["--data", str(MNIST), "--limit-train", "10000", "--epochs", "3", "--trials", "1"]
    timed(["optimize", "--study", "mnist", *options, "--design", "baseline"], folder)
    (member,) = json.loads(timed(["front", "mnist", "--format", "json"], folder)[1])["members"]
    return [
        figure(
            "MNIST, baseline, 10,000 images, 3 epochs: test accuracy", member["test_acc"], "", "at least 0.97"
        ),
        figure("MNIST, the same: training time to the best epoch", member["time"], "s", ""),
    ]


def startup(folder: Path) -> list[Figure]:
    """The time of `paretocaps --help`."""
    return [
        figure("`paretocaps --help`", [timed(["--help"], folder)[0] for _ in range(10)], "s", "at most 0.5 s")
    ]


def ten_thousand(folder: Path) -> list[Figure]:
    """The front of a stored study of 10,000 trials, written through the store."""
    import numpy as np

    from paretocaps.domain.measurement import Device, EpochRecord, Measurement
    from paretocaps.domain.spec import StudySpec
    from paretocaps.domain.trainer import TRAINERS
    from paretocaps.storage.records import ImportedTrial
    from paretocaps.storage.store import Store

    generator, trainer = np.random.default_rng(0), TRAINERS.get("capsnet")
    designs = list(trainer.space.designs({}))

    def trial(number: int) -> ImportedTrial:
        acc, seconds, params = (
            generator.random(),
            float(generator.lognormal()),
            int(generator.integers(1e5, 8e6)),
        )
        epochs = tuple(
            EpochRecord(epoch=e, acc=acc * e / 5, seconds=seconds / 5, time=seconds * e / 5, wall=seconds)
            for e in range(1, 6)
        )
        measured = Measurement(
            acc=acc, best_epoch=5, time=seconds, wall=seconds, params=params, macs=params, memory=params,
            test_acc=acc, device=Device(name="made up", kind="cpu"), epochs=epochs,
        )  # fmt: skip
        return ImportedTrial(number, trainer.complete(designs[number % len(designs)], {}), {0: measured})

    with Store.open(f"sqlite:///{folder}/studies/paretocaps.db", create=True) as store:
        store.create_study("large", StudySpec(study="large").model_dump(mode="json"))
        store.import_trials("large", [trial(number) for number in range(10_000)])
    runs = [timed(["front", "large"], folder)[0] for _ in range(5)]
    return [figure("`paretocaps front` of 10,000 trials", runs, "s", "at most 2 s")]


def steps(folder: Path) -> list[Figure]:
    """Seconds of a training step: against the textbook network's, taken in turn, and with weight sharing.

    Every comparison has a process of its own, and the two choices of ours a process each, started in turn:
    what another network left in the allocator makes a small step up to a third longer or shorter.
    """
    figures: list[Figure] = []
    for precision, asked in STEP_RATIOS.items():
        for batch, bound in asked.items():
            found = json.loads(_own_process(f"measure.against_textbook({precision!r}, {batch})"))
            figures += _compared(f"{precision}, batch {batch}", "textbook", *found, bound)
            runs = [
                [float(_own_process(f"measure.alone({precision!r}, {batch}, {ws})")) for ws in (True, False)]
                for _ in range(PROCESSES)
            ]
            shared, whole = zip(*runs, strict=True)
            figures += _compared(
                f"{precision}, batch {batch}, ws", "baseline", shared, whole, WS_RATIOS[batch]
            )
    return figures


def _compared(
    name: str, against: str, ours: Sequence[float], theirs: Sequence[float], bound: str
) -> list[Figure]:
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    return [
        figure(f"step, {name}", ours, "s", ""),
        figure(f"step, {name}: {against}'s", theirs, "s", ""),
        figure(f"step, {name}: times faster than the {against}", ratios, "", bound),
    ]


def against_textbook(precision: str, batch: int) -> None:
    """Print the seconds of our steps and of the textbook's."""
    from paretocaps.bench.benchmark import alternate

    print(json.dumps(alternate([_ours(precision, batch), _textbook(batch)], TURNS[batch])))


def alone(precision: str, batch: int, ws: bool) -> None:
    """Print the median seconds of our steps, with weight sharing and the reduced decoder or without."""
    from paretocaps.bench.benchmark import alternate

    (seconds,) = alternate([_ours(precision, batch, ws)], ALONE[batch])
    print(statistics.median(seconds))


def _ours(precision: str, batch: int, ws: bool = False) -> "Turn":
    from paretocaps.bench.benchmark import Case, turn_of
    from paretocaps.domain.choices import Choices

    shared = {"weight_sharing": True, "decoder": "reduced"} if ws else {}
    return turn_of(Case(Choices(batch_size=batch, precision=precision, **shared)))


def _textbook(batch: int) -> "Turn":
    """The yardstick's step: the one beside the project where it is, else the package's own."""
    import torch

    from paretocaps.bench.benchmark import Case, textbook_turn
    from paretocaps.domain.choices import Choices

    if not TEXTBOOK.exists():
        return textbook_turn(Case(Choices(batch_size=batch)), torch.device("cpu"))
    step = _loaded(TEXTBOOK).make_step(batch)

    def turn() -> float:
        begin = time.perf_counter()
        step()
        return time.perf_counter() - begin

    return turn


def _loaded(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def resident(folder: Path) -> list[Figure]:
    """Peak resident memory of a process that takes three steps at batch 128, ours and the textbook's."""
    peak = (
        "turn(); turn(); turn(); import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    ours, theirs = (
        [1024 * float(_own_process(f"turn = measure.{network}; {peak}")) for _ in range(3)]
        for network in ("_ours('auto', 128)", "_textbook(128)")
    )
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return [
        figure("peak resident memory, 3 steps of batch 128", ours, "B", ""),
        figure("peak resident memory, the same: textbook's", theirs, "B", ""),
        figure("peak resident memory, the same: ours over the textbook's", ratios, "", "at most 0.6"),
    ]


def _own_process(code: str) -> str:
    """Run a line of Python that may use `measure` and `json` in a process of its own; return its stdout."""
    path = os.pathsep.join([str(Path(__file__).parent), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", f"import json, measure; {code}"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    return done.stdout


def prepare(folder: Path) -> list[Figure]:
    """Preparing 20,000 photographs of 224x224 pixels, JPEG, in ten class folders: seconds and memory."""
    photographs(folder / "photographs", 20_000)
    code = f"measure.prepare_here({str(folder)!r})"
    runs = [json.loads(_own_process(code)) for _ in range(3)]
    rates = [20_000 / run["seconds"] / run["cores"] for run in runs]
    used = [20_000 / run["processor"] for run in runs]
    title = "preparing 20,000 JPEG images of 224x224"
    return [
        figure(f"{title}: images a second and core", rates, "images/s", "at least 300"),
        figure(f"{title}: images a second of processor time", used, "images/s", ""),
        figure(f"{title}: peak resident memory", [run["peak"] for run in runs], "B", "at most 1073741824 B"),
        figure(f"{title}: seconds", [run["seconds"] for run in runs], "s", ""),
        figure(f"{title}: reading them again", [run["again"] for run in runs], "s", ""),
    ]


def photographs(folder: Path, count: int, size: int = 224) -> None:
    """Write `count` JPEG files of soft colours and noise, of about 22 kB, in ten class folders."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(0)
    for label in range(10):
        (folder / f"class{label}").mkdir(parents=True)
    for number in range(count):
        coarse = random.integers(0, 256, (size // 16, size // 16, 3), dtype=np.uint8)
        colours = Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)
        noise = random.integers(-16, 17, (size, size, 1), dtype=np.int16)
        pixels = (np.asarray(colours).astype(np.int16) + noise).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"class{number % 10}" / f"{number}.jpg", quality=90)


def prepare_here(folder: str) -> None:
    """Prepare the photographs under `folder` in this process; print seconds, cores and peak bytes."""
    from paretocaps.data.read import read_splits
    from paretocaps.data.threads import cores
    from paretocaps.domain.job import DataSpec

    with tempfile.TemporaryDirectory(dir=folder) as cache:
        os.environ["PARETOCAPS_CACHE"] = cache
        spec = DataSpec(name=None, path=str(Path(folder) / "photographs"))
        seconds = []
        for _ in range(2):
            begin = time.perf_counter()
            read_splits(spec)
            seconds.append((time.perf_counter() - begin, time.process_time()))
    (first, processor), (again, _) = seconds
    # not getrusage, which counts the process that started this one too
    status = Path("/proc/self/status").read_text()
    peak = 1024 * int(status.partition("VmHWM:")[2].split()[0])
    figures = {"seconds": first, "processor": processor, "again": again, "cores": min(8, cores())}
    print(json.dumps({**figures, "peak": peak}))


def ranks(folder: Path) -> list[Figure]:
    """Images a second of the baseline at batch 128: two ranks of one thread against one, in turn."""
    images = 128 * RANK_STEPS
    random_idx(folder / "random", images)
    figures = []
    for precision in ("auto", "fp32"):
        runs = [
            [float(_own_process(f"measure.ranks_here({str(folder)!r}, {precision!r}, {n})")) for n in (1, 2)]
            for _ in range(PROCESSES)
        ]
        one, two = zip(*runs, strict=True)
        title = f"batch 128, {precision}"
        ratios = [b / a for a, b in zip(one, two, strict=True)]
        figures += [
            figure(f"{title}: one rank of one thread", one, "images/s", ""),
            figure(f"{title}: two ranks of one thread", two, "images/s", ""),
            figure(f"{title}: two ranks over one, times the images/s", ratios, "", "at least 1.5"),
        ]
    return figures


def random_idx(folder: Path, count: int) -> None:
    """Write an IDX data set of noise with `count` images of 28x28 to train on, and few to test on."""
    import numpy as np

    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    whole = -(-count * 10 // 9) + 10  # a tenth is for validation
    for part, images in (("train", whole), ("t10k", 100)):
        pixels = random.integers(0, 256, (images, 28, 28), dtype=np.uint8)
        labels = (np.arange(images) % 10).astype(np.uint8)
        header = b"\x00\x00\x08" + bytes([3]) + b"".join(n.to_bytes(4, "big") for n in pixels.shape)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(header + pixels.tobytes())
        header = b"\x00\x00\x08" + bytes([1]) + images.to_bytes(4, "big")
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())


def ranks_here(folder: str, precision: str, count: int) -> None:
    """Print the images a second of an epoch's steps, trained by `count` ranks of one thread."""
    from paretocaps.domain.job import DataSpec, TrainingJob
    from paretocaps.training.trainer import train

    images = 128 * RANK_STEPS
    measured = train(
        TrainingJob(
            study="ranks",
            trial=0,
            trainer="capsnet",
            choices={"batch_size": 128, "precision": precision},
            seed=0,
            data=DataSpec(name=None, path=str(Path(folder) / "random"), limit_train=images),
            epochs=2,
            threads=1,
            ranks=count,
            folder=Path(folder) / f"ranks-{count}",
        ),
        lambda record: True,
    )
    print(images / measured.epochs[-1].seconds)


def evaluation(folder: Path) -> list[Figure]:
    """Evaluating 10,000 images, as a share of the steps of an epoch of 60,000 at batch 128."""
    import torch

    from paretocaps.bench.benchmark import Case, alternate, random_images, turn_of
    from paretocaps.data.images import ImageSet
    from paretocaps.data.loader import DeviceLoader
    from paretocaps.domain.choices import Choices
    from paretocaps.evaluation.accuracy import Evaluator
    from paretocaps.models.build import build_network
    from paretocaps.training.precision import autocast, resolve_precision

    case, cpu = Case(Choices(batch_size=128)), torch.device("cpu")
    network = build_network(case.architecture, 0)
    evaluator = Evaluator(cpu, autocast(cpu, resolve_precision("auto", cpu)))
    images = DeviceLoader(ImageSet(*random_images(case.architecture, 10_000)), cpu)

    def evaluate() -> float:
        begin = time.perf_counter()
        evaluator.accuracy(network, images)
        return time.perf_counter() - begin

    seconds, step = alternate([evaluate, turn_of(case)], 5)
    shares = [a / (b * 469) for a, b in zip(seconds, step, strict=True)]
    return [
        figure("evaluating 10,000 images", seconds, "s", ""),
        figure("evaluating 10,000 images, over an epoch's steps at batch 128", shares, "", "at most 0.15"),
    ]


def precision(folder: Path) -> list[Figure]:
    """Validation accuracy of the MNIST check in bfloat16 and in float32, over the same three seeds."""
    means = {}
    for name in ("bf16", "fp32"):
        options = ["--data", str(MNIST), "--limit-train", "10000", "--epochs", "3", "--trials", "1"]
        fixed = ["--repeats", "3", "--fix", f"precision={name}", "--design", "baseline"]
        timed(["optimize", "--study", name, *options, *fixed], folder)
        (member,) = json.loads(timed(["front", name, "--format", "json"], folder)[1])["members"]
        means[name] = member["acc"]
    gap = abs(means["bf16"] - means["fp32"])
    return [
        figure("MNIST check, mean of 3 seeds: validation accuracy, bf16", means["bf16"], "", ""),
        figure("MNIST check, mean of 3 seeds: validation accuracy, fp32", means["fp32"], "", ""),
        figure("MNIST check, mean of 3 seeds: bf16 off fp32", gap, "", "at most 0.003"),
    ]


def deep(folder: Path) -> list[Figure]:
    """What a block costs in memory and time: reversible chains against residual ones, batch 128."""
    return [*_block_bytes(), *_block_seconds()]


def _block_bytes() -> list[Figure]:
    from paretocaps.bench.benchmark import Case
    from paretocaps.domain.choices import Choices
    from paretocaps.models.complexity import parameters

    few, many, adam = 1, 16, 4 * 4  # bytes a parameter: itself, its gradient, two moments
    figures = []
    for routing in ("rba", "sda", "em"):
        for family in ("momentum_caps", "residual_caps"):
            cases = [Case(Choices(family=family, blocks=b, routing=routing)) for b in (few, many)]
            less, more = (_saved(case) for case in cases)
            name = f"saved for backward a block, {routing}, {family}"
            bound = f"at most {0.05 * MEBIBYTE:.0f}" if family == "momentum_caps" else ""
            figures.append(figure(name, (more - less) / (many - few), "B", bound))
            if family == "momentum_caps":
                grown = adam * (parameters(cases[1].architecture) - parameters(cases[0].architecture))
                peak = (more + grown - less) / (many - few)
                figures.append(
                    figure(f"peak training memory a block, {routing}", peak, "B", f"at most {3 * MEBIBYTE}")
                )
    return figures


def _saved(case: "Case") -> int:
    from paretocaps.bench.benchmark import random_images
    from paretocaps.models.build import build_network
    from paretocaps.models.losses import capsnet_loss
    from paretocaps.training.memory import saved_bytes

    network = build_network(case.architecture, 0)
    pixels, labels = random_images(case.architecture, 128)
    images = pixels / 255
    return saved_bytes(network, lambda: capsnet_loss(network(images, labels), images, labels))


def _block_seconds() -> list[Figure]:
    """Seconds that a block adds to a step and to a prediction, and the ratios of the families.

    With one type of primary capsules: a block costs the same whatever is in front of it, and the less that
    is, the less its noise is in the difference of two steps.
    """
    from paretocaps.bench.benchmark import Case, alternate, turn_of
    from paretocaps.domain.choices import Choices

    families, depths, figures = ("momentum_caps", "residual_caps"), (1, 13), []
    for gradient in ("last", "all"):
        cases = [
            Case(Choices(family=family, blocks=blocks, routing_gradient=gradient, primary_capsules=1))
            for family in families
            for blocks in depths
        ]
        steps = alternate([turn_of(case) for case in cases], 15)
        figures += _slopes(f"step, routing_gradient={gradient}", steps, depths, "at most 1.45")
        if gradient == "last":
            predictions = alternate([_prediction(case) for case in cases], 9)
            figures += _slopes("prediction", predictions, depths, "at most 1.05")
    return figures


def _slopes(
    name: str, seconds: Sequence[Sequence[float]], depths: tuple[int, int], bound: str
) -> list[Figure]:
    few, many = depths
    momentum, residual = (
        [(b - a) / (many - few) for a, b in zip(*pair, strict=True)] for pair in (seconds[:2], seconds[2:])
    )
    ratio = statistics.median(momentum) / statistics.median(residual)
    return [
        figure(f"a block's seconds, {name}, momentum", momentum, "s", ""),
        figure(f"a block's seconds, {name}, residual", residual, "s", ""),
        figure(f"a block's seconds, {name}, momentum over residual", ratio, "", bound),
    ]


def _prediction(case: "Case") -> "Turn":
    import torch

    from paretocaps.bench.benchmark import random_images
    from paretocaps.models.build import build_network

    network = build_network(case.architecture, 0).eval()
    images = random_images(case.architecture, 128)[0] / 255

    def turn() -> float:
        begin = time.perf_counter()
        with torch.no_grad():
            network.scores(images)
        return time.perf_counter() - begin

    return turn


def deep_accuracy(folder: Path) -> list[Figure]:
    """Accuracies of deep networks on few images, with initialisations that train and the paper's."""
    deep = ["--data", str(MNIST), "--limit-train", "3200", "--epochs", "1", "--fix", "batch_size=16"]
    small = ["--data", str(MNIST), "--limit-train", "5000", "--epochs", "5", "--fix", "batch_size=128"]
    colour = ["--data", str(CIFAR), "--limit-train", "5000", "--epochs", "5", "--fix", "batch_size=32"]
    colour += ["--fix", "standardise=true"]
    runs = [
        ("20 blocks, 200 steps of 16, MNIST", deep, "momentum_caps", 20, "auto", "at least 0.85"),
        ("20 blocks, 200 steps of 16, MNIST", deep, "residual_caps", 20, "auto", ""),
        ("20 blocks, 200 steps of 16, MNIST", deep, "capsnet", 20, "auto", ""),
        ("2 blocks, 5,000 MNIST images, 5 epochs", small, "momentum_caps", 2, "auto", "at least 0.965"),
        ("2 blocks, 5,000 MNIST images, 5 epochs", small, "momentum_caps", 2, "paper", ""),
        (
            "1 block, 5,000 CIFAR-10 images, 5 epochs of 32",
            colour,
            "momentum_caps",
            1,
            "auto",
            "at least 0.45",
        ),
        ("1 block, 5,000 CIFAR-10 images, 5 epochs of 32", colour, "momentum_caps", 1, "paper", ""),
    ]
    figures = []
    for number, (name, options, family, blocks, init, bound) in enumerate(runs):
        fixed = ["--fix", f"family={family}", "--fix", f"blocks={blocks}", "--fix", f"init={init}"]
        baseline = ["--fix", "pruning_ratio=0", "--fix", "weight_sharing=false", "--fix", "decoder=full"]
        baseline += ["--fix", "lr_policy=fixed", "--fix", "batch_schedule=constant", "--no-designs"]
        study = f"run{number}"
        timed(["optimize", "--study", study, "--trials", "1", *options, *fixed, *baseline], folder)
        (member,) = json.loads(timed(["front", study, "--format", "json"], folder)[1])["members"]
        figures.append(figure(f"{family}, {name}, init={init}: test accuracy", member["test_acc"], "", bound))
    return figures


def hybrids(folder: Path) -> list[Figure]:
    """Test accuracies of the families with deep trunks and of LeNet5 on few images, seed by seed."""
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
    for family, epochs, seeds, bound in runs:
        found = []
        for seed in seeds:
            study = ["--study", f"{family}-{epochs}-{seed}", "--seed", str(seed), "--epochs", str(epochs)]
            timed(["optimize", *study, *options, "--fix", f"family={family}"], folder)
            (member,) = json.loads(timed(["front", study[1], "--format", "json"], folder)[1])["members"]
            found.append(member["test_acc"])
        name = f"{family}, 10,000 MNIST images, {epochs} epochs of 32: test accuracy"
        figures.append(figure(name, found, "", bound))
    return figures


def predict(folder: Path) -> list[Figure]:
    """Images a second of `paretocaps predict` on 1,000 files, and how far ONNX is from torch."""
    asked = {"alexnet_caps": "at least 300", "resnet_caps": "at least 100"}
    figures = []
    _image_files(folder / "images", 1000)
    for family, bound in asked.items():
        apart = _exported(family, folder / family)
        command = ["predict", family, "images", "--format", "csv"]
        seconds = [timed(command, folder)[0] for _ in range(3)]
        name = f"predict, 1,000 files, {family}"
        figures.append(
            figure(f"{name}: images a second, loading included", [1000 / s for s in seconds], "", bound)
        )
        for engine in ("torch", "onnx"):
            own = [timed([*command, "--engine", engine], folder)[0] for _ in range(3)]
            figures.append(figure(f"{name}, {engine}: images a second", [1000 / s for s in own], "", ""))
        figures.append(figure(f"{family}: largest difference of ONNX from torch", apart, "", "at most 1e-4"))
    return figures


def _image_files(folder: Path, count: int) -> None:
    """Write `count` JPEG files of 32x32 pixels in colour: smooth noise, about as large as photographs."""
    import numpy as np
    from PIL import Image

    folder.mkdir()
    generator = np.random.default_rng(0)
    for number in range(count):
        coarse = Image.fromarray(generator.integers(0, 256, (8, 8, 3), dtype=np.uint8))
        coarse.resize((32, 32), Image.Resampling.BICUBIC).save(folder / f"{number:04}.jpg", quality=90)


def _exported(family: str, folder: Path) -> float:
    """Export an untrained network of 32x32 images in colour; return how far ONNX is from torch."""
    from paretocaps.domain.choices import Choices
    from paretocaps.export.document import ExportInfo
    from paretocaps.export.package import write_export
    from paretocaps.models.architecture import architecture
    from paretocaps.models.build import build_network

    network = build_network(architecture(Choices.model_validate({"family": family}), 32, 32, 3, 10), 0)
    document = write_export(folder, network, about=ExportInfo(classes=tuple("0123456789")))
    assert document.graph is not None
    return document.graph.largest_difference


def of_backbones(name: str) -> Callable[[Path], list[Figure]]:
    """A group of `backbones.py`."""
    import backbones

    return lambda folder: [figure(*row) for row in getattr(backbones, name)(CIFAR, MNIST)]


MEASURES: dict[str, Callable[[Path], list[Figure]]] = {
    "startup": startup,
    "ten_thousand": ten_thousand,
    "demo": demo,
    "mnist": mnist,
    "steps": steps,
    "resident": resident,
    "prepare": prepare,
    "evaluation": evaluation,
    "ranks": ranks,
    "precision": precision,
    "deep": deep,
    "deep_accuracy": deep_accuracy,
    "hybrids": hybrids,
    "predict": predict,
    "frozen": of_backbones("frozen"),
    "pruned_resnet18": of_backbones("pruned_resnet18"),
    "capsule_pruning": of_backbones("capsule_pruning"),
}


def figure(name: str, values: float | Sequence[float], unit: str, bound: str) -> Figure:
    """Return one figure: the median of its runs, how many they were and their spread."""
    runs = list(values) if isinstance(values, Sequence) else [values]
    return {
        "figure": name,
        "median": statistics.median(runs),
        "least": min(runs),
        "most": max(runs),
        "n": len(runs),
        "unit": unit,
        "asked": bound,
    }


def measure(name: str) -> None:
    """Measure one group and keep it."""
    import torch

    from paretocaps.training.device import describe_device

    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        figures = MEASURES[name](Path(folder))
    device = describe_device(torch.device("cpu"))
    kept = {
        "device": device.name,
        "torch": device.torch,
        "date": date.today().isoformat(),
        "load_before": round(load, 2),
        "figures": figures,
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(kept, indent=2) + "\n")
    for one in figures:
        print(f"{one['figure']}: {one['median']:.4g} {one['unit']} (n={one['n']}, {one['asked']})")


def table() -> str:
    """Return the README's table of what is kept and was asked for."""
    lines = ["| figure | measured | spread (n) | asked for | device |", "|---|---|---|---|---|"]
    for name in MEASURES:
        path = RESULTS / f"{name}.json"
        if not path.exists():
            continue
        kept = json.loads(path.read_text())
        for one in kept["figures"]:
            if not one["asked"]:
                continue
            value, unit = f"{one['median']:.4g}", f" {one['unit']}" if one["unit"] else ""
            spread = f"{one['least']:.4g} to {one['most']:.4g} ({one['n']})" if one["n"] > 1 else "(1)"
            where = f"{kept['device']}, torch {kept['torch']}, {kept['date']}"
            asked = one["asked"] if _met(one) else f"{one['asked']}: **missed**"
            lines.append(f"| {one['figure']} | {value}{unit} | {spread} | {asked} | {where} |")
    return "\n".join(lines)


def _met(one: Figure) -> bool:
    """Whether a figure is what was asked for, "at most 3 s" or "at least 0.9"."""
    words = str(one["asked"]).split()
    value, bound = float(str(one["median"])), float(words[2])
    return value <= bound if words[1] == "most" else value >= bound


def speed_table() -> str:
    """Return the README's table of training steps: ours beside the peers'."""
    path = RESULTS / "steps.json"
    if not path.exists():
        return ""
    kept = json.loads(path.read_text())
    found = {one["figure"]: one for one in kept["figures"]}
    lines = ["| seconds of a step | batch 128 | batch 16 | batch 1 |", "|---|---|---|---|"]
    for precision in STEP_RATIOS:
        for ending, other in (("", "textbook"), (", ws", "baseline")):
            cells = []
            for batch in (128, 16, 1):
                name = f"step, {precision}, batch {batch}{ending}"
                ratio = found[f"{name}: times faster than the {other}"]["median"]
                cells.append(f"{found[name]['median']:.3g}, **{ratio:.2f}x**")
            label = f"here, {precision}{', weight sharing and reduced decoder' if ending else ''}"
            lines.append(f"| {label} (x: the {other}'s over it) | {' | '.join(cells)} |")
    for name, seconds in PEERS.items():
        cells = ["-" if one is None else f"{one:.3g}" for one in seconds]
        lines.append(f"| {name} (elsewhere) | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure what is named, or everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=[[], *MEASURES], default=[])
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print(speed_table(), table(), sep="\n\n")
        return
    from paretocaps.execution.threads import wait_briefly

    wait_briefly()  # as workers do
    for name in arguments.names or MEASURES:
        if name in ON_IMAGES and not (MNIST.exists() and CIFAR.exists()):
            print(f"{name}: skipped, ../shared/data is not here")
        else:
            measure(name)


if __name__ == "__main__":
    main()
