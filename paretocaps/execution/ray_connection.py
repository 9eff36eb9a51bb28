"""The driver's end of the pipes to the gateway, the process that speaks with a Ray cluster."""

import atexit
import os
import selectors
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

from paretocaps.errors import ParetocapsError, UsageError
from paretocaps.execution.ray_plan import RayNode
from paretocaps.execution.worker_process import WorkerProcess, end, last_line
from paretocaps.extras import require
from paretocaps.run_folder import RunFolder

_GATEWAY = "paretocaps.execution.ray_gateway"
_CONNECTS = 60.0  # s until the cluster has to answer
_ABORTS = 20.0  # s until the gateway has to have ended the jobs
_CLOSES = 30.0  # s until it has to have left the cluster, or ended its own


class RayConnection:
    """A connection to a cluster, for as long as the gateway runs.

    Attributes:
        nodes: the nodes that the cluster had at the start.

    Args:
        address: the cluster's address; None for that of RAY_ADDRESS, or for a cluster on this machine.

    Raises:
        UsageError: ray is not installed, or the cluster cannot be reached.
    """

    def __init__(self, address: str | None) -> None:
        refuse_missing()
        if address is not None and "://" in address:
            raise UsageError(
                f"ray_address={address!r}: a study's driver runs on a node of the cluster: give HOST:PORT of"
                " its head, or auto"
            )
        named = address or os.environ.get("RAY_ADDRESS")
        self._address = named
        self._name = f"at {named}" if named else "on this machine"
        self._log = tempfile.TemporaryDirectory(prefix="paretocaps-ray-", ignore_cleanup_errors=True)
        folder = RunFolder(Path(self._log.name))
        self._process = WorkerProcess(folder, threads=1, module=_GATEWAY)
        self._log_file = folder.log
        self._closed = False
        try:
            self.nodes = self._open(address)
        except BaseException:
            self.close(patience=0.0)
            raise

    @property
    def inbox(self) -> deque[dict[str, Any]]:
        """The gateway's messages that were not taken yet."""
        return self._process.inbox

    def send(self, kind: str, **values: Any) -> None:
        """Send a message to the gateway."""
        self._process.send(kind, **values)

    def listen(self, seconds: float) -> None:
        """Wait `seconds` for a message, if there is none, and read all that have come.

        Raises:
            ParetocapsError: the gateway has ended, as it does when the cluster is gone.
        """
        if not self.inbox:
            with selectors.DefaultSelector() as selector:
                selector.register(self._process, selectors.EVENT_READ)
                selector.select(seconds)
        self._process.read()
        if self._process.ended and not self.inbox:
            said = last_line(self._log_file)
            raise ParetocapsError(
                f"the Ray cluster {self._name} is gone{f' ({said})' if said else ''}: start it, and run the"
                " same command again, which goes on where this one ended"
            )

    def abort(self) -> None:
        """End the jobs under way; messages of theirs are dropped."""
        self.send("abort")
        deadline = time.monotonic() + _ABORTS
        try:
            while not any(message["kind"] == "aborted" for message in self.inbox):
                self.inbox.clear()
                if (left := deadline - time.monotonic()) <= 0:
                    break
                self.listen(left)
        except ParetocapsError:
            pass  # with the gateway its jobs end
        self.inbox.clear()

    def close(self, patience: float = _CLOSES) -> None:
        """End the jobs and leave the cluster; a cluster of our own ends. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        if patience:
            self._process.finish()
        end([self._process], patience)
        self._log.cleanup()

    def keep(self) -> None:
        """Keep it for the next call of `connection`, or until this process ends."""
        _KEPT.append(self)
        atexit.register(self.close)

    def serves(self, address: str | None) -> bool:
        """Return whether it is a connection to the cluster at `address`, and still there."""
        self._process.read()
        named = address or os.environ.get("RAY_ADDRESS")
        return named == self._address and not self._process.ended and not self._closed

    def _open(self, address: str | None) -> list[RayNode]:
        self.send("open", address=address, folder=self._log.name)
        deadline = time.monotonic() + _CONNECTS
        while (left := deadline - time.monotonic()) > 0:
            try:
                self.listen(left)
            except ParetocapsError:
                raise self._unreachable(last_line(self._log_file)) from None
            while self.inbox:
                message = self.inbox.popleft()
                if message["kind"] == "ready":
                    return [RayNode(**node) for node in message["nodes"]]
                raise self._unreachable(message["reason"])
        raise self._unreachable(f"no answer in {_CONNECTS:.0f} s")

    def _unreachable(self, reason: str) -> UsageError:
        return UsageError(
            f"the Ray cluster {self._name} cannot be used ({reason}): start one (`ray start --head`) and give"
            " its HOST:PORT as --ray-address, or give none for a cluster on this machine"
        )


_KEPT: list[RayConnection] = []


def connection(address: str | None) -> RayConnection:
    """Return the connection to a cluster that was kept, or a new one; see `RayConnection`.

    Raises:
        UsageError: see `RayConnection`.
    """
    while _KEPT:
        kept = _KEPT.pop()
        atexit.unregister(kept.close)
        if kept.serves(address):
            return kept
        kept.close()
    return RayConnection(address)


def refuse_missing() -> None:
    """Refuse to go on without the package ray.

    Raises:
        UsageError: it is not installed.
    """
    require("ray", "executor 'ray'", "ray")
