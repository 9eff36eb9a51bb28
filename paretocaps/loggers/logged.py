"""The observer that logs a study to the loggers that a user names."""

from collections.abc import Callable, Sequence
from pathlib import Path

from paretocaps.domain.ended_training import EndedTraining
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UsageError
from paretocaps.loggers.logger import LOGGERS, Logger, Run
from paretocaps.search.observer import Observer
from paretocaps.search.observers import observer_of
from paretocaps.uninterrupted import uninterrupted
from paretocaps.writing import expanded

FOLDER = Path("logs")
"""Where loggers write by default, each into a folder of its name."""


class Logging(Observer):
    """Logs every training as it ends; a logger that fails is told of once, and gets nothing more.

    Args:
        loggers: the loggers by name.
        notice: is told of a logger that fails, in a line.
    """

    def __init__(self, loggers: dict[str, Logger], notice: Callable[[str], None]) -> None:
        self._loggers, self._notice = loggers, notice

    def training_ended(self, training: EndedTraining) -> None:
        """Log a training."""
        run = Run.of(training)
        self._each(lambda logger: logger.log(run))

    def closed(self) -> None:
        """Close the loggers."""
        self._each(lambda logger: logger.close())

    def _each(self, use: Callable[[Logger], None]) -> None:
        for name, logger in list(self._loggers.items()):
            try:
                with uninterrupted():  # what is stored is never logged again
                    use(logger)
            except Exception as error:  # a tracker's; the study is stored all the same
                del self._loggers[name]
                why = _one_line(error)
                self._notice(f"logger {name!r} failed and logs nothing more: {why}; the study is stored")


def with_logging(observer: Observer, spec: StudySpec) -> Observer:
    """Return an observer that also logs to the loggers of `spec.log`: "tensorboard", or "wandb=FOLDER".

    Raises:
        UsageError: a logger is named twice, cannot be opened, or its library is not installed.
        UnknownNameError: there is no such logger.
    """
    if not spec.log:
        return observer
    return observer_of([observer, Logging(_opened(spec.log, spec.study), observer.notice)])


def _opened(names: Sequence[str], study: str) -> dict[str, Logger]:
    loggers: dict[str, Logger] = {}
    for text in names:
        name, _, folder = (part.strip() for part in text.partition("="))
        if name in loggers:
            raise UsageError(f"logger {name!r} is named twice: name it once")
        make = LOGGERS.get(name)
        try:
            loggers[name] = make(study, expanded(folder) if folder else FOLDER / name)
        except ImportError as error:
            package = "the library" if LOGGERS.plugged_in(name) else f"'paretocaps[{name}]'"
            raise UsageError(
                f"logger {name!r} needs a library that is not installed ({error}): pip install {package}"
            ) from None
        except Exception as error:  # a folder that cannot be made, a server that does not answer
            why = _one_line(error)
            raise UsageError(
                f"logger {name!r} cannot be opened: {why}; name a folder ({name}=FOLDER), or leave it out"
            ) from None
    return loggers


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
