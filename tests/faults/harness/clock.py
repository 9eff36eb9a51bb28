"""A clock that is set back by an hour in one process only, once the file that `CLOCK_BACK` names exists.

Python's own types cannot be changed, so the names by which the store and Optuna read the clock are exchanged.
"""

import os
import time
from datetime import datetime, timedelta

from optuna.storages._rdb import storage as of_optuna

from paretocaps.search import riding_storage
from paretocaps.storage import schema

HOUR = 3600.0
_wall = time.time


def arm() -> None:
    """Set the clock of this process back when the environment says so."""
    if "CLOCK_BACK" not in os.environ:
        return
    sign = os.environ["CLOCK_BACK"]

    def shift() -> float:
        return HOUR if os.path.exists(sign) else 0.0

    class Shifted(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) - timedelta(seconds=shift())

    time.time = lambda: _wall() - shift()
    schema.datetime = of_optuna.datetime = riding_storage.datetime = Shifted
