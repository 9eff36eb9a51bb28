"""What requests bring is taken from a form or from their body."""

import asyncio
import os
import threading
from types import SimpleNamespace

import pytest

from paretocaps.errors import UsageError
from paretocaps.service.predicting import PredictLimits
from paretocaps.service.uploading.receiving import Incoming
from paretocaps.web.received import received_images, received_set
from paretocaps.web.serve_settings import ServeSettings
from tests.data.uploaded.packing import flowers, zipped
from tests.web.test_multipart_form import KIND, part, request


def names(asked):
    images = asyncio.run(received_images(asked, PredictLimits()))
    return [name for name, _ in images.images]


def test_images_are_the_files_of_a_form_or_the_body():
    form = part("images", b"1", "a.png") + part("images", b"2", "b.png") + b"--x--\r\n"
    assert names(request(form, KIND)) == ["a.png", "b.png"]
    assert names(request(b"1", "image/png")) == ["image 1"]
    assert names(request(b"", "image/png")) == []


def test_a_body_without_a_name_is_refused_before_it_is_read(tmp_path):
    asked = request(b"1" * 100, "application/zip")
    asked.scope["query_string"] = b"name=a%20b"
    with pytest.raises(UsageError, match="name='a b' is not allowed"):
        asyncio.run(received_set(asked, ServeSettings(folder=tmp_path), "ann"))
    assert asyncio.run(asked.receive())["body"] == b"1" * 7


def test_an_upload_that_nobody_waits_for_any_more_ends_and_is_not_kept(tmp_path, monkeypatch):
    began, given_up = threading.Event(), threading.Event()
    kept, gives_up = Incoming.keep, Incoming.give_up

    def keep(self, *given):
        began.set()
        assert given_up.wait(60)
        return kept(self, *given)

    def give_up(self):
        gives_up(self)
        given_up.set()

    monkeypatch.setattr(Incoming, "keep", keep)
    monkeypatch.setattr(Incoming, "give_up", give_up)
    asked = request(zipped(flowers(10)), "application/zip")
    asked.scope["query_string"] = b"name=flowers"

    async def cancelled():
        asked.scope["app"] = SimpleNamespace(state=SimpleNamespace(checking=asyncio.Semaphore(1)))
        task = asyncio.create_task(received_set(asked, ServeSettings(folder=tmp_path), "ann"))
        await asyncio.to_thread(began.wait, 60)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert given_up.is_set()
    assert os.listdir(tmp_path / "uploads") == []
