import threading
import time

import pytest

from paretocaps.errors import StorageError, UsageError
from paretocaps.storage.store import Store
from paretocaps.web.answers import Answers


@pytest.fixture
def store(url):
    with Store.open(url, create=False) as store:
        yield store


@pytest.fixture
def made():
    return []


def making(made, content=b"answer"):
    def make():
        made.append(content)
        return content

    return make


def test_an_answer_is_made_once_until_the_study_changes(store, made):
    answers = Answers(store)
    assert [answers.of_study("demo", "front", making(made)) for _ in range(3)] == [b"answer"] * 3
    assert len(made) == 1
    answers.of_study("demo", "trials", making(made))
    answers.of_study("other", "front", making(made))
    assert len(made) == 3
    store.start_trial("demo", 99, {"floors": 1})
    answers.of_study("demo", "front", making(made))
    answers.of_study("other", "front", making(made))
    assert len(made) == 4


def test_other_bounds_of_the_study_are_a_change(store, made):
    answers = Answers(store)
    answers.of_study("demo", "front", making(made))
    store.set_spec("demo", {**store.study("demo").spec, "require": ["acc>=0.5"]})
    answers.of_study("demo", "front", making(made))
    assert len(made) == 2


def test_what_was_asked_for_longest_ago_makes_room(store, made):
    answers = Answers(store, room=5000)
    for asked in ("first", "second", "first", "third"):
        answers.of_study("demo", asked, making(made, b"x" * 1500))
    assert len(made) == 3
    answers.of_study("demo", "first", making(made))
    assert len(made) == 3
    answers.of_study("demo", "second", making(made, b"x" * 6000))
    answers.of_study("demo", "second", making(made, b"x" * 6000))
    assert len(made) == 5


def test_one_thread_computes_and_the_others_take_its_answer(store, made):
    answers, begun = Answers(store), threading.Event()

    def slow():
        begun.set()
        time.sleep(0.05)
        return making(made)()

    threads = [threading.Thread(target=answers.of_study, args=("demo", "front", slow)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert begun.is_set()
    assert len(made) == 1


def test_an_error_is_raised_and_not_kept(store, made):
    answers = Answers(store)

    def fail():
        raise UsageError("this cannot be made")

    with pytest.raises(UsageError, match="cannot be made"):
        answers.of_study("demo", "front", fail)
    assert answers.of_study("demo", "front", making(made)) == b"answer"
    with pytest.raises(StorageError, match="no study 'nobody'"):
        answers.of_study("nobody", "front", making(made))


def test_what_is_of_no_study_is_kept_for_so_long(store, made):
    answers = Answers(store)
    for seconds in (60.0, 60.0, 0.0):
        answers.lately("studies", seconds, making(made))
    assert len(made) == 2
