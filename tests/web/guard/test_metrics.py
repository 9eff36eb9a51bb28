from paretocaps.web.guard.metrics import Metrics
from paretocaps.web.guard.observing import Answered


def request(**given):
    usual = {"id": "1", "method": "GET", "path": "/a/1", "route": "/a/{n}", "status": 200, "seconds": 0.03}
    rest = {"streamed": False, "who": None, "address": "", "reason": None, "made": None}
    return Answered(**{**usual, **rest, **given})


def test_requests_are_counted_by_pattern_and_streams_are_not_timed():
    metrics = Metrics(lambda: {"queued": 3})
    metrics.count(request())
    metrics.count(request(path="/a/2"))
    metrics.count(request(route="/events", streamed=True, seconds=600))
    metrics.count(request(method="BREW", status=405))
    lines = metrics.text().decode().splitlines()
    assert 'paretocaps_http_requests_total{method="GET",route="/a/{n}",status="200"} 2.0' in lines
    assert 'paretocaps_http_requests_total{method="other",route="/a/{n}",status="405"} 1.0' in lines
    assert 'paretocaps_http_request_seconds_bucket{le="0.05",method="GET",route="/a/{n}"} 2.0' in lines
    assert not [line for line in lines if "seconds" in line and "/events" in line]
    assert 'paretocaps_submissions{state="queued"} 3.0' in lines


def test_services_of_one_process_count_for_themselves():
    first, second = Metrics(dict), Metrics(dict)
    first.count(request())
    assert b'route="/a/{n}"' not in second.text()
