from paretocaps.domain.slot import WHOLE, Slot, slot_size


def test_a_study_without_slots_trains_on_a_whole_cpu():
    assert slot_size(()) is None
    assert slot_size([Slot(name=WHOLE, cores=(0, 1))]) is None


def test_the_size_of_slots_is_their_number_of_cores():
    assert slot_size([Slot(name="cores 0-1", cores=(0, 1)), Slot(name="cores 2-3", cores=(2, 3))]) == 2
