"""200 uploads that are hostile or broken, and the limits that they are sent under."""

import gzip
import io
import random
import struct
import tarfile
import zipfile
import zlib

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from paretocaps.data.uploaded.upload_limits import UploadLimits
from tests.data.uploaded.packing import flowers, png, tarred, zipped

LIMITS = UploadLimits(size=2**20, unpacked=8 * 2**20, always=2**21, files=1000, memory=2**30, seconds=60)
_LEAVING = (
    "../evil.png",
    "../../evil.png",
    "daisy/../../evil.png",
    "/etc/evil.png",
    "/tmp/evil.png",
    "..\\evil.png",
    "daisy\\..\\..\\evil.png",
    "\\evil.png",
    "./../evil.png",
    "daisy/./../../evil.png",
    "..",
    "../",
    "daisy/" * 9 + "evil.png",
    "a" * 256 + ".png",
    "daisy/e\nvil.png",
    "daisy/e\x1b[31mvil.png",
    "daisy/\x7f.png",
)
"""Names of files that lead out of the folder, or that no file can have."""


def uploads():
    """Return 200 uploads, by name."""
    found = {**_names(), **_links(), **_bombs(), **_broken(), **_images(), **_tables(), **_wrong()}
    cut = random.Random(0)
    for number in range(200 - len(found)):  # the rest are cut off somewhere
        form, whole = list(_whole().items())[number % 4]
        found[f"{form} cut {number}"] = whole[: cut.randrange(4, len(whole.rstrip(b"\0")) * 9 // 10)]
    assert len(found) == 200
    return found


def _whole():
    files = flowers(6)
    return {
        "zip": zipped(files),
        "tar": tarred(files),
        "tar.gz": tarred(files, "w:gz"),
        "tar.xz": tarred(files, "w:xz"),
    }


def _names():
    found = {}
    for number, name in enumerate(_LEAVING):
        found[f"zip name {number}"] = zipped({**flowers(), name: png()})
        found[f"tar name {number}"] = tarred({**flowers(), name: png()})
    for form, pack in (("zip", _pairs_zipped), ("tar", _pairs_tarred)):
        found[f"{form} twice"] = pack([("daisy/0.png", png()), ("daisy/0.png", png(3))])
        found[f"{form} twice by dots"] = pack([("daisy/0.png", png()), ("./daisy/./0.png", png(3))])
        found[f"{form} file as folder"] = pack([("daisy", png()), ("daisy/0.png", png())])
        found[f"{form} folder as file"] = pack([("daisy/0.png", png()), ("daisy", png())])
    surrogate = tarfile.TarInfo("daisy/\udcff.png")
    return found | {"tar name no text": tarred({**flowers(), surrogate: png()})}


def _pairs_zipped(pairs):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in pairs:
            archive.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()


def _pairs_tarred(pairs):
    return tarred({tarfile.TarInfo(name): content for name, content in pairs})


def _links():
    found = {}
    for kind in (b"1", b"2", b"3", b"4", b"6"):  # links, devices and a pipe
        for target in ("/etc/passwd", "../../outside", "daisy/0.png"):
            info = tarfile.TarInfo("daisy/link.png")
            info.type, info.linkname = kind, target
            found[f"tar type {kind.decode()} to {target}"] = tarred({**flowers(), info: None})
    for target in ("/etc/passwd", "..", "daisy"):
        info = zipfile.ZipInfo("daisy/link.png")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        found[f"zip link to {target}"] = zipped({**flowers(), info: target.encode()})
        info = tarfile.TarInfo("rose")
        info.type, info.linkname = b"2", target
        through = {info: None, tarfile.TarInfo("rose/evil.png"): png()}
        found[f"tar through a link to {target}"] = tarred(through)
    device = zipfile.ZipInfo("daisy/device")
    device.create_system, device.external_attr = 3, 0o020666 << 16
    return found | {"zip device": zipped({**flowers(), device: b""})}


def _bombs():
    zeros = bytes(3 * 2**20)
    many = {f"daisy/{number}.png": b"" for number in range(1200)}
    return {
        "zip bomb": zipped({**flowers(), "daisy/zeros.png": zeros}),
        "zip bomb of bz2": zipped({**flowers(), "daisy/zeros.png": zeros}, zipfile.ZIP_BZIP2),
        "zip bomb of xz": zipped({**flowers(), "daisy/zeros.png": zeros}, zipfile.ZIP_LZMA),
        "tar.gz bomb": tarred({**flowers(), "daisy/zeros.png": zeros}, "w:gz"),
        "tar.bz2 bomb": tarred({**flowers(), "daisy/zeros.png": zeros}, "w:bz2"),
        "tar.xz bomb": tarred({**flowers(), "daisy/zeros.png": zeros}, "w:xz"),
        "tar.gz bomb hidden": tarred({**flowers(), "daisy/.zeros": zeros}, "w:gz"),
        "tar.gz bomb after the end": gzip.compress(tarred(flowers()) + zeros, 1),
        "zip that lies of its sizes": _lying(zipped({**flowers(), "daisy/zeros.png": zeros})),
        "zip of many": zipped(many, zipfile.ZIP_STORED),
        "tar of many": tarred(many, "w:gz"),
        "zip of folders": zipped({f"a/b/c/d/e/f/{number}/x.png": b"" for number in range(600)}),
        "tar of sparse zeros": _sparse(),
        "tar with a header of zeros": _long_header(),
    }


def _lying(archive):
    """Return a zip file whose directory says that its largest file has 4 bytes."""
    size = struct.pack("<I", 3 * 2**20)
    return archive.replace(size, struct.pack("<I", 4))


def _sparse():
    header = bytearray(tarfile.TarInfo("daisy/zeros.png").tobuf(tarfile.GNU_FORMAT))
    header[156:157] = b"S"
    header[386:410] = b"00000000000\x0000000000000\0"
    header[483:495] = b"77777777777\0"
    return _summed(header) + bytes(1024)


def _summed(header):
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def _long_header():
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = b"x", 4 * 2**20
    return gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) + bytes(info.size) + bytes(1024), 1)


