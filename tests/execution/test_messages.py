import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.execution.messages import decode, encode

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.slow
@given(st.dictionaries(st.text().filter(lambda name: name != "kind"), VALUES))
def test_a_message_is_one_line_and_comes_back(values):
    line = encode("epoch", **values)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert decode(line) == {"kind": "epoch", **values}


def test_a_loss_that_is_not_a_number_comes_back():
    assert math.isnan(decode(encode("epoch", loss=math.nan))["loss"])


@pytest.mark.parametrize("line", [b"", b"hello", b"3", b"{}", b'{"kind": 1}', b"\xff\xfe"])
def test_anything_else_is_refused(line):
    with pytest.raises(ValueError, match="is not a message"):
        decode(line)
