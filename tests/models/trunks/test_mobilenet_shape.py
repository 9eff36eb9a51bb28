from paretocaps.models.geometry import Size
from paretocaps.models.trunks.mobilenet_shape import MOBILENET_V1, WIDTHS


def test_the_published_network_at_224():
    found = MOBILENET_V1.shape(3, Size(224, 224), ())
    assert len(found.convolutions) == len(WIDTHS) == 27
    # Howard et al., Table 4: 4.2 million parameters with the classifier, 569 million multiply-adds
    assert sum(c.params for c in found.convolutions) == 3_206_976
    assert sum(c.params for c in found.convolutions) + 1025 * 1000 == 4_231_976
    assert round((sum(c.macs for c in found.convolutions) + 1024 * 1000) / 1e6) == 569
    assert found.size == found.kernel == Size(7, 7)


def test_depthwise_convolutions_follow_what_they_read():
    found = MOBILENET_V1.shape(3, Size(64, 64), ()).convolutions
    for before, deep in zip(found[:-1:2], found[1::2], strict=True):
        assert deep.groups == deep.inputs == deep.outputs == before.outputs
        assert deep.tied == before.name