def _broken():
    whole, found = _whole(), {}
    for form, content in whole.items():
        middle = len(content) // 2
        found[f"{form} of its first half"] = content[:middle]
        found[f"{form} of its second half"] = content[middle:]
        found[f"{form} without its beginning"] = content[8:]
    found["zip with a wrong checksum"] = whole["zip"].replace(_first_sum(), b"\0\0\0\0")
    encrypted = bytearray(whole["zip"])
    for at in _all(encrypted, b"PK\1\2"):
        encrypted[at + 8] |= 1
    found["zip encrypted"] = bytes(encrypted)
    strange = bytearray(whole["zip"])
    for magic, offset in ((b"PK\1\2", 10), (b"PK\3\4", 8)):
        for at in _all(strange, magic):
            strange[at + offset] = 97
    found["zip of an unknown compression"] = bytes(strange)
    found["zip of nothing"] = zipped({})
    found["tar of nothing"] = tarred({})
    found["tar.gz of nothing"] = tarred({}, "w:gz")
    found["tar without an end"] = whole["tar"][: len(whole["tar"]) // 10240 * 10240 - 10240][:3584]
    found["gzip of no tar"] = gzip.compress(b"no tar" * 100)
    found["gzip of nothing"] = gzip.compress(b"")
    return found


def _first_sum():
    return struct.pack("<I", zlib.crc32(png(0)))


def _all(content, part):
    at = content.find(part)
    while at >= 0:
        yield at
        at = content.find(part, at + 1)


def _images():
    huge = bytearray(png())
    huge[16:24] = struct.pack(">II", 2**31 - 1, 2**31 - 1)
    huge[29:33] = struct.pack(">I", zlib.crc32(bytes(huge[12:29])))
    contents = {
        "nothing": b"",
        "text": b"no image",
        "half an image": png()[:40],
        "an image of 2^62 pixels": bytes(huge),
        "a page": b"<html><script>alert(1)</script></html>",
        "a program": b"\x7fELF" + bytes(200),
        "a picture of vectors": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
        "an archive": zipped({"a": b"b"}),
    }
    return {
        f"{form} with {what}": pack({**flowers(), "daisy/9.png": content})
        for what, content in contents.items()
        for form, pack in (("zip", zipped), ("tar", tarred))
    }


def table(images, labels, **options):
    """Return the bytes of a parquet file of images and labels."""
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    rows = pa.table(
        {
            "image": pa.array([{"bytes": one, "path": None} for one in images], image),
            "label": labels if isinstance(labels, pa.Array) else pa.array(labels),
        }
    )
    stream = io.BytesIO()
    parquet.write_table(rows, stream, **options)
    return stream.getvalue()


def _tables():
    images, labels = [png(shade) for shade in range(12)], [0, 1] * 6
    whole = table(images, labels)
    stream = io.BytesIO()
    parquet.write_table(pa.table({"label": np.zeros(20_000, np.int64)}), stream)
    other = io.BytesIO()
    parquet.write_table(pa.table({"a": [1], "b": [2]}), other)
    outside = table(images, labels).replace(b"label", b"lobel")
    return {
        "parquet of many rows": stream.getvalue(),
        "parquet of a bomb": table([bytes(3 * 2**20), png()], [0, 1], compression="zstd"),
        "parquet of other columns": other.getvalue(),
        "parquet without labels": outside,
        "parquet of labels as text": table(images, ["a", "b"] * 6),
        "parquet of negative labels": table(images, [-1, 1] * 6),
        "parquet of labels with gaps": table(images, [0, 5] * 6),
        "parquet of missing labels": table(images, [0, None] * 6),
        "parquet of no rows": table([], pa.array([], pa.int64())),
        "parquet of no images": table([None] * 12, labels),
        "parquet of texts": table([b"no image"] * 12, labels),
        "parquet of its first half": whole[: len(whole) // 2],
        "parquet of its beginning": whole[:4],
        "parquet with changed bytes": whole[:200] + bytes(100) + whole[300:],
        "zip with a broken parquet file": zipped({"train.parquet": whole[:-50]}),
        "zip with a parquet file of another name": zipped({"images.parquet": whole}),
        "zip with IDX and parquet files": zipped(
            {"train.parquet": whole, "train-images-idx3-ubyte": b"", "train-labels-idx1-ubyte": b""}
        ),
    }


def _wrong():
    idx = b"\0\0\x08\x03" + struct.pack(">III", 10**9, 28, 28)
    labels = b"\0\0\x08\x01" + struct.pack(">I", 10**9)
    return {
        "empty": b"",
        "one byte": b"P",
        "text": b"hello",
        "image": png(),
        "JSON": b'{"data": "/etc"}',
        "page": b"<html></html>",
        "program": b"\x7fELF" + bytes(600),
        "pickle": b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93.",
        "rar": b"Rar!\x1a\x07\0" + bytes(100),
        "7z": b"7z\xbc\xaf'\x1c" + bytes(100),
        "zeros": bytes(2000),
        "zip of one class": zipped({"daisy/0.png": png(), "daisy/1.png": png(1), "readme.txt": b"x"}),
        "zip of loose images": zipped({"0.png": png(), "1.png": png(1)}),
        "zip of texts": zipped({"daisy/a.txt": b"a", "rose/b.txt": b"b"}),
        "zip of an archive": zipped({"a/b.zip": zipped(flowers()), "c/d.zip": b"", "e.tar": b""}),
        "zip of a module": zipped({"numpy/__init__.py": b"raise SystemExit(3)", "json.py": b"1/0"}),
        "zip of a pickle": zipped({"a.pkl": b"cos\nsystem\n(S'true'\ntR.", "b/c.npy": b""}),
        "zip of few images": zipped(flowers(1)),
        "zip of IDX that lies": zipped({"train-images-idx3-ubyte": idx, "train-labels-idx1-ubyte": labels}),
        "zip of IDX that inflates": zipped(
            {
                "train-images-idx3-ubyte.gz": gzip.compress(idx + bytes(10**6)),
                "train-labels-idx1-ubyte.gz": gzip.compress(labels + bytes(10**6)),
            }
        ),
        "zip of a spoofed note": zipped({".upload.json": b"{}", "__MACOSX/daisy/0.png": png()}),
    }
