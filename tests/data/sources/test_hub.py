import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import datasets
import numpy as np
import pyarrow as pa
import pytest
from datasets.packaged_modules.parquet.parquet import Parquet
from huggingface_hub import constants
from pyarrow import parquet

from paretocaps.data.arrays import decoded
from paretocaps.data.catalog import HUB_READER, DatasetEntry
from paretocaps.data.raw import check_raw
from paretocaps.data.sources import hub
from paretocaps.data.tensor_splits import load
from paretocaps.domain.job import DataSpec

ENTRY = DatasetEntry("tiny", "made for a test", "someone/tiny", HUB_READER)
PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 4)).astype(np.uint8)
LABELS = [0, 1, 2, 0, 1, 2]


def read(entry, *cache_dir):
    return decoded(hub.read(entry, *cache_dir), DataSpec())


@pytest.fixture
def online(monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.delenv("HF_DATASETS_OFFLINE", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def hub_at(monkeypatch) -> Callable[[int], None]:
    def point(port: int) -> None:
        address = f"http://127.0.0.1:{port}"
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(datasets.config, "HF_ENDPOINT", address)

    return point


@pytest.fixture
def cached(tmp_path, table, encode) -> Callable[..., str]:
    """Put a data set into a cache folder as the library itself does after a download."""

    def build(rows: dict[str, pa.Table], names: list[str] | None = None, config: str = "plain") -> str:
        files = {split: str(tmp_path / f"{split}.parquet") for split in rows}
        for split, content in rows.items():
            parquet.write_table(content, files[split])
        label = datasets.ClassLabel(names=names) if names else datasets.Value("int64")
        image, labels, *others = next(iter(rows.values())).column_names
        coarse = {name: datasets.Value("int64") for name in others}
        features = datasets.Features({image: datasets.Image(), labels: label, **coarse})
        cache = str(tmp_path / "cache")
        builder = Parquet(
            cache_dir=cache,
            dataset_name="tiny",
            config_name=config,
            features=features,
            data_files={split: [file] for split, file in files.items()},
            hash="abc",
        )
        builder.download_and_prepare()
        place = tmp_path / "cache" / "someone___tiny" / config / "0.0.0"
        place.mkdir(parents=True)
        shutil.move(builder.cache_dir, place / "abc")
        return cache

    return build


@pytest.fixture
def rows(table, encode) -> pa.Table:
    return table([encode(image) for image in PIXELS], LABELS)


@contextmanager
def silent_server() -> Iterator[tuple[int, list[object]]]:
    """A port that accepts connections, notes them, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connections: list[socket.socket] = []

        def accept() -> None:
            try:
                while True:
                    connections.append(server.accept()[0])
            except OSError:
                return

        thread = Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1], connections
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in connections:
                connection.close()


def test_a_cached_data_set_is_read_without_network(cached, rows, hub_at, online, capfd) -> None:
    folder = cached({"train": rows, "test": rows.slice(0, 2)}, ["ant", "bee", "cat", "dog"])
    capfd.readouterr()
    with silent_server() as (port, connections):
        hub_at(port)
        data = read(ENTRY, folder)
        assert not connections
    assert data.train.images[:, 0].tolist() == PIXELS.tolist()
    assert data.train.labels.tolist() == LABELS
    assert data.test is not None
    assert data.test.labels.tolist() == LABELS[:2]
    assert data.classes == 4
    assert check_raw(data) == 4
    assert capfd.readouterr() == ("", "")


def test_a_data_set_without_test_split_or_class_names(cached, rows) -> None:
    data = read(ENTRY, cached({"train": rows}))
    assert data.test is None
    assert data.classes is None
    assert check_raw(data) == 3


def test_a_data_set_without_a_training_split_is_refused(cached, rows, refusal) -> None:
    folder = cached({"validation": rows})
    assert "data set 'tiny': no split 'train' (splits: validation)" in refusal(read, ENTRY, folder)


def test_a_corrupt_image_is_named_by_data_set_split_and_row(cached, table, encode, refusal) -> None:
    files = [encode(image) for image in PIXELS]
    files[4] = files[4][:20]
    folder = cached({"train": table(files, LABELS)})
    message = refusal(read, ENTRY, folder)
    assert message.startswith("data set 'tiny', split 'train': the image of row 4 is corrupt (")


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_damaged_cache_names_the_folder_to_delete(cached, rows, refusal, tmp_path, share) -> None:
    folder = cached({"train": rows})
    (arrow,) = (tmp_path / "cache").rglob("*.arrow")
    content = arrow.read_bytes()
    arrow.write_bytes(content[: int(len(content) * share)])
    message = refusal(read, ENTRY, folder)
    assert "its cached copy is damaged (" in message
    assert f"delete the folder {arrow.parent}" in message


def test_a_half_made_cache_counts_as_none(cached, rows, refusal, tmp_path) -> None:
    folder = cached({"train": rows})
    (info,) = (tmp_path / "cache").rglob("dataset_info.json")
    info.unlink()
    assert "is not cached and HF_HUB_OFFLINE is set" in refusal(read, ENTRY, folder)


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"])
def test_offline_by_request_asks_nobody(online, hub_at, monkeypatch, refusal, tmp_path, variable) -> None:
    monkeypatch.setenv(variable, "1")  # after the library was imported, which is when it looks
    with silent_server() as (port, connections):
        hub_at(port)
        message = refusal(read, ENTRY, str(tmp_path))
        assert not connections
    assert message == (
        "data set 'tiny' is not cached and HF_HUB_OFFLINE is set: use --data FOLDER with its IDX or parquet"
        " files, or --dataset digits"
    )


def test_no_network_is_told_without_a_retry(online, hub_at, refusal, tmp_path, capfd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    hub_at(port)  # closed again: connections are refused
    message = refusal(read, ENTRY, str(tmp_path))
    assert "data set 'tiny' is not cached and the hub cannot be reached (" in message
    assert "): use --data FOLDER" in message
    assert "Retrying" not in capfd.readouterr().err


def test_a_hub_that_never_answers_is_given_up_on(online, hub_at, monkeypatch, refusal, tmp_path) -> None:
    monkeypatch.setenv("HF_HUB_ETAG_TIMEOUT", "0.2")
    with silent_server() as (port, connections):
        hub_at(port)
        message = refusal(read, ENTRY, str(tmp_path))
        assert len(connections) == 1
    assert "the hub did not answer within 0.2 s" in message or "the hub cannot be reached" in message


@pytest.mark.slow
def test_a_hub_without_the_data_set_is_told_in_one_line(online, hub_at, refusal, tmp_path) -> None:
    class Nothing(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            found = self.path == "/"
            self.send_response(200 if found else 404)
            if not found:
                self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        hub_at(server.server_address[1])
        try:
            message = refusal(read, ENTRY, str(tmp_path))
        finally:
            server.shutdown()
            thread.join()
    assert message.startswith("data set 'tiny' could not be downloaded from someone/tiny (")


def test_mnist_by_name_offline_names_the_remedy(refusal, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    message = refusal(load, DataSpec(name="mnist"))
    assert message.startswith("data set 'mnist' is not cached and HF_HUB_OFFLINE is set: use --data FOLDER")


def test_an_entry_names_its_configuration(cached, rows) -> None:
    cached({"train": rows}, ["ant", "bee", "cat"], config="full")
    folder = cached({"train": rows.slice(0, 3)}, ["ant", "bee", "cat"], config="cropped")
    assert len(read(replace(ENTRY, config="full"), folder).train) == 6
    assert len(read(replace(ENTRY, config="cropped"), folder).train) == 3


def test_fine_labels_are_the_classes(cached, rows) -> None:
    named = rows.rename_columns(["img", "fine_label"]).append_column("coarse_label", [[0] * 6])
    data = read(ENTRY, cached({"train": named}))
    assert data.train.labels.tolist() == LABELS
    assert data.train.images[:, 0].tolist() == PIXELS.tolist()


def test_a_test_part_of_another_name_and_gray_images_among_coloured_ones(cached, table, encode) -> None:
    coloured = np.random.default_rng(1).integers(0, 256, (5, 4, 3))
    rows = table([encode(coloured), encode(PIXELS[0])], [0, 1])
    folder = cached({"train": rows, "valid": rows.slice(1)}, ["ant", "bee"])
    entry = replace(ENTRY, test_split="valid", channels=3)
    data = read(entry, folder)
    assert data.class_names == ("ant", "bee")
    assert data.train.images.shape == (2, 3, 5, 4)
    assert data.train.images[0].transpose(1, 2, 0).tolist() == coloured.tolist()
    assert data.test.images[0].tolist() == [PIXELS[0].tolist()] * 3
    assert data.test.labels.tolist() == [1]
    assert read(replace(entry, test_split="test"), folder).test is None
    again = read(entry, folder)
    assert again.train.pixels.filename == data.train.pixels.filename
