import numpy as np
import onnx
import pytest
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

from paretocaps.errors import DataError
from paretocaps.exporting.document import GRAPH
from paretocaps.exporting.session import open_graph, run_graph


@pytest.mark.parametrize("count", [1, 2, 17])
def test_a_graph_scores_any_number_of_images(written, count):
    scores = run_graph(open_graph(written / GRAPH), np.zeros((count, 1, 9, 8), np.float32))
    assert scores.shape == (count, 3)
    assert scores.dtype == np.float32


def test_a_truncated_file(folder, capfd):
    path = folder / GRAPH
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match="cannot be read as ONNX") as caught:
        open_graph(path)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_no_file(tmp_path):
    with pytest.raises(DataError, match="cannot be read as ONNX"):
        open_graph(tmp_path / GRAPH)


def test_another_graph(tmp_path):
    value = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "xy"]
    node = onnx.helper.make_node("Relu", ["x"], ["y"])
    graph = onnx.helper.make_graph([node], "other", value[:1], value[1:])
    opset = [onnx.helper.make_opsetid("", 18)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=9), tmp_path / GRAPH)
    with pytest.raises(DataError, match="has inputs and outputs x, y"):
        open_graph(tmp_path / GRAPH)


@pytest.mark.parametrize("place", ["../secret", "{folder}/secret", "link"])
def test_a_graph_reads_no_file_outside_of_its_folder(tmp_path, place):
    (tmp_path / "secret").write_bytes(bytes(16))
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    outside = onnx.TensorProto(name="w", data_type=onnx.TensorProto.FLOAT, dims=[4])
    outside.data_location = onnx.TensorProto.EXTERNAL
    outside.external_data.add(key="location", value=place.format(folder=tmp_path))
    ends = [make_tensor_value_info(name, onnx.TensorProto.FLOAT, [4]) for name in ("images", "scores")]
    graph = make_graph([make_node("Add", ["images", "w"], ["scores"])], "g", ends[:1], ends[1:], [outside])
    model = make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=8)
    (folder / GRAPH).write_bytes(model.SerializeToString())
    with pytest.raises(DataError, match="cannot be read as ONNX"):
        open_graph(folder / GRAPH)
