"""Puts the guard before an application."""

from functools import partial

from fastapi import FastAPI

from paretocaps.storage.patience import Patience
from paretocaps.storage.store import Store
from paretocaps.web.guard.login import login_routes
from paretocaps.web.guard.metrics import Metrics
from paretocaps.web.guard.middleware import Guard
from paretocaps.web.guard.rates import Rates
from paretocaps.web.guard.records import Records
from paretocaps.web.guard.refused import without_token
from paretocaps.web.guard.rules import Rules

_WAIT = 1.0
"""Seconds that an answer waits until it can be recorded; after that, the log has who was to change what."""


def protect(app: FastAPI, rules: Rules, store: Store, audit: int | None = None) -> None:
    """Put the guard before an application, add its routes, and keep its rules and metrics in the state.

    Args:
        app: the application, with `rules` and `metrics` in its state from here on.
        rules: what the guard goes by.
        store: where it records who changed what.
        audit: how many of these records are kept; None for all.
    """
    recording = store.with_patience(Patience(_WAIT))
    rates, metrics = Rates(rules.rate), Metrics(store.submission_counts)
    app.state.rules, app.state.metrics = rules, metrics
    app.include_router(login_routes(rules, rates))
    app.add_exception_handler(401, without_token)
    app.add_middleware(
        Guard, rules=rules, rates=rates, records=Records(metrics, partial(recording.audit, most=audit))
    )
