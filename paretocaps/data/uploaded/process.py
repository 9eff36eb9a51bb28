"""The process that unpacks and checks one upload: what is hostile in it harms no other process.

It is started in a folder that has the file `.upload`. It reads its orders from standard input as JSON:
{"name": the folder to make, "limits": ..., "reading": fields of a `DataSpec`}. It writes what it found to
standard output as JSON: {"files", "bytes", "told"}, or {"refused": the text, "large": whether by a limit}.
"""

import json
import os
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from paretocaps.data.uploaded.archives import unpack
from paretocaps.data.uploaded.upload_limits import UploadLimits
from paretocaps.errors import ParetocapsError, TooLargeError

UPLOAD = ".upload"
"""The name of the received file, which no data set has."""


def outcome(orders: dict[str, Any], limits: UploadLimits) -> dict[str, Any]:
    """Return what was found in the upload in the working folder, or why it is refused."""
    upload, folder = Path(UPLOAD), Path(orders["name"])
    try:
        unpack(upload, folder, limits)
        from paretocaps.data.uploaded.check import check_images  # most that is refused needs none of it

        found = check_images(folder, upload.stat().st_size, limits, orders["reading"])
    except ParetocapsError as error:
        return {"refused": str(error), "large": isinstance(error, TooLargeError)}
    except MemoryError:
        memory = f"{limits.memory / 2**30:g} GiB"
        text = f"the upload takes more than {memory} of memory to read: send smaller images"
        return {"refused": text, "large": True}
    os.sync()  # once for all files, before the folder gets its place
    return asdict(found)


def main() -> None:
    """Obey the orders, within the memory and the time that they allow."""
    from PIL import Image

    orders = json.load(sys.stdin)
    limits = UploadLimits(**orders["limits"])
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Image.MAX_IMAGE_PIXELS = limits.pixels // 2  # Pillow warns above it, and refuses above the double
    os.umask(0o077)
    os.nice(10)  # trainings on the same machine come first
    json.dump(outcome(orders, limits), sys.stdout)


if __name__ == "__main__":
    main()
