import json
from pathlib import Path

import onnx
import pytest
import torch
from torch import nn

from paretocaps.errors import ParetocapsError
from paretocaps.exporting import graph
from paretocaps.exporting.document import GRAPH
from paretocaps.exporting.graph import largest_difference, random_images, write_graph


def test_a_graph_takes_any_number_of_images_and_names_the_classes(written):
    model = onnx.load(written / GRAPH)
    onnx.checker.check_model(model, full_check=True)
    (images,), (scores,) = model.graph.input, model.graph.output
    assert (images.name, scores.name) == ("images", "scores")
    sizes = [dim.dim_value for dim in images.type.tensor_type.shape.dim]
    assert sizes == [0, 1, 9, 8]
    (entry,) = model.metadata_props
    assert (entry.key, json.loads(entry.value)) == ("classes", ["ant", "bee", "cat"])


def test_a_graph_is_made_of_standard_operators_and_says_nothing_of_this_machine(written):
    model = onnx.load(written / GRAPH)
    assert {node.domain for node in model.graph.node} <= {"", "ai.onnx"}
    assert not model.functions
    content = (written / GRAPH).read_bytes()
    assert str(Path(graph.__file__).parents[2]).encode() not in content
    assert b"site-packages" not in content


@pytest.mark.slow
def test_writing_prints_and_warns_nothing(network, tmp_path, capfd, caplog):
    opset = write_graph(tmp_path / GRAPH, network.eval(), "abc")
    assert opset >= 18
    assert capfd.readouterr() == ("", "")
    assert not [one for one in caplog.records if one.levelname != "DEBUG"]


def test_the_largest_difference_is_small_for_the_own_network_and_refused_for_another(network, written):
    images = random_images(network, 70)
    assert 0 <= largest_difference(written / GRAPH, network.eval(), images) < 1e-5
    with torch.no_grad():
        network.class_capsules.weight.mul_(2)
    with pytest.raises(ParetocapsError, match=r"torch's by .*, more than 0.0001: export without it"):
        largest_difference(written / GRAPH, network, images)


def test_scores_that_are_no_number_are_refused(network, written):
    with torch.no_grad():
        network.class_capsules.weight.fill_(torch.nan)
    with pytest.raises(ParetocapsError, match="differ from torch's by nan"):
        largest_difference(written / GRAPH, network.eval(), random_images(network, 2))


def test_images_that_the_graph_does_not_take(network, written):
    with pytest.raises(ParetocapsError, match="onnxruntime cannot run the network"):
        largest_difference(written / GRAPH, network.eval(), torch.rand(2, 1, 8, 8))


def test_a_network_that_cannot_be_traced_gives_one_line(network, tmp_path):
    class Odd(nn.Module):
        architecture = network.architecture

        def scores(self, images):
            return images[: int(images.sum())]

    with pytest.raises(ParetocapsError, match="cannot be written as ONNX") as caught:
        write_graph(tmp_path / GRAPH, Odd(), "abc")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / GRAPH).exists()


def test_random_images_are_the_same_every_time(network):
    assert torch.equal(random_images(network, 4), random_images(network, 4))
    assert random_images(network, 4).shape == (4, 1, 9, 8)
