"""What a driver notices about its measurements: what makes their values unreliable."""

from dataclasses import dataclass, field

from paretocaps.domain.measurement import Measurement
from paretocaps.search.observer import Observer
from paretocaps.storage.store import Store


@dataclass
class Remarks:
    """Notices the remarks of the measurements of one study; those of several trials are given only once."""

    study: str
    store: Store
    observer: Observer
    _remarked: set[str] = field(default_factory=set)
    _compared: bool = False

    def note(self, number: int, measurement: Measurement) -> None:
        """Notice what is new about a measurement of a trial, which is stored."""
        new = [remark for remark in measurement.remarks if remark not in self._remarked]
        if measurement.device.loaded:
            # not every remark says why the device counts as loaded
            known = "; ".join(measurement.remarks) or "its times are not reliable"
            self.observer.notice(f"trial {number} (trained on a loaded device): {known}")
        elif new:
            self.observer.notice(f"trial {number}: {'; '.join(new)}")
        self._remarked.update(new)
        if measurement.tunings and not self._compared:
            self._compared = True
            self._notice_untuned(measurement.device.name)

    def _notice_untuned(self, device: str) -> None:
        """Notice that an older version, which computed steps otherwise, trained some of the trials."""
        if older := self.store.untuned(self.study, device):
            count = "1 trial" if len(older) == 1 else f"{len(older)} trials"
            self.observer.notice(
                f"{count} (the last one is {older[-1]}) of a version that recorded no tunings computed steps"
                " otherwise: compare times with theirs in a new study only"
            )
