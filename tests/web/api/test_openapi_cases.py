"""2,000 generated requests, right and wrong: no error of the service, no answer that is not described."""

import threading
import time

import pytest
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings

from paretocaps.web.api.app import create_app
from paretocaps.web.api.server import Server, address, listening
from paretocaps.web.guard.options import GuardOptions
from paretocaps.web.serve_settings import ServeSettings

pytestmark = pytest.mark.service
CASES = 2000
FEW, COSTLY = 6, ("/api/v1/studies/{study}/report",)
"""So many of the cases are of paths that take seconds."""
ENDLESS = "/api/v1/studies/{study}/events"
"""A stream, which follows what happens: it is asked without that."""


@pytest.fixture
def service(url, tmp_path):
    """Yield the address of a service on a study's database, and the token of an admin."""
    asked = {"folder": tmp_path / "service", "supervise": False, "guard": GuardOptions(rate=100_000)}
    app = create_app(ServeSettings(storage=url, **asked))
    server = Server(uvicorn.Config(app, log_config=None, lifespan="on"))
    with listening("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield address(listener), (asked["folder"] / "token").read_text().strip()
        server.handle_exit(2, None)
        thread.join()


def test_every_answer_is_described_and_none_is_an_error_of_the_service(service):
    from schemathesis import openapi
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    url, token = service
    schema = openapi.from_url(f"{url}api/v1/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]
    answered: list[int] = []

    def ask(case):
        if len(answered) % 2 and case.method != "DELETE":  # else most are of studies that are not there
            known = {"study": "demo", "number": 0}
            case.path_parameters = {
                name: known.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        if case.path == ENDLESS:
            case.query = {**(case.query or {}), "follow": "false"}
        headers = {"Authorization": f"Bearer {token}"}
        answer = case.call(headers=headers, timeout=30)
        answered.append(answer.status_code)
        case.validate_response(answer, checks=checks)

    # those of the costly path, and of three without parameters, have few; some others have no more cases, too
    each = -(-CASES // (len(operations) - 5))
    for operation in operations:
        generated = settings(
            max_examples=FEW if operation.path in COSTLY else each,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        generated(given(case=operation.as_strategy())(ask))()
    assert len(answered) >= CASES
