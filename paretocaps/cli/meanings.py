"""What an option means on every command that has it, so that one name means one thing everywhere."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import click

FORMATS = ("table", "json", "csv")


class Meaning(NamedTuple):
    """The meaning of an option on every command that has it: the name, help text and type of its value."""

    metavar: str | None
    text: str
    kind: Any = str


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "--study": Meaning("NAME", "Name of the study, like the argument STUDY."),
        "--spec": Meaning("FILE", "Study file (TOML), or `paretocaps:NAME` for one of `paretocaps specs`"),
        "--run": Meaning("FOLDER", "Folder of `paretocaps train`"),
        "--storage": Meaning("PATH|URL", "Database of the studies: an SQLite file, or postgresql://..."),
        "--objectives": Meaning("A,B,...", "Two or more objectives."),
        "--require": Meaning(
            "BOUND", 'Keep only trials within a bound, as "acc>=0.98" or "params<=500k"; repeat for more.'
        ),
        "--all": Meaning(None, "Lift all bounds, including the study's."),
        "--measured-on": Meaning("NAME", "Keep only trials that were measured on this device."),
        "--scale-to": Meaning("NAME", "Keep trials of every device, with times scaled to this one."),
        "--trial": Meaning("N", "Choose the trial with this number.", int),
        "--best": Meaning("OBJECTIVE", "Choose the best trial in one objective, such as acc."),
        "--knee": Meaning(None, "Choose the best compromise on the front."),
        "--prefer": Meaning(
            "A=W,...",
            "Choose the member of the front nearest to these preferences, such as acc=0.6,time=0.4.",
        ),
        "--aim": Meaning(
            "BOUNDS", 'Choose the member nearest to these levels, such as "acc>=0.98,time<=60".'
        ),
        "--set": Meaning("NAME=VALUE", "Set one choice (`paretocaps choices` lists them); repeat for more."),
        "--design": Meaning("NAME", "Named set of choices, such as wab_ws (`paretocaps trainers`)."),
        "--trainer": Meaning("NAME", "Name of the trainer (`paretocaps trainers`)."),
        "--space": Meaning("NAME", "Choices to search, such as training or all (`paretocaps trainers`)."),
        "--dataset": Meaning("NAME", "Data set by name (`paretocaps datasets`)."),
        "--data": Meaning(
            "PATH", "Folder of images: one sub-folder per class, or IDX files, or parquet files."
        ),
        "--limit-train": Meaning("N", "Train on N images only, stratified, one per class or more.", int),
        "--limit-validation": Meaning(
            "N|all",
            "Validate on N images only, stratified, or on all.  [default: in proportion to --limit-train]",
        ),
        "--corrupt": Meaning(
            "refuse|skip", "What to do with corrupt image files; others that cannot be read end it."
        ),
        "--parts": Meaning(
            "train=A,test=B",
            "Parts of the data folder, and validation=C if there is one: sub-folders, parquet or IDX files.",
        ),
        "--classes-are-folders": Meaning(
            None, "Every sub-folder of the data folder is a class, though its name may be a part's."
        ),
        "--transpose": Meaning(None, "Exchange the rows and columns of all images, as EMNIST needs it."),
        "--pairs": Meaning(None, "Lay each image over another one of another class; both are to be told."),
        "--channels": Meaning("1|3", "Convert all images to gray (1) or colour (3).", int),
        "--epochs": Meaning("N", "Epochs per training.", int),
        "--seed": Meaning("N", "Seed of the", int),
        "--executor": Meaning("NAME", "How jobs run: processes, inline or ray."),
        "--workers": Meaning("N", "Jobs that run at once on a CPU, or with --share-device on all GPUs.", int),
        "--threads": Meaning("N", "Split a CPU into slots of N cores, with a job on each.", int),
        "--budget": Meaning("TIME", "Train so long at most, all runs together, such as 30m or 2h."),
        "--log": Meaning(
            "NAME",
            "Log each training to tensorboard, wandb or mlflow (NAME=FOLDER: there); repeat for more.",
        ),
        "--timeout": Meaning("TIME", "End the run after this time; the same command goes on later."),
        "--artifacts": Meaning(
            "FOLDER", "Folder for weights and checkpoints, such as one that machines share."
        ),
        "--storage-patience": Meaning("TIME", "Wait so long for a database or a disk that cannot be used."),
        "--device": Meaning("NAME", "Where to run: auto, cpu, cuda or cuda:N."),
        "--ranks": Meaning("N", "Processes that train one job together; on GPUs one per device.", int),
        "--checkpoint-every": Meaning(
            "TIME", "Keep a checkpoint within an epoch, too, every so often: 10m, or off."
        ),
        "--image": Meaning("HxWxC", "Height, width and channels of the images."),
        "--classes": Meaning("N", "Number of classes.", int),
        "--images": Meaning("N", "Number of training images.", int),
        "--batch": Meaning("N", "Images per batch.", int),
        "--steps": Meaning("N", "Number of optimiser steps", int),
        "--host": Meaning("ADDRESS", "Address to listen on."),
        "--port": Meaning("N", "Port to listen on; 0 takes a free one.", click.IntRange(0, 65_535)),
        "--output": Meaning("PATH", "Where to write"),
        "--force": Meaning(None, "Replace existing output."),
        "--draw": Meaning(None, "Draw the curves in the terminal."),
        "--plain": Meaning(None, "Write plain lines instead of the live view."),
        "--format": Meaning(None, "Format of the output on stdout.", click.Choice(FORMATS)),
    }
)
"""The options that two or more commands have. Their help texts begin with this text, which lacks an end where
every command adds its own."""
