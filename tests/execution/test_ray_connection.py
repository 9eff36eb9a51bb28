"""What is wrong with a cluster is one line that says what to do, and comes soon."""

import socket
import sys
import time

import pytest

from paretocaps.errors import UsageError
from paretocaps.execution.ray_connection import RayConnection


def test_a_missing_package_is_named_with_its_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(
        UsageError, match=r"needs ray, which is not installed: pip install 'paretocaps\[ray\]'"
    ):
        RayConnection(None)


def test_a_driver_outside_of_the_cluster_is_refused(monkeypatch):
    monkeypatch.setattr("paretocaps.execution.ray_connection.refuse_missing", lambda: None)
    with pytest.raises(UsageError, match="ray_address='ray://head:10001': a study's driver runs on a node"):
        RayConnection("ray://head:10001")


@pytest.mark.ray
def test_an_address_where_nothing_answers_is_refused_soon(ray_cluster):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    started = time.monotonic()
    with pytest.raises(UsageError, match=f"the Ray cluster at {address} cannot be used .*refused") as refused:
        RayConnection(address)
    assert "`ray start --head`" in str(refused.value)
    assert time.monotonic() - started < 20
