"""The groups of `measure.py` about commands: start-up, many trials, the demo, MNIST."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from figures import FASHION, MNIST, ROOT, Figure, figure, own_process, timed


def demo(folder: Path) -> list[Figure]:
    """Measure the study of `make demo`, without the installation."""
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
    """Train baseline choices on real MNIST: 10,000 training images, 3 epochs at batch 128."""
    options = ["--data", str(MNIST), "--limit-train", "10000", "--epochs", "3", "--trials", "1"]
    timed(["optimize", "--study", "mnist", *options, "--design", "baseline"], folder)
    (member,) = json.loads(timed(["front", "mnist", "--all", "--test", "--format", "json"], folder)[1])[
        "members"
    ]
    return [
        figure(
            "MNIST, baseline, 10,000 images, 3 epochs: test accuracy", member["test_acc"], "", "at least 0.97"
        ),
        figure(
            "MNIST, baseline, 10,000 images, 3 epochs: training time to the best epoch",
            member["time"],
            "s",
            "",
        ),
    ]


def around(folder: Path) -> list[Figure]:
    """Compare the whole of a trial with its training: Fashion-MNIST, 2,000 training images, one epoch."""
    return [
        _around(folder, ["--limit-train", "2000"], ("baseline", "one_cycle", "ws"), "2,000", "at most 1.35")
    ]


def around_full(folder: Path) -> list[Figure]:
    """Compare the same on all training images."""
    return [_around(folder, [], ("baseline",), "all 54,000", "at most 1.15")]


def _around(folder: Path, options: list[str], designs: Sequence[str], images: str, target: str) -> Figure:
    own = [word for design in designs for word in ("--design", design)]
    data = ["--data", str(FASHION), *options, "--epochs", "1", "--trials", str(len(designs))]
    timed(["optimize", "--study", "around", "--objectives", "time,wall", *data, *own], folder)
    code = "print(json.dumps(paretocaps.load_trials('around')[['time', 'wall']].to_numpy().tolist()))"
    found = json.loads(own_process("paretocaps", f"import os; os.chdir({str(folder)!r}); {code}"))
    ratios = [wall / time for time, wall in found]
    return figure(f"Fashion-MNIST, {images} training images, 1 epoch: wall / time", ratios, "", target)


def startup(folder: Path) -> list[Figure]:
    """Time `paretocaps --help`."""
    return [
        figure("`paretocaps --help`", [timed(["--help"], folder)[0] for _ in range(10)], "s", "at most 0.5 s")
    ]


def ten_thousand(folder: Path) -> list[Figure]:
    """Time the front of a study of 10,000 trials, which are first written to a store."""
    store_made_up(f"sqlite:///{folder}/studies/paretocaps.db", trials=10_000)
    runs = [timed(["front", "large"], folder)[0] for _ in range(5)]
    return [figure("`paretocaps front` of 10,000 trials", runs, "s", "at most 2 s")]


def store_made_up(storage: str, trials: int) -> None:
    """Write a study `large`: choices drawn at random from the space of `capsnet`, made-up measurements."""
    import numpy as np
    import optuna

    sys.path.insert(0, str(ROOT / "tests" / "filled"))
    from filled_study import FinishedTrial, fill_study

    from paretocaps.domain.measurement import Device, EpochRecord, Measurement
    from paretocaps.domain.study_spec import StudySpec
    from paretocaps.domain.trainer import TRAINERS
    from paretocaps.search.suggestions import suggest
    from paretocaps.storage.store import Store

    generator, trainer = np.random.default_rng(0), TRAINERS.get("capsnet")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))

    def trial(number: int) -> FinishedTrial:
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
        choices = trainer.complete(suggest(study.ask(), trainer.space, {}), {})
        return FinishedTrial(number, choices, {0: measured})

    with Store.open(storage, create=True) as store:
        store.create_study("large", StudySpec(study="large").model_dump(mode="json"))
        fill_study(store, "large", [trial(number) for number in range(trials)])
