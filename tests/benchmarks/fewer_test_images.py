"""Write a folder of MNIST with 2,000 test images, 200 of each class, whose test part is asked every epoch.

    python tests/benchmarks/fewer_test_images.py FROM TO

The training part is the same. Testing all 10,000 images would take longer than training 3,000.
"""

import gzip
import shutil
import sys
from pathlib import Path

import numpy as np

EACH = 200
_IMAGES, _LABELS = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"


def main() -> None:
    """Write the folder that the command line names."""
    source, target = map(Path, sys.argv[1:])
    target.mkdir()
    for name in ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"):
        shutil.copy(source / name, target / name)
    labels = np.frombuffer(gzip.decompress((source / _LABELS).read_bytes())[8:], np.uint8)
    images = np.frombuffer(gzip.decompress((source / _IMAGES).read_bytes())[16:], np.uint8)
    random = np.random.default_rng(0)
    kept = np.sort(
        np.concatenate(
            [random.choice(np.flatnonzero(labels == one), EACH, replace=False) for one in range(10)]
        )
    )
    sizes = [len(kept), 28, 28]
    _write(target / _IMAGES, [2051, *sizes], images.reshape(-1, 28, 28)[kept])
    _write(target / _LABELS, [2049, len(kept)], labels[kept])


def _write(path: Path, header: list[int], content: np.ndarray) -> None:
    path.write_bytes(gzip.compress(np.array(header, ">i4").tobytes() + content.tobytes(), mtime=0))


if __name__ == "__main__":
    main()
