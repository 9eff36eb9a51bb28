"""The ways in which a training step's products are computed on a device: its tuning."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from paretocaps.errors import UsageError

Precision = Literal["fp32", "bf16", "fp16"]
"""The number format of convolutions and matrix products."""

Products = Literal["torch", "onednn"]
"""The library of float32 matrix products: torch's own choice, which is MKL in most builds, or oneDNN."""

Form = Literal["patches", "onednn", "torch", "spectral"]
"""How a convolution's product is computed.

From a matrix of patches by torch's product or by oneDNN's, by torch's convolution, or by discrete Fourier
transforms.
"""


class ConvolutionShape(NamedTuple):
    """The sizes of an unpadded convolution of one image: maps [channels, height, width] to `filters` maps."""

    channels: int
    height: int
    width: int
    filters: int
    kernel_height: int
    kernel_width: int
    down: int
    across: int

    def __str__(self) -> str:
        kernel, stride = f"{self.kernel_height}x{self.kernel_width}", f"/{self.down}x{self.across}"
        steps = "" if (self.down, self.across) == (1, 1) else stride
        return f"{self.channels}x{self.height}x{self.width} to {self.filters} by {kernel}{steps}"


class Forms(BaseModel):
    """The forms of a convolution's three products."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outputs: Form = "patches"
    image_gradient: Form = "patches"
    filter_gradient: Form = "patches"

    @property
    def each(self) -> tuple[Form, Form, Form]:
        """The forms of outputs, image gradient and filter gradient."""
        return self.outputs, self.image_gradient, self.filter_gradient

    def __str__(self) -> str:
        return self.outputs if len(set(self.each)) == 1 else "/".join(self.each)


class ConvolutionTuning(Forms):
    """The forms of the convolution of one shape."""

    shape: ConvolutionShape


class Tuning(BaseModel):
    """The ways in which the products of a training step are computed, for a network and a number of images.

    Values differ between two tunings by rounding only, which `--seed` promises nothing about.

    Attributes:
        precision: the number format of convolutions and matrix products; weights stay float32.
        products: the library of the float32 matrix products outside convolutions.
        convolutions: the forms of each convolution whose forms are not the defaults.
        threads: the CPU threads that compute a step; None for all that the training has.
        compiled: whether torch's compiler fuses the operations between products.
        recorded: whether the operations of a pass are recorded once and replayed, which changes no value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    precision: Precision = "fp32"
    products: Products = "torch"
    convolutions: tuple[ConvolutionTuning, ...] = ()
    threads: Annotated[int, Field(ge=1)] | None = None
    compiled: bool = False
    recorded: bool = False

    def forms(self, shape: ConvolutionShape) -> Forms | None:
        """Return the forms of the convolution of `shape`; None where they are the device's defaults."""
        return next((found for found in self.convolutions if found.shape == shape), None)

    def __str__(self) -> str:
        """Return the tuning in one line, such as "products: torch; convolution: spectral; fp32"."""
        texts = [str(forms) for forms in self.convolutions] or ["default"]
        parts = [f"products: {self.products}", f"convolution: {', '.join(dict.fromkeys(texts))}"]
        parts += [self.precision, *(name for name in ("compiled", "recorded") if getattr(self, name))]
        if self.threads:
            parts += ["1 thread" if self.threads == 1 else f"{self.threads} threads"]
        return "; ".join(parts)


DEFAULT_FORMS = Forms()
"""The forms on a CPU where none were chosen; on other devices all products are then torch's convolution."""
DEFAULT = Tuning()
"""The tuning where none was measured, for precision fp32."""

Tunings = Mapping[str, Tuning]
"""Tunings by their keys."""

VARIABLE = "PARETOCAPS_TUNE"
"""Environment variable that names a file of tunings to use, or is "off": the defaults are used then."""

_TUNINGS = TypeAdapter(dict[str, Tuning])


def tuning_key(network: str, described: str, images: int, precision: str) -> str:
    """Return the key of a tuning: equal where the same products are to be computed.

    Args:
        network: a short name of the network for people, such as "capsnet 28x28x1".
        described: all that determines the network's products, as a text of any length.
        images: images per forward pass of one rank.
        precision: the choice of that name; "auto" leaves the number format to the tuning.
    """
    digest = hashlib.sha256(described.encode()).hexdigest()[:12]
    return f"{network} {digest}, {images} images, {precision}"


def tunings_json(tunings: Tunings) -> str:
    """Return tunings by their keys as JSON, which `parse_tunings` reads."""
    return _TUNINGS.dump_json(dict(tunings), exclude_defaults=True).decode()


def parse_tunings(text: str) -> dict[str, Tuning]:
    """Return the tunings that `tunings_json` wrote.

    Raises:
        ValueError: the text is anything else.
    """
    return _TUNINGS.validate_json(text)


def fixed_tunings(environment: Mapping[str, str]) -> dict[str, Tuning] | None:
    """Return the tunings that the user fixed by `VARIABLE`, beside the defaults; None if they are measured.

    Raises:
        UsageError: the file that it names cannot be read.
    """
    said = environment.get(VARIABLE)
    if not said:
        return None
    return {} if said == "off" else read_tunings(Path(said))


def read_tunings(path: Path) -> dict[str, Tuning]:
    """Return the tunings in a file that `tunings_json` wrote.

    Raises:
        UsageError: it cannot be read, or is not such a file.
    """
    try:
        return parse_tunings(path.read_text())
    except OSError as error:
        raise UsageError(f"the tunings in {str(path)!r} cannot be read: {error.strerror or error}") from None
    except (ValidationError, UnicodeDecodeError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": str(error)}
        where = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"{str(path)!r} is not a file of tunings ({where + ': ' if where else ''}{first['msg']}):"
            " paretocaps doctor names the one of this machine, of which a copy will do"
        ) from None
