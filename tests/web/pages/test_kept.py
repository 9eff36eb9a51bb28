from paretocaps.web.pages.kept import Kept


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_value_is_read_again_when_its_version_is_another():
    kept, read = Kept(clock=Clock()), []  # it reads in no time, so it rests for none

    def get(version):
        return kept.get("study", version, lambda: read.append(version) or len(read))

    assert [get(version) for version in (1, 1, 2, 2)] == [1, 1, 2, 2]
    assert read == [1, 2]


def test_what_took_long_to_read_is_kept_for_longer_though_it_has_changed():
    clock = Clock()
    kept = Kept(clock=clock)

    def slow(value):
        clock.now += 2.0
        return value

    assert kept.get("study", 1, lambda: slow("a")) == "a"
    clock.now += 9.9
    assert kept.get("study", 2, lambda: slow("b")) == "a"
    clock.now += 0.2
    assert kept.get("study", 2, lambda: slow("b")) == "b"


def test_those_asked_for_last_are_kept():
    kept, read = Kept(most=2), []

    def get(name):
        kept.get(name, 1, lambda: read.append(name) or name)

    for name in "abaca":
        get(name)
    assert read == ["a", "b", "c"]
    get("b")
    assert read == ["a", "b", "c", "b"]
