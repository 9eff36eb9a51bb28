import asyncio

import pytest

from paretocaps.errors import UnavailableError
from paretocaps.storage.audit import Audited
from paretocaps.web.guard.metrics import Metrics
from paretocaps.web.guard.observing import Answered
from paretocaps.web.guard.principal import LOOPBACK, Principal
from paretocaps.web.guard.records import Records

ANN = Principal("ann", "run")


def recorded(**given):
    usual = {
        "id": "1",
        "method": "POST",
        "path": "/studies",
        "route": "/studies",
        "status": 202,
        "seconds": 0.1,
    }
    rest = {"streamed": False, "who": ANN, "address": "192.0.2.1", "reason": None, "made": "/queue/7"}
    kept = []
    asyncio.run(Records(Metrics(dict), kept.append).answering(Answered(**{**usual, **rest, **given})))
    return kept


def test_what_was_to_change_something_is_stored_with_what_it_made():
    assert recorded() == [Audited("ann", "run", "POST", "/studies made /queue/7", "192.0.2.1", 202)]
    assert recorded(status=409, made=None, reason="it runs") == [
        Audited("ann", "run", "POST", "/studies", "192.0.2.1", 409, "it runs")
    ]


def test_one_that_cannot_be_stored_is_logged_and_answered(caplog):
    def away(entry):
        raise UnavailableError("the database is away", "away")

    answered = Answered("1", "POST", "/studies", "", 503, 0.1, False, ANN, "192.0.2.1", "it is away", None)
    asyncio.run(Records(Metrics(dict), away).answering(answered))
    assert "not stored: Audited(who='ann', role='run', action='POST', target='/studies'" in caplog.text


@pytest.mark.parametrize("given", [{"method": "GET"}, {"who": None}, {"who": LOOPBACK}])
def test_reading_and_strangers_are_not(given):
    assert recorded(**given) == []
