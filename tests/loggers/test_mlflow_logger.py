from dataclasses import replace

import pytest


@pytest.mark.slow  # makes MLflow's database
@pytest.mark.filterwarnings("ignore")  # MLflow's own
def test_mlflow_has_runs_with_curves_values_and_weights(tmp_path, runs, monkeypatch):
    pytest.importorskip("mlflow")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    from mlflow import MlflowClient

    from paretocaps.loggers.mlflow_logger import MlflowLogger

    logger = MlflowLogger("demo", tmp_path / "logs")
    runs[1] = replace(runs[1], choices={"rate [%]": 1}, values={"f1@5": 0.5})
    for run in runs:
        logger.log(run)
    gone = replace(runs[0], name="gone", files=(tmp_path / "gone.pt",))
    with pytest.raises(Exception, match="gone.pt"):
        logger.log(gone)
    logger.close()
    MlflowLogger("demo", tmp_path / "logs").close()  # goes on in the same experiment
    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'logs' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("demo")
    found = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    first = found["trial-00007-seed-0"]
    assert first.data.params == {"lr_max": "0.001", "family": "capsnet", "weight_sharing": "True"}
    assert first.data.metrics.items() >= {"acc": 0.75, "time": 12.5, "epoch/acc": 0.75}.items()
    curve = client.get_metric_history(first.info.run_id, "epoch/acc")
    assert [(one.step, one.value) for one in curve] == [(1, 0.5), (2, 0.75)]
    assert first.data.tags["flags"] == "loaded"
    second = found["trial-00007-seed-1"].data
    assert (second.params, second.metrics) == ({"rate ___": "1"}, {"f1_5": 0.5})
    assert first.info.status == found["trial-00007-seed-1"].info.status == "FINISHED"
    assert found["gone"].info.status == "FAILED"
    assert [one.path for one in client.list_artifacts(first.info.run_id)] == ["weights.pt"]
    assert (tmp_path / "logs" / "artifacts" / "demo").is_dir()
