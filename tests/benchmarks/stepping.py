"""A process that takes tuned training steps as often as it is asked: prints their seconds for each line.

python stepping.py THREADS SIDE FAMILY BATCH
"""

import sys
import time

import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.training.kept_tunings import KeptTunings
from paretocaps.training.learner import Learner

LEAST_SECONDS = 0.05


def main() -> None:
    """Tune and warm up, say `ready`, and take steps."""
    threads, side, family, batch = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    torch.set_num_threads(threads)
    choices, device = Choices(family=family, batch_size=batch), torch.device("cpu")
    images = torch.randint(0, 256, (batch, 1, side, side), dtype=torch.uint8)
    network = build_network(architecture(choices, side, side, 1, 10), seed=0)
    loader = DeviceLoader(ImageSet(images, torch.randint(0, 10, (batch,))), device)
    tunings = KeptTunings.always_measured()
    learner = Learner(network, loader, choices, device, tunings=tunings)
    learner.train_epoch(1, batch, [1e-3])
    print("ready", learner.tuning.threads or threads, flush=True)
    for _ in sys.stdin:
        began, taken = time.perf_counter(), 0
        while time.perf_counter() - began < LEAST_SECONDS:
            learner.train_epoch(1, batch, [1e-3])
            taken += 1
        print((time.perf_counter() - began) / taken, flush=True)


if __name__ == "__main__":
    main()
