"""The process that speaks with a Ray cluster for a driver; the package ray is imported here and nowhere else.

It is a process of its own because Ray ends a process that has lost its cluster, takes its signals over, and
prints to its streams. The driver starts it as `python -m paretocaps.execution.ray_gateway`, and talks to it
as to a worker, over standard input and output. If the driver dies, the jobs end, and so does a cluster that
the gateway started, and the folder of its log is removed.

Driver to gateway: `open` (address, folder), `job` (ticket, job, ask, shared), `answer` (ticket, answer),
`abort`. Gateway to driver: `refused` (reason), `ready` (nodes), `progress` (ticket, what, done, total),
`epoch` (ticket, record), `tuned` (ticket, device, key, tuning), `ended` (ticket, result, failed), `aborted`.
"""

import asyncio
import json
import os
import secrets
import shutil
import socket
import sys
import threading
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from paretocaps.domain.failure import Failure
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.progress import WAITS
from paretocaps.execution.attempt import failure_of
from paretocaps.execution.folder_mirror import Changes, FolderMirror
from paretocaps.execution.ray_place import PROBE, RayPlace, Report
from paretocaps.execution.ray_plan import Ask, node_of
from paretocaps.execution.worker import Channel
from paretocaps.writing import private_folder

PATIENCE = "PARETOCAPS_RAY_PATIENCE"
"""The environment variable for the seconds that the head of a cluster may be away."""

_PATIENCE = 30.0
_REACHABLE = 5.0  # s in which the head of a cluster has to take a connection
_ENDING = 10.0  # s that a place has to end its job and its worker before it is killed
_VERDICT = 30.0  # s in which Ray has to find out whether a place that does not answer is lost
_LOOKS = 1.0  # s between two looks whether another place is idle
_TELLS = 10  # looks between two messages that a job waits for a place
_OBJECTS = 100_000_000  # bytes of shared memory for a cluster of our own; its jobs use the driver's folders


def connect(address: str | None) -> Any:
    """Connect to the cluster at `address`, or start one on this machine; return the package ray.

    Without an address that of the environment variable RAY_ADDRESS is taken, if it is set.

    Raises:
        OSError: nothing takes a connection at the address.
        Exception: whatever Ray raises; it may also end the process.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")  # by default, jobs get little of a busy processor
    import ray

    address = address or os.environ.get("RAY_ADDRESS") or "local"
    if address.rpartition(":")[2].isdigit():
        _reach(address)  # Ray would try for minutes
    own = {"include_dashboard": False, "object_store_memory": _OBJECTS} if address == "local" else {}
    ray.init(address=address, log_to_driver=False, logging_level="ERROR", **own)
    return ray


@dataclass
class _Job:
    """A job under way: the actor that trains it, once it is there, and the driver's answers to it."""

    job: TrainingJob
    ask: Ask
    actor: Any = None
    arrived: bool = False
    answers: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    task: asyncio.Task[None] | None = None


