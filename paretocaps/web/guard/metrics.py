"""What Prometheus reads of a service: its requests, its queue and its process."""

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from paretocaps.web.guard.observing import Answered

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10)  # s


class Metrics:
    """Counts requests, and gives all counts as Prometheus reads them.

    Args:
        submissions: returns how many submissions have each state.
    """

    def __init__(self, submissions: Callable[[], Mapping[str, int]]) -> None:
        self._registry = CollectorRegistry()
        names = ("method", "route", "status")
        self._requests = Counter(
            "paretocaps_http_requests", "Requests that were answered.", names, registry=self._registry
        )
        self._seconds = Histogram(
            "paretocaps_http_request_seconds",
            "Seconds from a request to the end of its answer; streams of events are left out.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        Info("paretocaps", "The version.", registry=self._registry).info({"version": version("paretocaps")})
        ProcessCollector(registry=self._registry)
        self._registry.register(_Submissions(submissions))

    def count(self, answered: Answered) -> None:
        """Count a request."""
        method = answered.method if answered.method in _METHODS else "other"
        self._requests.labels(method, answered.route, str(answered.status)).inc()
        if not answered.streamed:
            self._seconds.labels(method, answered.route).observe(answered.seconds)

    def text(self) -> bytes:
        """Return all counts in Prometheus's text format.

        Raises:
            StorageError: the database cannot be read.
        """
        return generate_latest(self._registry)


class _Submissions(Collector):
    """How many submissions there are, read when Prometheus asks."""

    def __init__(self, submissions: Callable[[], Mapping[str, int]]) -> None:
        self._submissions = submissions

    def describe(self) -> Iterator[GaugeMetricFamily]:
        yield self._family()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = self._family()
        for state, count in self._submissions().items():
            family.add_metric([state], count)
        yield family

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily("paretocaps_submissions", "Submissions by state.", labels=["state"])
