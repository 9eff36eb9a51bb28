"""Logs to Weights & Biases: a project per study, in which the runs of a trial are a group."""

import os
import re
from pathlib import Path

from paretocaps.loggers.logger import Run

_LONGEST = 128  # characters of a name


class WandbLogger:
    """Writes runs offline, which `wandb sync` uploads; `WANDB_MODE=online` uploads them at once.

    Args:
        study: name of the study, and of the project, in which `_` replaces what W&B allows in no name.
        folder: where its folder `wandb` of runs is made.
    """

    def __init__(self, study: str, folder: Path) -> None:
        import wandb

        folder.mkdir(parents=True, exist_ok=True)
        self._project, self._folder = re.sub(r"[\\/#?%:]", "_", study)[:128], folder
        self._settings = wandb.Settings(
            mode=os.environ.get("WANDB_MODE", "offline"),
            silent=True,
            console="off",
            disable_git=True,
            disable_code=True,
            x_disable_meta=True,
            x_disable_stats=True,
        )

    def log(self, run: Run) -> None:
        """Write one run with its weights as an artifact."""
        import wandb

        opened = wandb.init(
            project=self._project,
            name=run.name,
            group=run.trial,
            dir=str(self._folder),
            config={**run.choices, **run.tags},
            reinit="create_new",
            settings=self._settings,
        )
        try:
            for epoch, values in run.curves:
                opened.log({f"epoch/{name}": value for name, value in values.items()}, step=epoch)
            opened.summary.update(dict(run.values))
            if run.files:
                # letters, digits, "_", "-" and "." are allowed; the end of a long name tells trials apart
                name = re.sub(r"[^\w.\-]", "_", f"{run.study}-{run.name}", flags=re.ASCII)[-_LONGEST:]
                artifact = wandb.Artifact(name, type="model")
                for file in run.files:
                    artifact.add_file(str(file))
                opened.log_artifact(artifact)
        finally:
            opened.finish()

    def close(self) -> None:
        """Do nothing: every run is finished."""
