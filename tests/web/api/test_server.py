import socket

import pytest

from paretocaps.errors import UsageError
from paretocaps.web.api.server import address, listening


def test_the_address_is_one_for_browsers():
    with listening("127.0.0.1", 0) as listener:
        assert address(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}/"


def test_a_port_in_use_is_told_with_the_remedy():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=rf"127.0.0.1:{port}: .*: choose another port or address"):
            listening("127.0.0.1", port)
