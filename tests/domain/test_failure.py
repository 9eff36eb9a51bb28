import dataclasses

import pytest

from paretocaps.domain.failure import Failure


def test_a_failure_is_a_frozen_value_that_reads_as_its_reason():
    failure = Failure("no luck")
    assert (str(failure), failure.may_pass) == ("no luck", False)
    assert failure == Failure("no luck") != Failure("no luck", may_pass=True)
    with pytest.raises(dataclasses.FrozenInstanceError):
        failure.reason = "luck"


def test_a_reason_can_be_stored_whatever_is_in_it():
    assert (
        Failure("cannot read caf\udce9.png: bad header \0").reason
        == r"cannot read caf\udce9.png: bad header \0"
    )
