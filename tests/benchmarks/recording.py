"""Record a table of trainings, in parts that go on where they ended.

    taskset -c 1 python tests/benchmarks/recording.py digits --designs 60 --storage FILE
    taskset -c 1 python tests/benchmarks/recording.py mnist14 --designs 60 --storage FILE --mnist FOLDER

`FOLDER` is the one that `fewer_test_images.py` writes. With `--cheap`, designs whose batches have one image
at first come after the others. With `--unpacked`, designs that the shipped table has are left out, which
goes on with it in a new database. With `--part 1/2` and `--part 2/2`, two cores record at once, each in a
database of its own.

It trains the designs of the lists in `recorded_designs`, in their order, each with three seeds on one pinned
core, and records the test accuracy after every epoch. It may be interrupted at any time: the same command
goes on, and one with more `--designs` goes further.
"""

import argparse
from collections.abc import Mapping
from itertools import islice
from typing import Any

from recorded_designs import RECORDINGS, designs_of

from paretocaps.cli.plain import PlainView
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.replay.table import cards, read
from paretocaps.service.running import Interrupted, optimize

SEEDS = 3


def study(asked: argparse.Namespace) -> StudySpec:
    """Return the study that records the designs that are `asked` for."""
    recording = RECORDINGS[asked.table]
    images, drawn = (
        recording.images(asked.mnist),
        dict(islice(designs_of(asked.table).items(), asked.designs)),
    )
    part, parts = asked.part
    drawn = dict(islice(drawn.items(), part - 1, None, parts))
    if asked.unpacked and asked.table in {card.name for card in cards()}:
        packed = read(asked.table).designs
        drawn = {key: choices for key, choices in drawn.items() if key not in packed}
    of_papers = TRAINERS.get("capsnet").designs
    return StudySpec(
        study=asked.table,
        trials=len(drawn),
        epochs=recording.epochs,
        dataset=images.name,
        data=images.path,
        limit_train=images.limit_train,
        storage=asked.storage,
        device="cpu",
        threads=1,
        repeats=SEEDS,
        sampler="random",
        designs=tuple(sorted(drawn, key=lambda key: asked.cheap and _has_single_images(drawn[key]))),
        design={key: choices for key, choices in drawn.items() if key not in of_papers},
        fix=recording.fix,
        space=recording.table(),
        require=(),
        reject=False,
        test_every_epoch=True,
    )


def _has_single_images(choices: Mapping[str, Any]) -> bool:
    """Return whether batches have one image at first."""
    return choices["batch_schedule"] == "adabatch" and choices.get("first_batch", 1) == 1


def _part(text: str) -> tuple[int, int]:
    """Return which part of how many `text` names, such as 1/2."""
    part, parts = map(int, text.split("/"))
    if not 1 <= part <= parts:
        raise ValueError
    return part, parts


def main() -> None:
    """Record the part that the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", choices=RECORDINGS)
    parser.add_argument("--designs", type=int, default=60, help="the first so many of the list")
    parser.add_argument("--storage", required=True, help="the database, an SQLite file")
    parser.add_argument("--mnist", help="the folder with MNIST's files")
    parser.add_argument("--part", type=_part, default=(1, 1), help="every Nth design from the Kth on: K/N")
    parser.add_argument("--unpacked", action="store_true", help="what the table lacks, in a new database")
    parser.add_argument("--cheap", action="store_true", help="batches of one image last")
    asked = parser.parse_args()
    with PlainView(lambda line: print(line, flush=True)) as view:
        try:
            done = optimize(study(asked), observer=view)
        except Interrupted as why:
            raise SystemExit(str(why)) from None
    print(f"{done.finished} designs of {asked.table} are recorded, {done.failed} failed in this run")


if __name__ == "__main__":
    main()
