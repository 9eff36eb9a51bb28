import asyncio

from starlette.requests import Request

from paretocaps.web.api.wsgi_bridge import answer_of

SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/dashboard/ü",
    "query_string": b"a=1",
    "http_version": "1.1",
    "server": ("127.0.0.1", 80),
    "headers": [(b"content-type", b"text/plain"), (b"x-own", b"1"), (b"authorization", b"Bearer secret")],
}


def test_a_wsgi_application_has_the_whole_request_but_no_secret():
    seen = {}

    def application(environ, start_response):
        seen.update(environ, body=environ["wsgi.input"].read())
        start_response("201 Created", [("X-Answer", "yes")])
        return [b"one", b"two"]

    async def receive():
        return {"type": "http.request", "body": b"sent", "more_body": False}

    answer = asyncio.run(answer_of(application, Request(SCOPE, receive)))
    assert (answer.status_code, answer.body, answer.headers["x-answer"]) == (201, b"onetwo", "yes")
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/dashboard/ü"
    assert (seen["CONTENT_TYPE"], seen["HTTP_X_OWN"], seen["body"]) == ("text/plain", "1", b"sent")
    assert not [name for name in seen if "AUTH" in name]