class Gateway:
    """Serves one driver: it keeps a Ray actor per place, and follows one job on each.

    Args:
        ray: the package, which is connected.
        channel: the pipes to the driver.
    """

    def __init__(self, ray: Any, channel: Channel) -> None:
        self._ray, self._channel = ray, channel
        self._actor = ray.remote(RayPlace)
        self._jobs: dict[int, _Job] = {}
        self._idle: list[tuple[Ask, Any]] = []

    async def serve(self) -> None:
        """Do what the driver asks until it closes the pipe; then end every place."""
        inbox: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        threading.Thread(target=_read, args=(self._channel, loop, inbox), daemon=True).start()
        while (message := await inbox.get()) is not None:
            ticket = message.get("ticket", -1)
            if message["kind"] == "job":
                job = _Job(TrainingJob.model_validate(message["job"]), Ask(**message["ask"]))
                self._jobs[ticket] = job
                job.task = asyncio.create_task(self._train(ticket, job, shared=message["shared"]))
            elif message["kind"] == "answer" and ticket in self._jobs:
                self._jobs[ticket].answers.put_nowait(message["answer"])
            elif message["kind"] == "abort":
                await self._abort()
                self._channel.send("aborted")
        await self._abort()
        await _all(self._end(actor, arrived=True) for _, actor in self._idle)

    async def watch(self, address: str, patience: float) -> None:
        """Return once the head, at `address`, has been away for `patience` seconds; its jobs are ended.

        Ray itself may notice it much later.
        """
        missed = 0
        while missed * _LOOKS < patience:
            missed = 0 if await asyncio.to_thread(_answers, address) else missed + 1
            await asyncio.sleep(_LOOKS)
        jobs = [job for job in self._jobs.values() if job.arrived]
        await _all(self._stop(job.actor) for job in jobs)  # Ray would kill none without its head

    async def _train(self, ticket: int, job: _Job, *, shared: bool) -> None:
        """Follow a job to its end, and tell it; a place that is lost with it is forgotten."""
        try:
            report = await self._follow(ticket, job, shared=shared)
            ended = {"result": json.loads(report.result), "failed": report.failed}
            self._idle.append((job.ask, job.actor))
        except Exception as error:
            ended = {"result": asdict(self._loss(await self._verdict(error, job), job)), "failed": True}
            with suppress(Exception):  # Ray itself may be gone
                await self._end(job.actor, arrived=job.arrived)  # it removes what it keeps on its node
        del self._jobs[ticket]
        self._channel.send("ended", ticket=ticket, **ended)

    async def _follow(self, ticket: int, job: _Job, *, shared: bool) -> Report:
        shares = await self._arrival(ticket, job, shared=shared)
        files = None if shares else await asyncio.to_thread(FolderMirror(job.job.folder).changes)
        await job.actor.start.remote(job.job.model_dump_json(), files)
        answer = None
        while True:
            report: Report = await job.actor.next.remote(answer)
            if report.changes != Changes():
                await asyncio.to_thread(report.changes.apply, job.job.folder)
            for what, done, total in report.progress:
                self._channel.send("progress", ticket=ticket, what=what, done=done, total=total)
            if report.result:
                return report
            answer = None
            if report.record:
                self._channel.send("epoch", ticket=ticket, record=json.loads(report.record))
                answer = await job.answers.get()
            elif report.tuned:
                self._channel.send("tuned", ticket=ticket, **json.loads(report.tuned))
                answer = await job.answers.get()

    def _idle_place(self, ask: Ask) -> Any:
        """Take and return an idle actor that was given what is asked for, or None."""
        for index, (given, actor) in enumerate(self._idle):
            if given == ask:
                del self._idle[index]
                return actor
        return None

    def _new_place(self, ask: Ask) -> Any:
        asked = self._actor.options(
            num_cpus=ask.cpus,
            num_gpus=ask.gpus,
            accelerator_type=ask.accelerator,
            max_restarts=0,
            scheduling_strategy="SPREAD",
        )
        return asked.remote(ask, os.environ.get("PYTHONPATH", ""))

    async def _arrival(self, ticket: int, job: _Job, *, shared: bool) -> bool:
        """Wait until the job has a place; return whether it uses the driver's folder, seen from there."""
        probe, content = job.job.folder / PROBE, secrets.token_hex(16)
        private_folder(probe.parent)
        probe.write_text(content)
        job.actor = self._idle_place(job.ask) or self._new_place(job.ask)
        seen = self._seen(job, content)
        looks = 0
        try:
            while not (await asyncio.wait([seen], timeout=_LOOKS))[0]:
                if looks % _TELLS == 0:
                    await self._tell_waiting(ticket, job.ask)
                looks += 1
                if (idle := self._idle_place(job.ask)) is not None:  # of a job that has ended meanwhile
                    seen.cancel()
                    self._kill(job.actor)
                    job.actor = idle
                    seen = self._seen(job, content)
            job.arrived = True
            return await seen and shared
        finally:
            probe.unlink(missing_ok=True)

    def _seen(self, job: _Job, content: str) -> asyncio.Future[Any]:
        return asyncio.ensure_future(_got(job.actor.shares.remote(str(job.job.folder), content)))

    async def _tell_waiting(self, ticket: int, ask: Ask) -> None:
        what = f"{WAITS}{ask} of the Ray cluster{await asyncio.to_thread(self._why, ask)}"
        self._channel.send("progress", ticket=ticket, what=what, done=0, total=0)

    def _why(self, ask: Ask) -> str:
        """Return why a job waits, in brackets."""
        nodes = [node_of(node["Resources"]) for node in self._ray.nodes() if node["Alive"]]
        fit = [node for node in nodes if ask.fits(node)]
        return " (they are taken, or it starts there)" if fit else " (no node that is up has them)"

    async def _verdict(self, error: Exception, job: _Job) -> Exception:
        """Return how Ray ended a job, if `error` says only that its place does not answer at the moment."""
        unavailable = self._ray.exceptions.ActorUnavailableError
        ends = asyncio.get_running_loop().time() + _VERDICT
        while isinstance(error, unavailable) and asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(_LOOKS)
            try:
                await asyncio.wait_for(_got(job.actor.__ray_ready__.remote()), _VERDICT)
            except TimeoutError:
                break
            except Exception as later:
                error = later
            else:
                break
        return error

    def _loss(self, error: Exception, job: _Job) -> Failure:
        """Return as a failure why a job has no result: Ray lost it, or its files could not be copied."""
        exceptions = self._ray.exceptions
        cause = getattr(error, "cause", None)
        if isinstance(error, exceptions.RayTaskError) and isinstance(cause, Exception):
            return failure_of(cause, job.ask.device)
        if not isinstance(error, exceptions.RayError):
            return failure_of(error, job.ask.device)
        if isinstance(error, exceptions.ActorUnavailableError):
            return Failure("its place in the Ray cluster did not answer", may_pass=True)
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        if any("node has died" in line or "node was" in line for line in lines):
            return Failure("the node of the Ray cluster on which it was trained was lost", may_pass=True)
        return Failure(f"Ray lost the job: {lines[-1] if lines else type(error).__name__}", may_pass=True)

    async def _abort(self) -> None:
        jobs = list(self._jobs.values())
        self._jobs.clear()
        for job in jobs:
            if job.task is not None:
                job.task.cancel()
        await _all(self._end(job.actor, arrived=job.arrived) for job in jobs if job.actor is not None)

    async def _end(self, actor: Any, *, arrived: bool) -> None:
        """End an actor; one that has arrived ends its job and its worker first."""
        if arrived:
            await self._stop(actor)
        self._kill(actor)

    async def _stop(self, actor: Any) -> None:
        await asyncio.wait([asyncio.ensure_future(_got(actor.stop.remote()))], timeout=_ENDING)

    def _kill(self, actor: Any) -> None:
        if actor is not None:
            with suppress(Exception):  # it may be dead
                self._ray.kill(actor)


