"""Registers this process as a driver of a study; a thread keeps its rights and ends dead drivers."""

import math
import os
import threading
import time
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Self

from paretocaps.errors import FencedError, StorageError, UsageError
from paretocaps.host import host_name
from paretocaps.search.driver_file import DriverFile, tidy
from paretocaps.search.driver_token import machine_restarted, new_token
from paretocaps.search.silence import Silence
from paretocaps.storage.drivers import Sighting
from paretocaps.storage.patience import Patience
from paretocaps.storage.schema import now
from paretocaps.storage.store import Store

BEAT, LEASE = "PARETOCAPS_BEAT", "PARETOCAPS_LEASE"
"""Environment variables: the seconds between two beats, and of silence after which a driver is dead."""
_SECONDS = {BEAT: 5.0, LEASE: 30.0}
_PARTING = 5.0  # s to wait for a beat under way
_LATELY = timedelta(minutes=15)  # more than clocks of machines differ


class Driver:
    """A driver of a study, which is registered inside a `with` block.

    Its row in the database has a counter, its beat, which a thread increases. A driver whose process has
    ended is known to be dead at once by those of the same user and machine, as a file that it locked is free,
    or as the machine was started since. Any other, or one that is stopped, is dead when its counter has not
    changed for a lease. The driver that notices ends its row and so its rights: what it would still write is
    refused.

    Args:
        store: has the study.
        study: its name.

    Attributes:
        store: the same store, whose writes need the rights of this driver.
        token: its name in the database.
        others: the other drivers that live, by token, as last seen.
    """

    def __init__(self, store: Store, study: str) -> None:
        self.token = new_token()
        self.store = store.as_driver(self.token)
        self.others: dict[str, Sighting] = {}
        self._unbound, self._study = store, study
        self._interval, self._lease = _seconds(BEAT), _seconds(LEASE)
        self._silence = Silence(self._interval, self._lease)
        # the thread must neither wait long nor serve the executor meanwhile, as the store's patience may
        self._impatient = self.store.with_patience(Patience(0.0))
        self._why: FencedError | None = None
        self._gone, self._leaving = threading.Event(), threading.Event()
        self._looking, self._held, self._file = threading.Lock(), ExitStack(), DriverFile(self.token)
        self._thread = threading.Thread(target=self._keep_beating, name="beat", daemon=True)

    @property
    def sampler_seed(self) -> int:
        """A number to be added to samplers' seeds, so that drivers that run at once propose other choices."""
        return int(self.token[:7], 16) if self.others else 0

    def check(self) -> None:
        """Check that this driver has not been ended, as far as its last beat knows.

        Raises:
            FencedError: another driver ended it.
        """
        if self._why is not None:
            raise self._why

    def look(self) -> bool:
        """Give a sign of life, end dead drivers, and see which others live; return whether that worked."""
        with self._looking:
            try:
                found = self._impatient.beat(self.token)
                silent = self._silence.dead(found, time.monotonic())
                living = {one.token: one for one in found if not self._end_dead(one, silent=one in silent)}
            except FencedError as error:
                self._why = error
                return False
            except StorageError:
                return False
            if not self.others.keys() <= living.keys():
                self._gone.set()
            self.others = living
            return True

    def others_ended(self) -> bool:
        """Return whether another driver has ended since the last call."""
        ended = self._gone.is_set()
        self._gone.clear()
        return ended

    def _end_dead(self, other: Sighting, *, silent: bool) -> bool:
        """End another driver if it is dead, and return whether it was."""
        me = f"process {os.getpid()} on {host_name()}"
        file = DriverFile(other.token)
        if has_ended(other):
            self._impatient.end_driver(other.token, f"{me} found that {other.process} had ended")
            file.remove()
        elif silent:
            self._impatient.end_driver(other.token, f"{me} heard nothing from it for {self._lease:g} s")
            file.ends()
        else:
            return False
        self._gone.set()
        return True

    def _keep_beating(self) -> None:
        while self._why is None and not self._leaving.wait(self._interval):
            self.look()

    def __enter__(self) -> Self:
        self._held.enter_context(self._file.held())
        try:
            self._unbound.register_driver(self._study, self.token, host_name(), os.getpid())
            self._file.registered()
            self.look()
            tidy()
            self._gone.clear()
            self._thread.start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._thread.join(_PARTING)
        self._end()

    def _end(self) -> None:
        """End this driver's row, and remove its file."""
        with self._held:
            was_registered = self._file.ends()
            try:
                with suppress(FencedError):  # another driver ended it
                    self._impatient.end_driver(self.token)
                self._file.remove()
            except StorageError:
                if was_registered:
                    self._file.registered()  # free, it tells the others that this process has ended


def has_ended(driver: Sighting) -> bool:
    """Return whether the process of a driver is known to have ended, on this machine."""
    here = driver.host == host_name()
    return here and (machine_restarted(driver.token) or DriverFile(driver.token).is_free())


def seems_to_run(driver: Sighting) -> bool:
    """Return whether the process of a driver runs, as far as is known; elsewhere, it was seen lately.

    This is what is shown: rights end by the clock of the one who waits (`Silence`).
    """
    if has_ended(driver):
        return False
    return driver.seen is None or now() - driver.seen < _LATELY or runs_here(driver.token)


def runs_here(token: str | None) -> bool:
    """Return whether the process of a driver is known to run on this machine, whether or not it beats."""
    return token is not None and DriverFile(token).locker() is not None


def _seconds(name: str) -> float:
    """Return a duration from the environment, or its default.

    Raises:
        UsageError: it is not a positive number.
    """
    text = os.environ.get(name, "")
    try:
        seconds = float(text) if text else _SECONDS[name]
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise UsageError(f"{name}={text!r} is not allowed: give seconds, e.g. {_SECONDS[name]:g}")
    return seconds
