import threading

from paretocaps.storage.events import Told, tell
from paretocaps.storage.store import Store


def test_events_are_numbered_within_their_study_whether_it_exists_or_not(store):
    for study in ("s", "new", "s"):
        store.notify(study, "notice", {"text": study})
    assert [(event.number, event.kind, event.payload) for event in store.events("s")] == [
        (1, "notice", {"text": "s"}),
        (2, "notice", {"text": "s"}),
    ]
    assert [event.number for event in store.events("new")] == [1]
    assert (store.last_event("s"), store.last_event("nobody")) == (2, 0)


def test_a_watcher_goes_on_after_the_last_event_that_it_has(store):
    for number in range(5):
        store.notify("s", "notice", {"text": str(number)})
    assert [event.number for event in store.events("s", after=2, limit=2)] == [3, 4]
    assert store.events("s", after=5) == []


def test_several_events_of_one_transaction_are_numbered_in_their_order(store):
    told = [Told("epoch", {"epoch": number}) for number in range(3)]
    store._database.write(lambda connection: tell(connection, "s", told))
    store._database.write(lambda connection: tell(connection, "s", []))
    assert [(event.number, event.payload["epoch"]) for event in store.events("s")] == [(1, 0), (2, 1), (3, 2)]


def together(url, writers, each):
    def write():
        with Store.open(url, create=False) as store:
            for _ in range(each):
                store.notify("s", "notice", {"text": "x"})

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Store.open(url, create=False) as store:
        assert [event.number for event in store.events("s")] == list(range(1, writers * each + 1))


def test_writers_at_once_leave_no_gap(url):
    together(url, writers=3, each=5)


def test_writers_at_once_leave_no_gap_on_a_server(server):
    server.psql("CREATE DATABASE events;")
    url = server.get_uri(database="events").replace("postgresql:", "postgresql+psycopg:")
    Store.open(url, create=True).close()
    together(url, writers=3, each=20)