def _reach(address: str) -> None:
    host, _, port = address.rpartition(":")
    socket.create_connection((host, int(port)), _REACHABLE).close()


def _answers(address: str) -> bool:
    with suppress(OSError):
        _reach(address)
        return True
    return False


async def _got(reference: Awaitable[Any]) -> Any:
    return await reference


async def _all(coroutines: Iterable[Awaitable[None]]) -> None:
    await asyncio.gather(*coroutines, return_exceptions=True)


def _read(channel: Channel, loop: asyncio.AbstractEventLoop, inbox: asyncio.Queue[Any]) -> None:
    message: dict[str, Any] | None = {}
    while message is not None:
        message = channel.receive()
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(inbox.put_nowait, message)


def main() -> None:
    """Connect to a cluster as the driver asks, and serve the driver."""
    channel = Channel()
    asked = channel.receive()
    if asked is None:
        return
    try:
        patience = float(os.environ.get(PATIENCE, _PATIENCE))
        ray = connect(asked["address"])
        nodes = [asdict(node_of(node["Resources"])) for node in ray.nodes() if node["Alive"]]
    except (Exception, SystemExit) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        channel.send("refused", reason=lines[0] if lines else type(error).__name__)
        sys.exit(1)
    channel.send("ready", nodes=nodes)
    if not asyncio.run(_serve(ray, channel, patience)):
        print("its head does not answer", file=sys.stderr, flush=True)
        os._exit(1)  # Ray would try to reach it
    ray.shutdown()
    shutil.rmtree(asked["folder"], ignore_errors=True)


async def _serve(ray: Any, channel: Channel, patience: float) -> bool:
    """Serve the driver to its end; return whether the cluster was there all the time."""
    gateway = Gateway(ray, channel)
    serving = asyncio.create_task(gateway.serve())
    watching = asyncio.create_task(gateway.watch(ray.get_runtime_context().gcs_address, patience))
    await asyncio.wait((serving, watching), return_when=asyncio.FIRST_COMPLETED)
    if watching.done():
        await watching
        return False
    watching.cancel()
    await serving
    return True


if __name__ == "__main__":
    main()
