"""Packs files into archives, good ones and bad ones."""

import io
import tarfile
import zipfile

import numpy as np
from PIL import Image


def png(shade=0, size=(8, 8)):
    """Return the bytes of a gray image."""
    stream = io.BytesIO()
    Image.fromarray(np.full(size, shade, np.uint8)).save(stream, "png")
    return stream.getvalue()


def flowers(each=4, below=""):
    """Return the files of a data set of two classes."""
    shades = {"daisy": 0, "rose": 200}
    return {
        f"{below}{name}/{number}.png": png(shade + number)
        for name, shade in shades.items()
        for number in range(each)
    }


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    """Return a zip file of `files`: bytes by name, or by `ZipInfo`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tarred(files, mode="w"):
    """Return a tar file of `files`: bytes by name, or None by `TarInfo` of what is no file."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, content in files.items():
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content or b"")
            archive.addfile(info, io.BytesIO(content or b""))
    return stream.getvalue()
