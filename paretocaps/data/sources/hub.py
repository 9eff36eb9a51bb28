"""Data sets of the Hugging Face hub, read by the `datasets` library from its cache, else downloaded."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from paretocaps.data.catalog import DatasetEntry
from paretocaps.data.encoded_images import EncodedData, EncodedPart
from paretocaps.data.sources.image_table import (
    LABEL_COLUMNS,
    ROWS,
    columns,
    row_name,
    table_files,
    table_labels,
)
from paretocaps.errors import DataError, first_line
from paretocaps.extras import require
from paretocaps.hub_access import why_not_asked


def read(entry: DatasetEntry, cache_dir: str | None = None) -> EncodedData:
    """Read the data set whose hub id is `entry.origin`: `train` and, if it has one, the entry's test split.

    The library's cache is tried first and needs no network. Otherwise the hub must answer within 2 seconds
    (or HF_HUB_ETAG_TIMEOUT, the hub client's own variable) before the download starts, because the client
    retries a missing network for 23 seconds. HF_HUB_OFFLINE and HF_DATASETS_OFFLINE are read at each call,
    not only when the library is first imported.

    Args:
        entry: the entry of the catalog.
        cache_dir: the cache folder of the `datasets` library; None for its default.

    Raises:
        DataError: the data set is not cached and the hub cannot be reached, a download failed, or the
            contents are unfit.
        UsageError: the `datasets` library is not installed.
    """
    require("hub", f"data set {entry.name!r}", "datasets", "huggingface_hub", "pyarrow")
    splits = _cached(entry, cache_dir) or _downloaded(entry, cache_dir)
    if "train" not in splits:
        raise DataError(f"data set {entry.name!r}: no split 'train' (splits: {', '.join(splits)})")
    test, names = entry.test_split, _class_names(splits["train"])
    used = ["train", test] if test in splits else ["train"]
    parts = [_part(entry, splits[split], split, len(names) if names else None) for split in used]
    return EncodedData(
        train=parts[0],
        test=parts[1] if test in splits else None,
        name=entry.name,
        fingerprint="/".join([entry.origin, *(splits[split]._fingerprint for split in used)]),
        classes=len(names) if names else None,
        class_names=names,
        channels=entry.channels,
        tabular=True,
    )


def _cached(entry: DatasetEntry, cache_dir: str | None) -> Any:
    from datasets.packaged_modules.cache.cache import Cache

    try:
        with _without_chatter():
            builder = Cache(
                cache_dir=cache_dir,
                dataset_name=entry.origin.rsplit("/", 1)[-1],
                config_name=entry.config or None,
                repo_id=entry.origin,
                version="auto",
                hash="auto",
            )
    except (ValueError, KeyError, OSError):  # it is not cached, or a killed download left it incomplete
        return None
    try:
        return builder.as_dataset()
    except Exception as error:  # damaged files raise various errors of Arrow and the library
        raise DataError(
            f"data set {entry.name!r}: its cached copy is damaged ({first_line(error)}): delete the folder"
            f" {builder.cache_dir}"
        ) from None


def _downloaded(entry: DatasetEntry, cache_dir: str | None) -> Any:
    import datasets

    why_not = why_not_asked("HF_DATASETS_OFFLINE", offline=bool(datasets.config.HF_HUB_OFFLINE))
    if why_not:
        raise DataError(
            f"data set {entry.name!r} is not cached and {why_not}: use --data FOLDER with its IDX or parquet"
            " files, or --dataset digits"
        )
    try:
        return datasets.load_dataset(entry.origin, entry.config or None, cache_dir=cache_dir)
    except Exception as error:  # the library, Arrow and the HTTP client have errors of their own
        raise DataError(
            f"data set {entry.name!r} could not be downloaded from {entry.origin} ({first_line(error)}): try"
            " again, or use --data FOLDER with its IDX or parquet files"
        ) from None


def _part(entry: DatasetEntry, split: Any, name: str, classes: int | None) -> EncodedPart:
    origin = f"data set {entry.name!r}, split {name!r}"
    table = split.with_format("arrow")
    if not len(split):
        raise DataError(f"{origin}: holds no rows: choose another data set")
    image_name, label_name = columns(split.column_names, origin)
    labels = table_labels(table.select_columns(label_name)[:], label_name, origin, classes)
    images = table.select_columns(image_name)
    return EncodedPart(
        labels=labels,
        origin=origin,
        files=lambda: table_files(images.iter(batch_size=ROWS), image_name, origin),
        name=row_name(origin),
        place=f"split {name!r}",
    )


def _class_names(split: Any) -> tuple[str, ...] | None:
    label = next((split.features[name] for name in LABEL_COLUMNS if name in split.features), None)
    names = getattr(label, "names", None)
    return tuple(names) if names else None


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Silence the library's message that it found the data set in its cache."""
    from datasets.utils.logging import get_verbosity, set_verbosity

    before = get_verbosity()
    set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        set_verbosity(before)
