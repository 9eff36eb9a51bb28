"""The tunings that a study keeps, as one driver knows them: they are read again only where some are new."""

from dataclasses import dataclass, field

from paretocaps.domain.measurement import Measurement
from paretocaps.domain.tuning import Tuning, Tunings
from paretocaps.storage.store import Store


@dataclass
class StudyTunings:
    """Hands the kept tunings to jobs, and keeps those that trainings measure.

    Those that other drivers have kept meanwhile may be missing here: whoever measures them again is given the
    kept ones.

    Args:
        store: has them.
        study: the study.
    """

    store: Store
    study: str
    _known: dict[str, dict[str, Tuning]] | None = field(default=None, init=False)

    @property
    def kept(self) -> dict[str, dict[str, Tuning]]:
        """The tunings by device (`Device.machine`) and key."""
        if self._known is None:
            self._known = self.store.tunings(self.study)
        return self._known

    def keep(self, device: str, key: str, tuning: Tuning) -> Tuning:
        """Keep a tuning of a device where the study has none; return the kept one.

        Raises:
            UnavailableError: the database cannot be used.
        """
        self._known = None
        return self.store.keep_tunings(self.study, device, {key: tuning})[key]

    def note(self, measurement: Measurement) -> None:
        """Note a measurement that was stored, with which the study has kept the tunings that it lacked."""
        known: Tunings = (self._known or {}).get(measurement.device.machine, {})
        if not measurement.tunings.keys() <= known.keys():
            self._known = None
