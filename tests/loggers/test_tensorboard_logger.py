import pytest


@pytest.mark.slow  # imports tensorboard
def test_tensorboard_reads_curves_choices_values_and_tags(tmp_path, runs):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    from paretocaps.loggers.tensorboard_logger import TensorBoardLogger

    logger = TensorBoardLogger("demo", tmp_path / "logs")
    for run in runs:
        logger.log(run)
    logger.close()
    events = EventAccumulator(str(tmp_path / "logs" / "demo" / "trial-00007-seed-0"))
    events.Reload()
    assert [(one.step, one.value) for one in events.Scalars("epoch/acc")] == [(1, 0.5), (2, 0.75)]
    assert [one.value for one in events.Scalars("epoch/train_loss")] == [2.0]
    assert [(one.step, one.value) for one in events.Scalars("time")] == [(2, 12.5)]
    (text,) = events.Tensors("flags/text_summary")
    assert text.tensor_proto.string_val == [b"loaded"]
    content = events.PluginTagToContent("hparams")["_hparams_/session_start_info"]
    hparams = HParamsPluginData.FromString(content).session_start_info.hparams
    assert (hparams["lr_max"].number_value, hparams["family"].string_value) == (0.001, "capsnet")
    assert hparams["weight_sharing"].bool_value
    logger.log(runs[1])  # of another study of that name, which was deleted meanwhile
    assert (tmp_path / "logs" / "demo" / "trial-00007-seed-1-2").is_dir()
    other = EventAccumulator(str(tmp_path / "logs" / "demo" / "trial-00007-seed-1"))
    other.Reload()
    assert [one.value for one in other.Scalars("acc")] == [0.5]
