"""The group of `measure.py` on the settings of a training step: `auto`, every fixed one, and two yardsticks.

For each size of images and batch, all of them take turns, so that other load on the machine meets all alike.
The settings do so in one process, and each yardstick in one of its own, because memory and threads are not
left there as a training leaves them in ours. A turn is two steps, of which the second is timed: the first
brings memory into the caches that the turn before has filled, and wakes threads that slept. A ratio is the
median of the turns' ratios, with its 95 % bootstrap interval. Fixed settings that are much slower than
another take few turns.
"""

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from figures import Figure, environment, figure, own_process
from steps import TEXTBOOK, loaded

if TYPE_CHECKING:
    from paretocaps.bench.benchmark import Case, Turn
    from paretocaps.domain.tuning import Form, Tuning
    from paretocaps.training.kept_tunings import KeptTunings

SIZES = {"28x28": (28, 28, 1), "8x8": (8, 8, 1)}
TURNS = {128: 30, 64: 30, 16: 40, 4: 50, 1: 80}
EINSUM = TEXTBOOK.with_name("einsum_capsnet.py")
YARDSTICKS = "textbook", "einsum"
TARGETS = {  # of auto's speed-up, where bfloat16 is the fastest and where float32 is
    ("28x28", "textbook"): ({128: 7, 64: 6, 16: 4.5, 1: 4}, {128: 3.4, 64: 3, 16: 3, 1: 4}),
    ("28x28", "einsum"): ({128: 3, 64: 2.6, 16: 2.3, 1: 3}, {128: 3, 64: 2.6, 16: 2.3, 1: 3}),
    ("8x8", "textbook"): ({1: 3.5}, {1: 3.5}),
}
FORMS: dict[str, tuple[str, "Form"]] = {
    "fp32, patches": ("fp32", "patches"),
    "fp32, patches by oneDNN": ("fp32", "onednn"),
    "fp32, torch's convolution": ("fp32", "torch"),
    "fp32, spectral": ("fp32", "spectral"),
    "bf16, patches": ("bf16", "patches"),
    "bf16, torch's convolution": ("bf16", "torch"),
}
TRIED = 3
HOPELESS = 1.5  # times the fastest's seconds: such a setting takes no further turns
DRAWS = 2000
WARM = 2  # turns of a yardstick before any other
QUIET = 0.05  # s; between turns in different processes, whose threads spin for a while


def settings(folder: object) -> list[Figure]:
    """Measure every setting at every size and batch, each size and batch in a process of its own."""
    figures: list[Figure] = []
    for size in SIZES:
        for batch in TURNS:
            figures += of_batch(
                size, batch, json.loads(own_process("settings", f"settings.measured({size!r}, {batch})"))
            )
    return figures


def measured(size: str, batch: int, turns: int | None = None) -> None:
    """Print the seconds of the turns of all settings and yardsticks, and what `auto` came to."""
    from paretocaps.training.kept_tunings import KeptTunings

    auto = KeptTunings.always_measured()
    names = YARDSTICKS if _on_files(size) else YARDSTICKS[:1]
    with ExitStack() as started:
        yardsticks = {name: started.enter_context(_apart(name, size, batch)) for name in names}
        calls = {"auto": _turn(size, batch, "auto", auto), **_fixed(size, batch), **yardsticks}
        taken = _take_turns(calls, turns or TURNS[batch])
    (tuning,) = auto.used.values()
    print(json.dumps({"seconds": taken, "tuning": str(tuning)}))


def _take_turns(calls: dict[str, Callable[[], float]], turns: int) -> dict[str, list[float]]:
    """Return the seconds of each call's turns, which alternate after a call that warms up.

    Each turn has an order of its own, so that none always follows the same other one.
    """
    taken: dict[str, list[float]] = {name: [] for name in calls}
    order, mixed = list(calls.items()), random.Random(0)
    for call in calls.values():
        call()
    for turn in range(turns):
        least = min(statistics.median(seconds) for seconds in taken.values()) if turn >= TRIED else 0.0
        mixed.shuffle(order)
        for name, call in order:
            fixed = name != "auto" and name not in YARDSTICKS
            if turn < TRIED or not fixed or statistics.median(taken[name]) < HOPELESS * least:
                if name not in YARDSTICKS:  # which take both steps in their own process
                    call()
                taken[name].append(call())
    return taken


def _fixed(size: str, batch: int) -> dict[str, "Turn"]:
    """Return a turn for each fixed setting, with all threads and with one."""
    import torch

    from paretocaps.models.products import has_onednn

    turns = {}
    for name, (precision, form) in FORMS.items():
        if form == "onednn" and not has_onednn():
            continue
        for threads in dict.fromkeys((torch.get_num_threads(), 1)):
            tuning = _tuning(size, batch, precision, form, threads)
            if form == "spectral" and not tuning.convolutions:
                continue
            turns[name + (", 1 thread" if threads == 1 else "")] = _turn(
                size, batch, precision, _always(tuning)
            )
    return turns


