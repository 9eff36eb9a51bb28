from paretocaps.cli.run_view import write_run
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.domain.tuning import DEFAULT
from paretocaps.service import TrainedRun


def trained(job, **changes):
    record = EpochRecord(epoch=2, acc=0.9, seconds=1.0, time=1.5, wall=2.0)
    measured = Measurement(
        acc=0.9,
        best_epoch=2,
        time=1.5,
        wall=2.0,
        params=8_200_000,
        epochs=(record,),
        device=Device(name="paper", kind="cpu"),
        weights="weights.pt",
        remarks=("it was slow",),
    )
    return TrainedRun(job(0), measured.model_copy(update=changes))


def test_the_result_is_data_and_what_to_do_with_it_is_talk(job, capsys):
    run = trained(job)
    write_run(run, "table")
    out, talk = capsys.readouterr()
    assert "0.9000" in out
    assert "8.20 M" in out
    assert "2 of 1" in out
    assert talk.splitlines() == [
        "it was slow",
        f"weights of the best epoch, 2: {run.job.folder / 'weights.pt'}",
        f"paretocaps export --run {run.job.folder}  # for use elsewhere",
        f"paretocaps report --run {run.job.folder}  # its curves as a page",
    ]


def test_tunings_are_told(job, capsys):
    write_run(trained(job, tunings={"a": DEFAULT, "b": DEFAULT}), "table")
    assert capsys.readouterr().err.splitlines()[0] == f"steps computed by {DEFAULT}"


def test_accuracies_have_half_their_interval(job, capsys):
    write_run(trained(job, test_acc=0.8, validation_images=50, test_images=100), "table")
    out, _ = capsys.readouterr()
    assert "0.900 ±0.114" in out
    assert "0.800 ±0.089" in out


def test_without_weights_there_is_nothing_to_export(job, capsys):
    write_run(trained(job, weights=None, remarks=()), "csv")
    out, talk = capsys.readouterr()
    assert out.startswith("folder,weights,acc,")
    assert "export" not in talk
