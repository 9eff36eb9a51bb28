from dataclasses import replace

from paretocaps.report.hypervolume_text import hypervolume_text


def test_a_hypervolume_is_a_share_where_both_corners_are_known(front):
    assert hypervolume_text(front) == "hypervolume 1.25e+07"
    ideal = replace(front, ideal_point=(1.0, 0.0, 0.0))
    assert hypervolume_text(ideal) == "hypervolume 0.0855"
    published = replace(ideal, published=2 * front.hypervolume)
    assert hypervolume_text(published) == "hypervolume 0.0855 (the published figures: 0.1711)"


def test_nothing_is_said_before_the_reference_point_is_fixed(front):
    assert hypervolume_text(replace(front, reference_point=None, hypervolume=0.0)) == ""
