from dataclasses import replace
from datetime import UTC, datetime

from paretocaps.domain.objective import Objective, parse_objectives
from paretocaps.search.corners import stored_ideal
from paretocaps.storage.records import StudyRecord

STUDY = StudyRecord("s", datetime.now(UTC), {}, (0.5, 9.0))
BOTH = parse_objectives("acc,time")


def test_a_study_that_stored_no_ideal_point_has_the_limits_of_its_objectives():
    assert stored_ideal(STUDY, BOTH) == (1.0, 0.0)
    assert stored_ideal(replace(STUDY, ideal_point=(0.9, 1.0)), BOTH) == (0.9, 1.0)
    assert stored_ideal(replace(STUDY, reference_point=None), BOTH) is None
    assert stored_ideal(STUDY, (BOTH[0], Objective("gain", "maximize", "", ""))) is None
