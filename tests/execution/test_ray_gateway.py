"""The gateway notices that the cluster's head is gone, and ends the jobs that live on without it."""

import asyncio
import socket
from types import SimpleNamespace

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