def _tuning(size: str, batch: int, precision: str, form: "Form", threads: int) -> "Tuning":
    """Return the tuning with one form for all products, or for those that DFTs can make faster."""
    import torch

    from paretocaps.domain.tuning import ConvolutionTuning, Tuning
    from paretocaps.models.build import build_network
    from paretocaps.models.spectral import needs_less
    from paretocaps.models.tuned import convolutions_seen

    architecture = _case(size, 1, "fp32").architecture
    network = build_network(architecture, 0)
    with convolutions_seen() as seen, torch.no_grad():
        network(torch.zeros(1, architecture.channels, architecture.height, architecture.width))
    convolutions = [
        ConvolutionTuning(shape=one.shape, outputs=form, image_gradient=form, filter_gradient=form)
        for one in seen
        if form != "spectral" or needs_less(one.shape, batch)
    ]
    products = "onednn" if form == "onednn" else "torch"
    return Tuning.model_validate(
        {"precision": precision, "products": products, "convolutions": convolutions, "threads": threads}
    )


def _always(tuning: "Tuning") -> "KeptTunings":
    """Return tunings that are always this one."""
    from paretocaps.training.kept_tunings import KeptTunings

    kept = KeptTunings()
    kept.choose = lambda what, batch_size: tuning  # type: ignore[method-assign]
    return kept


def _turn(size: str, batch: int, precision: str, tunings: "KeptTunings") -> "Turn":
    import torch

    from paretocaps.bench.benchmark import random_images
    from paretocaps.data.device_loader import DeviceLoader
    from paretocaps.data.images import ImageSet
    from paretocaps.models.build import build_network
    from paretocaps.training.learner import Learner

    case, epoch = _case(size, batch, precision), 0
    loader = DeviceLoader(ImageSet(*random_images(case.architecture, batch)), torch.device("cpu"))
    network = build_network(case.architecture, 0)
    learner = Learner(network, loader, case.choices, torch.device("cpu"), tunings=tunings)

    def turn() -> float:
        nonlocal epoch
        epoch += 1
        learner.train_epoch(epoch, batch, [case.choices.lr_max])
        return learner.stopwatch.seconds()[epoch]

    return turn


def _on_files(size: str) -> bool:
    """Return whether the yardsticks are the files beside the project, else the package's textbook."""
    return size == "28x28" and TEXTBOOK.exists() and EINSUM.exists()


@contextmanager
def _apart(name: str, size: str, batch: int) -> Iterator["Turn"]:
    """Start a process that takes a yardstick's turns inside a `with` block; it has taken some by then.

    It has started and is idle before the settings take their turns: `auto` measures in its first.
    """
    code = f"import settings; settings.take_turns({name!r}, {size!r}, {batch})"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )

    def turn() -> float:
        assert process.stdin is not None
        assert process.stdout is not None
        time.sleep(QUIET)
        process.stdin.write("\n")
        process.stdin.flush()
        taken = float(process.stdout.readline())
        time.sleep(QUIET)
        return taken

    try:
        for _ in range(WARM):
            turn()
        yield turn
    finally:
        process.kill()
        process.communicate()


def take_turns(name: str, size: str, batch: int) -> None:
    """Take two steps of a yardstick for every line of the input, and print the second one's seconds."""
    turn = _yardstick(name, size, batch)
    for _ in sys.stdin:
        turn()
        print(turn(), flush=True)


def _yardstick(name: str, size: str, batch: int) -> "Turn":
    import torch

    from paretocaps.bench.benchmark import textbook_turn

    if not _on_files(size):
        return textbook_turn(_case(size, batch, "fp32"), torch.device("cpu"))
    sys.path.insert(0, str(TEXTBOOK.parent))  # one imports the other
    return _timed(loaded({"textbook": TEXTBOOK, "einsum": EINSUM}[name]).make_step(batch))


def _timed(step: Callable[[], object]) -> "Turn":
    def turn() -> float:
        begin = time.perf_counter()
        step()
        return time.perf_counter() - begin

    return turn


def _case(size: str, batch: int, precision: str) -> "Case":
    from paretocaps.bench.benchmark import Case
    from paretocaps.domain.choices import Choices

    return Case(Choices(batch_size=batch, precision=precision), SIZES[size])


def of_batch(size: str, batch: int, found: dict[str, Any]) -> list[Figure]:
    """Return the figures of one size and batch from what `measured` printed."""
    where, seconds = f"{size}, batch {batch}", found["seconds"]
    figures = [
        figure(f"{where}: seconds per step, {name}", taken, "s", "") for name, taken in seconds.items()
    ]
    figures[0]["tuning"] = found["tuning"]
    fixed = {name: taken for name, taken in seconds.items() if name != "auto" and name not in YARDSTICKS}
    best = min(fixed, key=lambda name: statistics.median(fixed[name]))
    for name in YARDSTICKS:
        if name in seconds:
            aims = TARGETS.get((size, name), ({}, {}))[0 if best.startswith("bf16") else 1]
            target = f"at least {aims[batch]}" if batch in aims else ""
            figures.append(
                _ratio(f"{where}: auto's speed-up over {name}", seconds[name], seconds["auto"], target)
            )
    name = f"{where}: auto's seconds over those of the best fixed setting"
    ratio = _ratio(name, seconds["auto"], fixed[best], "at most 1.05")
    upper = figure(f"{name}, upper end of the interval", float(str(ratio["high"])), "", "at most 1.1")
    return [*figures, {**ratio, "best": best}, upper]


def _ratio(name: str, above: Sequence[float], below: Sequence[float], target: str) -> Figure:
    ratios = [a / b for a, b in zip(above, below, strict=False)]
    low, high = interval(ratios)
    return {**figure(name, ratios, "", target), "low": low, "high": high}


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the median."""
    draw = random.Random(0)
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(DRAWS))
    return medians[DRAWS // 40], medians[-DRAWS // 40 - 1]
