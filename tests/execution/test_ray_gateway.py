"""The gateway notices that the cluster's head is gone, and ends the jobs that live on without it."""

import asyncio
import socket
from types import SimpleNamespace

import pytest

from paretocaps.domain.failure import Failure
from paretocaps.execution import ray_gateway
from paretocaps.execution.ray_gateway import Gateway, _Job
from paretocaps.execution.ray_plan import Ask


def test_jobs_end_when_the_head_is_gone(make_job, monkeypatch):
    monkeypatch.setattr(ray_gateway, "_LOOKS", 0.01)
    stopped = []

    async def stop(name):
        stopped.append(name)

    def actor(name):
        return SimpleNamespace(stop=SimpleNamespace(remote=lambda: stop(name)))

    async def lose(head):
        gateway = Gateway(SimpleNamespace(remote=lambda kind: kind), None)
        gateway._jobs = {
            1: _Job(make_job(), Ask(), actor("trains"), arrived=True),
            2: _Job(make_job(), Ask(), actor("waits"), arrived=False),
        }
        host, port = head.getsockname()
        watching = asyncio.create_task(gateway.watch(f"{host}:{port}", patience=0.03))
        await asyncio.sleep(0.1)
        assert not watching.done()
        head.close()
        await asyncio.wait_for(watching, 10)

    with socket.create_server(("127.0.0.1", 0)) as head:
        asyncio.run(lose(head))
    assert stopped == ["trains"]


class _RayError(Exception):
    pass


class _UnavailableError(_RayError):
    pass


GONE = _UnavailableError(
    "The actor is temporarily unavailable: Socket closed.\nThe task may have been executed."
)
DIED = _RayError("The actor died.\nThe actor died because its node has died.")


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        ([GONE, DIED], "the node of the Ray cluster on which it was trained was lost"),
        ([GONE, None], "its place in the Ray cluster did not answer"),
    ],
)
def test_a_place_that_does_not_answer_is_lost_only_when_the_cluster_says_so(
    then, reason, make_job, monkeypatch
):
    monkeypatch.setattr(ray_gateway, "_LOOKS", 0.001)
    said = iter(then)

    async def ready():
        if (error := next(said)) is not None:
            raise error

    exceptions = SimpleNamespace(
        RayError=_RayError, ActorUnavailableError=_UnavailableError, RayTaskError=ZeroDivisionError
    )
    job = _Job(make_job(), Ask(), SimpleNamespace(__ray_ready__=SimpleNamespace(remote=ready)), arrived=True)
    gateway = Gateway(SimpleNamespace(remote=lambda kind: kind, exceptions=exceptions), None)
    verdict = asyncio.run(gateway._verdict(GONE, job))
    assert gateway._loss(verdict, job) == Failure(reason, may_pass=True)
    assert list(said) == []
