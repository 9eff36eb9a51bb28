import pytest
from starlette.exceptions import HTTPException

from paretocaps.errors import MissingError, StateError, UsageError
from paretocaps.service import queueing
from paretocaps.service.queueing import Places
from paretocaps.service.quota import Quota
from paretocaps.service.uploading.sets import NamedSet, write_about
from paretocaps.storage.store import Store
from paretocaps.web.guard.principal import Principal
from paretocaps.web.owned import (
    allowed_priority,
    own_submission,
    quota_of,
    remove_own_submission,
    remove_own_upload,
    submit_of_trial,
)


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/new.db", create=True) as opened:
        yield opened


def test_a_token_may_change_its_own_submission_and_an_admin_any(store):
    made = queueing.submit("study", "s", {}, store, owner="ann")
    assert own_submission("s", Principal("ann", "run"), store).id == made.id
    assert own_submission("s", Principal("root", "admin"), store).id == made.id
    with pytest.raises(HTTPException, match=r"submission 1 was submitted by the token 'ann'"):
        own_submission(made.id, Principal("bob", "run"), store)
    with pytest.raises(HTTPException, match="study 's' was submitted by the token 'ann'") as refused:
        own_submission("s", Principal("bob", "run"), store)
    assert refused.value.status_code == 403


def test_a_study_that_was_not_submitted_has_none(store):
    assert own_submission("s", Principal("ann", "run"), store, raising=True) is None
    with pytest.raises(MissingError):
        own_submission("s", Principal("ann", "run"), store)


def test_a_quota_is_the_tokens():
    assert quota_of(Principal("ann", "run", max_trials=3, max_hours=0.5)).trials == 3


def test_a_priority_is_not_above_the_tokens_highest():
    assert allowed_priority(Principal("root", "admin"), 100) == 100
    assert allowed_priority(Principal("ann", "run"), -3) == -3
    assert allowed_priority(Principal("ann", "run", max_priority=5), 5) == 5
    for who, above in ((Principal("ann", "run"), 1), (Principal("ann", "admin", max_priority=5), 6)):
        with pytest.raises(
            UsageError, match=f"^priority={above} is above {above - 1}, the highest of the token"
        ):
            allowed_priority(who, above)


def test_an_upload_is_removed_by_its_owner_or_an_admin_while_no_study_needs_it(store, tmp_path):
    for name in ("flowers", "photos"):
        (tmp_path / "uploads" / name).mkdir(parents=True)
        about = NamedSet(f"upload:{name}", "upload", "ann")
        write_about(tmp_path / "uploads" / name, about)
    with pytest.raises(HTTPException, match="'flowers' was uploaded with the token 'ann': use that one"):
        remove_own_upload(tmp_path, "flowers", Principal("bob", "run"), store)
    options = {"data": "upload:flowers"}
    queueing.submit("study", "s", options, store, places=queueing.Places(tmp_path, None))
    with pytest.raises(StateError, match="study 's' is queued and trained on 'flowers': stop it first"):
        remove_own_upload(tmp_path, "flowers", Principal("ann", "run"), store)
    queueing.stop("s", store)
    store.create_study("s", {"study": "s", "data": str(tmp_path / "uploads" / "flowers")})
    number = queueing.submit("training", "s", {"trial": 0}, store).id
    queueing.submit("export", "s", {"trial": 0}, store)
    with pytest.raises(StateError, match="a training of study 's' is queued and trained on 'flowers': stop"):
        remove_own_upload(tmp_path, "flowers", Principal("ann", "run"), store)
    queueing.stop(number, store)
    remove_own_upload(tmp_path, "flowers", Principal("ann", "run"), store)
    remove_own_upload(tmp_path, "photos", Principal("root", "admin"), store)
    with pytest.raises(MissingError, match="no upload is called 'photos'"):
        remove_own_upload(tmp_path, "photos", Principal("root", "admin"), store)


def test_what_counts_for_a_quota_of_hours_is_removed_by_an_admin_alone(store, tmp_path):
    made = queueing.submit("study", "new", {}, store, owner="ann", quota=Quota(hours=1.0))
    store.take_turn(made.id, "token", "host")
    store.join_turn(made.id, "token", 1)
    store.beat_turn(made.id, "token", 9.0)
    store.end_turn(made.id, "token", "failed", "no such folder")
    for who, refused in (
        (Principal("bob", "run"), HTTPException),
        (Principal("ann", "run", max_hours=1.0), StateError),
    ):
        with pytest.raises(refused, match="admin"):
            remove_own_submission(made.id, who, tmp_path, store)
    remove_own_submission(made.id, Principal("cat", "admin"), tmp_path, store)
    assert store.spent("ann") == (0, 0.0)


def test_nothing_is_made_of_a_trial_of_which_nothing_was_measured(store, tmp_path):
    store.create_study("s", {"objectives": ["acc", "time"]})
    store.start_trial("s", 0, {})
    asked = "training", "s", 0, {}, Principal("ann", "run"), store
    with pytest.raises(StateError, match="trial 0 of study 's' is running: choose a finished one"):
        submit_of_trial(*asked, places=Places(tmp_path, None))
    store.stop_trial("s", 0, "beaten")
    assert submit_of_trial(*asked, places=Places(tmp_path, None)).kind == "training"
