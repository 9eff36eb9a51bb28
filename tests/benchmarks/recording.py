"""Record a table of trainings, in parts that go on where they ended.

    taskset -c 1 python tests/benchmarks/recording.py digits --designs 60 --storage FILE
    taskset -c 1 python tests/benchmarks/recording.py mnist14 --designs 60 --storage FILE --mnist FOLDER

It trains the designs of the lists in `recorded_designs`, in their order, each with three seeds on one pinned
core, and records the test accuracy after every epoch. It may be interrupted at any time: the same command
goes on, and one with more `--designs` goes further.
"""

import argparse
from itertools import islice

from recorded_designs import RECORDINGS, designs_of

from paretocaps.cli.plain import PlainView
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.service.running import Interrupted, optimize

SEEDS = 3


def study(name: str, designs: int, storage: str, mnist: str | None = None) -> StudySpec:
    """Return the study that records the first `designs` of the table called `name`."""
    recording = RECORDINGS[name]
    images, drawn = recording.images(mnist), dict(islice(designs_of(name).items(), designs))
    of_papers = TRAINERS.get("capsnet").designs
    return StudySpec(
        study=name,
        trials=len(drawn),
        epochs=recording.epochs,
        dataset=images.name,
        data=images.path,
        limit_train=images.limit_train,
        storage=storage,
        device="cpu",
        threads=1,
        repeats=SEEDS,
        sampler="random",
        designs=tuple(drawn),
        design={key: choices for key, choices in drawn.items() if key not in of_papers},
        fix=recording.fix,
        space=recording.table(),
        require=(),
        reject=False,
        test_every_epoch=True,
    )


def main() -> None:
    """Record the part that the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", choices=RECORDINGS)
    parser.add_argument("--designs", type=int, default=60, help="the first so many of the list")
    parser.add_argument("--storage", required=True, help="the database, an SQLite file")
    parser.add_argument("--mnist", help="the folder with MNIST's files")
    asked = parser.parse_args()
    with PlainView(lambda line: print(line, flush=True)) as view:
        try:
            done = optimize(study(asked.table, asked.designs, asked.storage, asked.mnist), observer=view)
        except Interrupted as why:
            raise SystemExit(str(why)) from None
    print(f"{done.finished} designs of {asked.table} are recorded, {done.failed} failed in this run")


if __name__ == "__main__":
    main()
