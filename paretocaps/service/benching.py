"""How fast a training step is here."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from paretocaps.domain.choices import parse_value
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.service.preview import image_size, read_choices

YARDSTICKS = ("textbook",)


def bench(
    settings: Sequence[str] = (),
    design: str | None = None,
    image: str = "28x28x1",
    classes: int = 10,
    batches: Sequence[int] = (128, 16, 1),
    precisions: Sequence[str] = ("auto",),
    device: str = "cpu",
    steps: int = 10,
    against: str | None = None,
) -> list[dict[str, Any]]:
    """Return one row a batch size and precision: seconds a step, images a second, share of the peak.

    Args:
        settings, design: the choices, as `describe` reads them.
        image, classes: of the random images that are trained on.
        batches, precisions: what to time.
        device: "cpu", "cuda", "cuda:1".
        steps: timed steps a case.
        against: "textbook" to time the plain float32 network in turn, for the ratio.

    Raises:
        UsageError: choices, sizes, a device or a yardstick that cannot be.
    """
    from paretocaps.bench.benchmark import benchmark

    if against is not None and against not in YARDSTICKS:
        raise UnknownNameError("yardstick", against, YARDSTICKS)
    for name, numbers in {"batch": batches, "steps": [steps]}.items():
        for number in numbers:
            if number < 1:
                raise UsageError(f"{name}={number} is not allowed: it should be 1 or more")
    choices, _ = read_choices(settings, design, "capsnet")
    for precision in precisions:
        parse_value(type(choices), "precision", precision)
    shape = image_size(image)
    rows = benchmark(choices, shape, classes, batches, precisions, device, steps, against is not None)
    return [asdict(row) for row in rows]
