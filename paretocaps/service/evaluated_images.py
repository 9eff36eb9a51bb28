"""The images that networks are evaluated on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.job import DataSpec, Levels
from paretocaps.domain.layout import Layout, Parts
from paretocaps.domain.pairs import SHIFT
from paretocaps.errors import DataError, UsageError
from paretocaps.service.settings import data_spec, given_options, images_with
from paretocaps.service.subjects import Subject

if TYPE_CHECKING:
    from paretocaps.data.images import DataSplits, ImageSet

PARTS = ("test", "validation")
_WHOLE = {"limit_train": None, "limit_validation": None}


@dataclass(frozen=True)
class EvaluateOptions:
    """The images that networks are evaluated on, and what is measured.

    Attributes:
        dataset, data: a data set of the catalog, or a local folder; the networks' own data if both are None.
        part: "test" or "validation".
        limit: number of images of that part to evaluate on, stratified; None for all.
        device: "auto" for a GPU if there is one, "cpu", "cuda" or "cuda:N".
        robust: whether to measure accuracies under transforms, too.
        pictures: whether to draw reconstructions and perturbation grids, too.
        grids: the classes whose grids are drawn; None for the first ten.
        corrupt: whether image files that cannot be read are an error ("refuse") or left out ("skip"); None
            for the setting of the networks' own data, or else "refuse".
        parts, classes_are_folders, transpose: how the images are laid out (see `DataSpec`); None for the
            setting of the networks' own data.
    """

    dataset: str | None = None
    data: str | None = None
    part: str = "test"
    limit: int | None = None
    device: str = "auto"
    robust: bool = True
    pictures: bool = True
    grids: tuple[int, ...] | None = None
    corrupt: str | None = None
    parts: Parts | str | None = None
    classes_are_folders: bool | None = None
    transpose: bool | None = None


def data_of(options: EvaluateOptions, subjects: Sequence[Subject]) -> DataSpec:
    """Return the data that `options` name, or those that the networks were trained on."""
    spec = _source(options, subjects).model_copy(update={"levels": _levels(subjects)})
    given = given_options(options, ("corrupt", *Layout.model_fields))
    return data_spec(images_with(spec.model_dump(), given)) if given else spec


def _levels(subjects: Sequence[Subject]) -> Levels | None:
    """Return the range that all networks take grays of more than 8 bits in; None where they take 8 bits.

    Raises:
        UsageError: they take different ones.
    """
    ranges = {subject.network.architecture.levels for subject in subjects}
    if len(ranges) > 1:
        said = " and ".join(
            sorted("8 bits" if one is None else f"{one[0]:g} to {one[1]:g}" for one in ranges)
        )
        raise UsageError(
            f"the networks take gray values of different ranges ({said}): evaluate each on its own"
        )
    return ranges.pop()


def _source(options: EvaluateOptions, subjects: Sequence[Subject]) -> DataSpec:
    if options.dataset is not None and options.data is not None:
        raise UsageError("--dataset and --data both name images: give one")
    if options.data is not None:
        return _folder(options.data, subjects, options.part)
    if options.dataset is not None:
        return _named(options.dataset, subjects, options.part)
    known = [one.data for one in subjects if one.data is not None]
    own = {_of_training(data, options.part) for data in known}
    if len(own) > 1:
        own = {data.model_copy(update=_WHOLE) for data in known}
    if len(own) != 1:
        why = "are stored without their data" if not own else "were trained on different data"
        raise UsageError(f"the networks {why}: give --dataset NAME or --data PATH")
    found = own.pop()
    if found.path is not None and not Path(found.path).exists():
        raise DataError(
            f"the images that {subjects[0].name} was trained on are not in {found.path!r} on this machine:"
            " name its copy of them with --data PATH"
        )
    return found


def _of_training(data: DataSpec, part: str) -> DataSpec:
    """Return the images of a training: of its validation part those that it validated on, else all."""
    limited = part == "validation" and data.limit_validation is not None
    return data if limited else data.model_copy(update=_WHOLE)


def _named(dataset: str, subjects: Sequence[Subject], part: str) -> DataSpec:
    """Return the images of a set known by name, as a training on it read them or the network takes them."""
    for one in subjects:
        if one.data is not None and one.data.name == dataset:
            return _of_training(one.data, part)
    a = subjects[0].network.architecture
    channels: Any = a.channels if a.channels in (1, 3) else None
    return DataSpec(name=dataset, channels=channels, pairs=a.pairs)


def _folder(path: str, subjects: Sequence[Subject], part: str) -> DataSpec:
    """Return the images of a folder, in the size and with the channels that the first network takes.

    A folder that one of the networks was trained on is read with the settings of that training. Where the
    folder of the first one's training is not on this machine, the other one is taken for its copy: it is laid
    out as that was.
    """
    place = str(Path(path).expanduser().resolve())
    for one in subjects:
        if one.data is not None and one.data.path == place:
            return _of_training(one.data, part)
    a = subjects[0].network.architecture
    channels: Any = a.channels if a.channels in (1, 3) else None
    border = 2 * SHIFT if a.pairs else 0
    size = a.height - border, a.width - border
    found = DataSpec(
        name=None, path=path, channels=channels, size=size, transpose=a.transposed, pairs=a.pairs
    )
    own = subjects[0].data
    if own is None or own.path is None or Path(own.path).exists():
        return found
    return found.model_copy(update={name: getattr(own, name) for name in ("corrupt", *Layout.model_fields)})


def images_of(splits: "DataSplits", options: EvaluateOptions) -> "ImageSet":
    """Return the images of the part that `options` name, at most `options.limit` of them."""
    from paretocaps.data.images import ImageSet
    from paretocaps.data.split import stratified_indices

    images = splits.test if options.part == "test" else splits.validation
    if options.limit is None:
        return images
    if not 1 <= options.limit <= len(images):
        raise UsageError(
            f"limit={options.limit} is not allowed: the {options.part} part has {len(images)} images"
        )
    kept = stratified_indices(images.labels.numpy(), options.limit)
    pixels = images.channels_last(images.labels.new_tensor(kept)).permute(0, 3, 1, 2)
    return ImageSet(pixels, images.labels[kept])
