"""The reading commands' use cases, answered by a service instead of a database of this machine."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

from paretocaps.client import Client
from paretocaps.domain.study_file import read_study_file
from paretocaps.errors import UsageError
from paretocaps.report.front import Front
from paretocaps.service import ChoiceView, Recommendation, SpaceView, check_output
from paretocaps.service.portable import WHOLE, loaded
from paretocaps.service.settings import parse_settings
from paretocaps.writing import whole_file


class Remote:
    """A service; the methods have the arguments of the functions of `paretocaps.service` with their names.

    Args:
        url: its address.
    """

    def __init__(self, url: str) -> None:
        self._url, self._client = url, Client(url)

    def studies(self, _storage: str) -> list[dict[str, Any]]:
        """List the studies."""
        return self._client.studies()

    def load_front(
        self,
        study: str | None,
        _storage: str,
        *view: Any,
        test: bool,
        notice: Callable[[str], None],
        data: str | None = None,
    ) -> Front:
        """Return a front."""
        if test:
            raise self._of_this_machine("--test")
        return loaded(Front, self._whole(f"{self._study(study)}/front", _view(*view)))

    def history(
        self,
        study: str | None,
        _storage: str,
        objectives: str | None,
        measured_on: str | None,
        scale_to: str | None,
        *,
        require: Sequence[str] | None,
    ) -> list[dict[str, Any]]:
        """Return the progress of a study."""
        view = _view(objectives, require, measured_on, scale_to)
        found: list[dict[str, Any]] = self._client.get(f"{self._study(study)}/history", **view)
        return found

    def recommend(
        self,
        study: str | None,
        _storage: str,
        *view: Any,
        preferences: Mapping[str, float] | None,
        aim: str | None,
        baseline: str,
    ) -> Recommendation:
        """Name one member of a front."""
        prefer = ",".join(f"{name}={share!r}" for name, share in (preferences or {}).items()) or None
        asked = {**_view(*view), "prefer": prefer, "aim": aim, "baseline": baseline}
        return loaded(Recommendation, self._whole(f"{self._study(study)}/recommendation", asked))

    def write_report(
        self,
        study: str | None,
        _storage: str,
        output: str | None,
        *view: Any,
        standalone: bool,
        pictures: str | None,
    ) -> Path:
        """Write the page of a study."""
        from paretocaps.storage.artifacts import safe_name

        if pictures or not standalone:
            raise self._of_this_machine("--pictures" if pictures else "--no-standalone")
        place = self._study(study)
        name = safe_name(unquote(Path(place).name) if study is None else study)
        path = check_output(output or f"reports/{name}.html")
        content = self._client.ask("GET", f"{place}/report?{_query(_view(*view))}")
        with whole_file(path) as stream:
            stream.write(content)
        return path

    def choices(self, trainer: str, name: str | None, space: str | None) -> list[ChoiceView]:
        """List the choices of a trainer."""
        found = self._whole("choices", {"trainer": trainer, "name": name, "space": space})
        return [loaded(ChoiceView, one) for one in found]

    def space(
        self,
        study: str | None,
        _storage: str,
        spec_file: str | None,
        name: str | None,
        trainer: str | None,
        settings: Sequence[str],
    ) -> SpaceView:
        """Return what a study samples, or what a new one would."""
        if study is not None:
            if spec_file or name or trainer or settings:
                raise UsageError(f"study {study!r} has its space: leave out the settings of a new one")
            return loaded(SpaceView, self._whole(f"{self._study(study)}/space", {}))
        options = read_study_file(spec_file) if spec_file else {}
        given = {"space": name, "trainer": trainer}
        options |= {key: value for key, value in given.items() if value}
        options["fix"] = {**options.get("fix", {}), **parse_settings(settings)}
        content = json.dumps(options).encode()
        return loaded(SpaceView, self._client.read(self._client.ask("POST", "space", content, accept=WHOLE)))

    def _study(self, study: str | None) -> str:
        """Return the path of a study, which need not be named where there is only one."""
        if study is None:
            names = [row["study"] for row in self._client.studies()]
            if len(names) != 1:
                raise UsageError(
                    f"the service has {len(names)} studies ({', '.join(names) or 'none'}): name one"
                )
            study = names[0]
        return f"studies/{quote(study, safe='')}"

    def _whole(self, path: str, asked: Mapping[str, Any]) -> Any:
        return self._client.read(self._client.ask("GET", f"{path}?{_query(asked)}", accept=WHOLE))

    def _of_this_machine(self, flag: str) -> UsageError:
        return UsageError(f"{flag} works on this machine: leave it out, or --server {self._url}")


def _view(
    objectives: str | None, require: Sequence[str] | None, measured_on: str | None, scale_to: str | None
) -> dict[str, Any]:
    """Return the parameters of a view; bounds that are given but empty are lifted."""
    return {
        "objectives": objectives,
        "require": list(require) if require else None,
        "all": "true" if require is not None and not require else None,
        "measured_on": measured_on,
        "scale_to": scale_to,
    }


def _query(asked: Mapping[str, Any]) -> str:
    return urlencode({name: value for name, value in asked.items() if value is not None}, doseq=True)
