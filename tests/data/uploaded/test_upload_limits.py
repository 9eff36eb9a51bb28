"""How much an upload may unpack to."""

import pytest

from paretocaps.data.uploaded.upload_limits import Room, UploadLimits
from paretocaps.errors import TooLargeError


@pytest.mark.parametrize(("size", "unpacked"), [(10, 64), (100, 500), (1000, 1000)])
def test_an_upload_may_unpack_to_a_multiple_of_its_size_within_bounds(size, unpacked):
    limits = UploadLimits(inflation=5, always=64, unpacked=1000)
    assert limits.unpacked_of(size) == unpacked


def test_room_ends_where_the_disk_is_full(tmp_path):
    room = Room(UploadLimits(spare=2**62), 2**40, tmp_path)
    room.add_bytes(2**20)
    with pytest.raises(TooLargeError, match="disk has no room"):
        room.add_bytes(2**26)


def test_room_ends_with_the_last_byte_and_the_last_file(tmp_path):
    room = Room(UploadLimits(inflation=1, always=3, files=2), 0, tmp_path)
    room.add_bytes(3)
    with pytest.raises(TooLargeError, match="1 times its size"):
        room.add_bytes(1)
    room.add_file()
    room.add_file()
    with pytest.raises(TooLargeError, match="more than 2 files"):
        room.add_file()
