"""Logs to MLflow: an experiment per study, in a database or to the server that MLflow is set to."""

import logging
import os
import re
from pathlib import Path
from typing import Any

from paretocaps.loggers.logger import Run


class MlflowLogger:
    """Writes runs to `mlflow.db` and `artifacts` in a folder, or to `MLFLOW_TRACKING_URI` if that is set.

    Args:
        study: name of the study, and of the experiment.
        folder: where the database and the artifacts are.
    """

    def __init__(self, study: str, folder: Path) -> None:
        from mlflow import MlflowClient

        logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)  # how it makes its tables
        where = os.environ.get("MLFLOW_TRACKING_URI")
        if where is None:
            folder.mkdir(parents=True, exist_ok=True)
            where = f"sqlite:///{folder.resolve() / 'mlflow.db'}"
            artifacts: str | None = (folder.resolve() / "artifacts" / study).as_uri()
        else:
            artifacts = None
        self._client: Any = MlflowClient(tracking_uri=where)
        self._experiment = self._known(study) or self._made(study, artifacts)

    def _known(self, study: str) -> str | None:
        found = self._client.get_experiment_by_name(study)
        return None if found is None else str(found.experiment_id)

    def _made(self, study: str, artifacts: str | None) -> str:
        from mlflow.exceptions import MlflowException

        try:
            return str(self._client.create_experiment(study, artifact_location=artifacts))
        except MlflowException:
            if found := self._known(study):  # another driver of the study was quicker
                return found
            raise

    def log(self, run: Run) -> None:
        """Write one run with its weights as artifacts; `_` replaces what MLflow allows in no name."""
        opened = self._client.create_run(self._experiment, tags=dict(run.tags), run_name=run.name)
        key = opened.info.run_id
        try:
            self._fill(key, run)
        except BaseException:
            self._client.set_terminated(key, "FAILED")
            raise
        self._client.set_terminated(key)

    def close(self) -> None:
        """Do nothing: every run is terminated."""

    def _fill(self, key: str, run: Run) -> None:
        from mlflow.entities import Metric, Param

        at = int(run.ended.timestamp() * 1000)
        curves = [
            Metric(_name(f"epoch/{name}"), value, at, epoch)
            for epoch, values in run.curves
            for name, value in values.items()
        ]
        values = [Metric(_name(name), value, at, 0) for name, value in run.values.items()]
        params = [Param(_name(name), str(value)) for name, value in run.choices.items()]
        self._client.log_batch(key, metrics=values, params=params)
        for first in range(0, len(curves), 1000):  # MLflow takes no more at once
            self._client.log_batch(key, metrics=curves[first : first + 1000])
        for file in run.files:
            self._client.log_artifact(key, str(file))


def _name(name: str) -> str:
    return re.sub(r"[^\w\-. :/]", "_", name)
