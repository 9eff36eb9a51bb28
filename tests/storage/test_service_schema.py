from typing import get_args

from paretocaps.storage.events import EventKind
from paretocaps.storage.service_schema import AUDIT, EVENTS, SUBMISSIONS
from paretocaps.storage.submissions import SUBMISSION_STATES, SubmissionKind


def test_columns_say_what_they_hold():
    tables = SUBMISSIONS, EVENTS, AUDIT
    assert all(column.comment for table in tables for column in table.c if column.name != "id")


def test_known_words_are_those_of_the_columns():
    (check,) = [one for one in SUBMISSIONS.constraints if "ck_" in str(one.name)]
    assert all(repr(state) in str(check.sqltext) for state in SUBMISSION_STATES)
    assert all(state in SUBMISSIONS.c.state.comment for state in SUBMISSION_STATES)
    assert all(kind in SUBMISSIONS.c.kind.comment for kind in get_args(SubmissionKind))
    assert all(kind in EVENTS.c.kind.comment for kind in get_args(EventKind))
