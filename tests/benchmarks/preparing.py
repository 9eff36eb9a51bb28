"""The group of `measure.py` about images that are prepared in a file."""

import json
import os
import tempfile
import time
from pathlib import Path

from figures import Figure, figure, own_process, peak_memory


def prepare(folder: Path) -> list[Figure]:
    """Measure seconds and memory of preparing 20,000 JPEG files of 224x224 pixels in ten class folders."""
    photographs(folder / "photographs", 20_000)
    code = f"preparing.prepare_here({str(folder)!r})"
    runs = [json.loads(own_process("preparing", code)) for _ in range(3)]
    rates = [20_000 / run["seconds"] / run["cores"] for run in runs]
    used = [20_000 / run["processor"] for run in runs]
    title = "preparing 20,000 JPEG images of 224x224"
    return [
        figure(f"{title}: images per second per core", rates, "images/s", "at least 300"),
        figure(f"{title}: images per second of CPU time", used, "images/s", ""),
        figure(f"{title}: peak resident memory", [run["peak"] for run in runs], "B", "at most 1073741824 B"),
        figure(f"{title}: seconds", [run["seconds"] for run in runs], "s", ""),
        figure(
            f"{title}: seconds of reading the prepared images again", [run["again"] for run in runs], "s", ""
        ),
    ]


def photographs(folder: Path, count: int, size: int = 224) -> None:
    """Write `count` JPEG files of soft colours and noise, about 22 kB each, in ten class folders."""
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
    from paretocaps.cores import processors
    from paretocaps.data.raw_splits import read_splits
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
    figures = {"seconds": first, "processor": processor, "again": again, "cores": min(8, processors())}
    print(json.dumps({**figures, "peak": peak_memory()}))
