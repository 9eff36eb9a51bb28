"""What a run of a paper's table leaves out, and what therefore may not be compared with the paper."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paretocaps.data.whole_sets import WHOLE_SETS, is_named_after
from paretocaps.domain.study_spec import StudySpec
from paretocaps.report.tables import choice_text

_EXACT = "are exact"
_OF_SEEDS = "are means over the seeds, each of which prunes otherwise"
_SAME = ", and compare where the paper counts the same."
_OTHER_SIZE = ", but those of images of another size, and may not be compared with the paper's."
_SIDE, _CHECKPOINT = "image_size", "checkpoint"


@dataclass(frozen=True)
class Images:
    """The images that a study trains on, is judged by and is tested on.

    `held_out` are the parts that were taken out of the training images, because the data have none.
    """

    train: int
    validation: int
    test: int
    held_out: Collection[str] = field(default=("validation",), kw_only=True)


def data_text(dataset: str | None, images: Images | None, folder: str = "") -> str:
    """Return exactly what the figures are of: "5,000 of MNIST's 60,000 training images, ...".

    Args:
        dataset: the name of the data set in the catalog.
        images: how many images are used; None where the trainer does not tell.
        folder: the name of the folder that they were read from; empty for none.
    """
    whole = WHOLE_SETS.get(dataset or "")
    title = whole.title if whole else dataset or "the images"
    if folder and whole and not is_named_after(Path(folder), str(dataset)):
        title += f" (taken for it: the images of a folder called {folder})"
    elif "jpeg" in folder.lower():
        title += " (JPEG re-encodings)"
    if images is None:
        return title
    train = _of(images.train, whole.train if whole else None)
    others = "others of them" if "validation" in images.held_out else "images of a validation part"
    if "test" in images.held_out:
        tested = f"{images.test:,} other training images, as there is no test part"
    else:
        test = _of(images.test, whole.test if whole else None)
        tested = f"{test} {whole.test_part if whole else 'test'} images"
    chosen = f"the best epoch is chosen by {images.validation:,} {others}"
    return f"{title}: trained on {train} training images; {chosen}; tested on {tested}"


def scaled_down(
    paper: StudySpec,
    run: StudySpec,
    images: Images | None,
    used: Collection[str] | None = None,
    unstated: Collection[str] = (),
) -> list[str]:
    """Return a line for each thing in which a run is less than, or other than, its paper's.

    Args:
        paper: the study at the paper's own size.
        run: the study that was run, whose data set is that of its scale also where it is read from a folder.
        images: the images that it had; None where they are not known.
        used: the choices that have an effect in any row; None for all.
        unstated: what the paper does not state (`PaperTable.unstated`).
    """

    def instead(own: str, other: int, what: str) -> str:
        return f"{own} instead of {other}" + (", which the paper does not state" if what in unstated else "")

    lines = []
    apart = run.dataset is not None and paper.dataset is not None and run.dataset != paper.dataset
    whole = WHOLE_SETS.get(paper.dataset or "")
    if apart:
        lines.append(f"{_title(run.dataset)} instead of {_title(paper.dataset)}")
    if run.pairs and images and run.limit_train != paper.limit_train:
        lines.append(f"{images.train:,} pairs instead of one for each training image")
    if run.pairs or apart:  # of pairs, one makes as many as one likes
        whole = None
    held = images.validation if images and "validation" in images.held_out else 0
    if whole and images and images.train + held < whole.train:
        lines.append(f"{images.train:,} training images instead of {whole.train:,}")
    if whole and images and "test" in images.held_out:
        lines.append(
            f"{images.test:,} held-out training images instead of {whole.test:,} {whole.test_part} images"
        )
    elif whole and images and images.test < whole.test:
        lines.append(f"{images.test:,} {whole.test_part} images instead of {whole.test:,}")
    if run.epochs != paper.epochs:
        lines.append(instead(_counted(run.epochs, "epoch"), paper.epochs, "epochs"))
    if len(run.seeds) < len(paper.seeds):
        lines.append(instead(_counted(len(run.seeds), "seed"), len(paper.seeds), "seeds"))
    lines += [
        f"{name}={own} instead of {other}"
        for name, own, other in _changed(paper.fix, run.fix)
        if used is None or name in used
    ]
    rows: dict[str, list[str]] = {}
    for design, choices in run.design.items():
        if design in (run.designs or ()):
            for name, own, other in _changed(paper.design.get(design, {}), choices):
                rows.setdefault(f"{name}={own} instead of {other}", []).append(design)
    return [*lines, *(f"{text} ({', '.join(designs)})" for text, designs in rows.items())]


def resized(paper: StudySpec, run: StudySpec) -> bool:
    """Return whether the networks of a run read images of another size than those of its paper."""
    return run.fix.get(_SIDE) != paper.fix.get(_SIDE)


def not_comparable(
    *,
    less: bool,
    timed: bool,
    memory: bool = False,
    resized: bool = False,
    varied: bool = False,
    quick: bool = False,
    by_test: bool = False,
    unfinished: Sequence[str] = (),
    own_validation: bool = False,
) -> list[str]:
    """Return what may not be compared with the paper's figures, and what may.

    Args:
        less: whether there was less training than in the paper.
        timed: whether times are shown.
        memory: whether memory is shown.
        resized: whether images had another size than in the paper.
        varied: whether seeds of a row have networks of other sizes.
        quick: whether the run only shows that everything works.
        by_test: whether the paper chooses the best epoch on test images.
        unfinished: the rows that had their best epoch last or last but one, in the mean over their trainings.
        own_validation: whether the data have a validation part, so that no training images are held out.
    """
    found = []
    if quick:
        found.append(
            "The scale quick shows that everything runs. Its networks hardly learn, and growing batches and"
            " cycles have hardly begun: no verdict of it says anything about the paper."
        )
    if less:
        found.append(
            "Accuracies, best epochs and the epochs to an accuracy are those of less training: they may not"
            " be compared with the paper's. How the rows stand to each other is what this scale can show, and"
            " it may be otherwise at the paper's own size."
        )
        found.append(
            "Schedules that are laid out over a training (cycles, decay by steps, a growing batch) end"
            " elsewhere in a shorter one, and first epochs at another batch size, such as WarmAdaBatch's"
            " three at batch 1, are a larger part of it."
        )
    if unfinished:
        found.append(
            f"Rows that had their best epoch last or last but one: {'; '.join(unfinished)}. That one of these"
            " is less accurate may mean that it learns more slowly."
        )
    judging = "images of a validation part" if own_validation else "training images that are held out"
    chosen = f"chosen on {judging}, and test accuracy is measured once"
    found.append(
        f"The paper chooses the best epoch on test images; here it is {chosen}: expect it a little lower."
        if by_test
        else f"The best epoch is {chosen}."
    )
    if timed:
        found.append(
            "Seconds are measured on the device above, and the paper's are of another one: ratios depend on"
            " it, too. Where it is a part of a processor's threads, other trainings ran beside. Intervals are"
            " over the seeds of this run alone."
        )
    if memory:
        found.append(
            "Memory is that of the training's own tensors (on a CPU it is counted: weights, gradients, the"
            " optimiser's state and what a forward pass keeps; what the backward pass works with comes on"
            " top); papers print that of a whole process or card: compare by how much it grows."
        )
    counted = f"Parameters and multiply-adds {_OF_SEEDS if varied else _EXACT}"
    return [*found, f"{counted}{_OTHER_SIZE if resized else _SAME}"]


def _changed(paper: Mapping[str, Any], run: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return each choice that differs with its two values, but for the weights of a backbone."""
    pairs = (
        (name, *(choice_text(of[name]) if name in of else "the default" for of in (run, paper)))
        for name in {**paper, **run}
        if name != _CHECKPOINT
    )
    return [(name, own, other) for name, own, other in pairs if own != other]


def _title(dataset: str | None) -> str:
    whole = WHOLE_SETS.get(dataset or "")
    return whole.title if whole else str(dataset)


def _of(count: int, whole: int | None) -> str:
    if whole is None:
        return f"{count:,}"
    return f"all {count:,}" if count == whole else f"{count:,} of {whole:,}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
