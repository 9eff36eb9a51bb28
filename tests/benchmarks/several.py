"""The group of `measure.py` about a training by several processes."""

from pathlib import Path

from figures import Figure, figure, own_process

RANK_STEPS = 10
PROCESSES = 3


def ranks(folder: Path) -> list[Figure]:
    """Measure the baseline's images per second at batch 128: two ranks of one thread against one rank."""
    images = 128 * RANK_STEPS
    random_idx(folder / "random", images)
    figures = []
    for precision in ("auto", "fp32"):
        runs = [
            [
                float(own_process("several", f"several.ranks_here({str(folder)!r}, {precision!r}, {n})"))
                for n in (1, 2)
            ]
            for _ in range(PROCESSES)
        ]
        one, two = zip(*runs, strict=True)
        title = f"batch 128, {precision}"
        ratios = [b / a for a, b in zip(one, two, strict=True)]
        figures += [
            figure(f"{title}: one rank of one thread", one, "images/s", ""),
            figure(f"{title}: two ranks of one thread", two, "images/s", ""),
            figure(f"{title}: speed-up of two ranks over one", ratios, "", "at least 1.5"),
        ]
    return figures


def random_idx(folder: Path, count: int) -> None:
    """Write an IDX data set of noise with `count` training images of 28x28 and a few test images."""
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
    """Print the images per second of an epoch's steps that `count` ranks of one thread take."""
    from paretocaps.domain.job import DataSpec, TrainingJob
    from paretocaps.training.train import train

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
