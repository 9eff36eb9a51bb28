"""Every path of the service, also those that are added later, asks for a token and its role."""

import re

import pytest
from starlette.testclient import TestClient

from paretocaps.web.api.app import create_app
from paretocaps.web.guard.door import OPEN_TO_ALL, STATIC
from paretocaps.web.guard.options import GuardOptions
from paretocaps.web.serve_settings import ServeSettings

SECRETS = {"rita": "the-secret-of-a-reader-0001", "ruth": "the-secret-of-a-runner-0001"}
COMPUTING = {"/api/v1/space", "/new/preview"}
SESSION = {"/login", "/logout"}


@pytest.fixture(scope="module")
def app_of(tmp_path_factory):
    """Makes the service with a reader's and a runner's token, on a database without studies."""
    folder = tmp_path_factory.mktemp("guarded")

    def made(**options):
        with pytest.MonkeyPatch.context() as patch:
            tokens = f"rita:read:{SECRETS['rita']},ruth:run:{SECRETS['ruth']}"
            patch.setenv("PARETOCAPS_TOKENS", tokens)
            settings = ServeSettings(
                storage=f"sqlite:///{folder / 'new.db'}",
                folder=folder / "service",
                supervise=False,
                guard=GuardOptions(rate=10_000, **options),
            )
            return create_app(settings)

    return made


def paths(app):
    """Yield the methods and paths of all routes, with something in the place of each parameter."""
    for route in app.routes:
        below = getattr(route, "effective_route_contexts", None)
        for one in below() if below else [route]:
            path = re.sub(r"\{[^}]+\}", "1", one.path)
            for method in sorted(one.methods - {"HEAD"}):
                yield method, path


def asking(app):
    """Return a client that sends no token by itself, and follows no redirection."""
    return TestClient(app, "http://127.0.0.1", follow_redirects=False)


def of(name):
    return {"Authorization": f"Bearer {SECRETS[name]}"}


def test_behind_a_proxy_every_path_needs_a_token(app_of):
    app = app_of(proxies=("127.0.0.1",))
    asked = [one for one in paths(app) if one[1] not in OPEN_TO_ALL and not one[1].startswith(STATIC)]
    assert len(asked) > 40
    with asking(app) as client:
        for method, path in asked:
            answer = client.request(method, path, headers={"Origin": "http://127.0.0.1"})
            assert answer.status_code == 401, (method, path)


def test_here_every_change_needs_a_token_that_may_run(app_of):
    app = app_of()
    changes = [one for one in paths(app) if one[0] != "GET" and one[1] not in COMPUTING | SESSION]
    assert len(changes) > 20
    with asking(app) as client:
        for method, path in changes:
            assert client.request(method, path, json={}).status_code == 401, (method, path)
            answer = client.request(method, path, json={}, headers=of("rita"))
            assert answer.status_code == 403, (method, path)


def test_every_change_is_refused_from_another_page(app_of):
    app = app_of()
    with asking(app) as client:
        for method, path in paths(app):
            if method != "GET":
                sent = {**of("ruth"), "Origin": "https://evil.example"}
                assert client.request(method, path, headers=sent).status_code == 403, (method, path)


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/v1/audit"), ("DELETE", "/api/v1/studies/1")])
@pytest.mark.parametrize("name", ["rita", "ruth"])
def test_what_is_for_admins_is_refused_to_readers_and_runners(app_of, method, path, name):
    with asking(app_of()) as client:
        assert client.request(method, path, headers=of(name)).status_code == 403
