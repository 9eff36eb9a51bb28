import pytest
import torch

from paretocaps.errors import UsageError
from paretocaps.training.check import check_measures
from paretocaps.training.energy import EpochEnergy, RaplMeter, open_meter


def package(root, name, joules, limit=1000.0, of="package-0"):
    folder = root / name
    folder.mkdir(exist_ok=True)
    (folder / "name").write_text(f"{of}\n")
    (folder / "energy_uj").write_text(f"{int(joules * 1e6)}\n")
    (folder / "max_energy_range_uj").write_text(f"{int(limit * 1e6) - 1}\n")


def test_rapl_adds_up_packages_and_leaves_their_parts_out(tmp_path):
    package(tmp_path, "intel-rapl:0", 10)
    package(tmp_path, "intel-rapl:1", 500)
    package(tmp_path, "intel-rapl:0:0", 3, of="core")
    package(tmp_path, "intel-rapl:2", 900, of="psys")
    meter = RaplMeter(tmp_path)
    assert meter.joules() == 0
    package(tmp_path, "intel-rapl:0", 12.5)
    package(tmp_path, "intel-rapl:1", 501)
    package(tmp_path, "intel-rapl:0:0", 900)
    assert meter.joules() == pytest.approx(3.5)


def test_rapl_counters_wrap_round(tmp_path):
    package(tmp_path, "intel-rapl:0", 999)
    meter = RaplMeter(tmp_path)
    for joules, total in [(1, 2), (999, 1000), (0, 1001)]:
        package(tmp_path, "intel-rapl:0", joules)
        assert meter.joules() == pytest.approx(total)


def test_a_processor_without_counters_says_so_and_what_to_do(tmp_path):
    with pytest.raises(UsageError, match=r"no RAPL counters in .*: rank by energy_estimate\(watts=...\)"):
        RaplMeter(tmp_path)


def test_a_counter_that_is_no_number_is_named(tmp_path):
    package(tmp_path, "intel-rapl:0", 1)
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("broken")
    with pytest.raises(UsageError, match="RAPL: invalid literal"):
        RaplMeter(tmp_path)


def test_energy_is_that_of_the_epochs_up_to_the_best(tmp_path):
    package(tmp_path, "intel-rapl:0", 0)
    energy = EpochEnergy(RaplMeter(tmp_path))
    total = 0
    for epoch, joules in enumerate([5, 7, 11], start=1):
        with energy.epoch(epoch):
            package(tmp_path, "intel-rapl:0", total := total + joules)
        package(tmp_path, "intel-rapl:0", total := total + 100)  # evaluation between epochs
    assert energy.quantities(2) == {"energy": pytest.approx(12)}
    assert energy.quantities(3) == {"energy": pytest.approx(23)}


def test_a_counter_that_wraps_round_twice_in_an_epoch_is_read_in_between(tmp_path, monkeypatch):
    now = 0.0
    monkeypatch.setattr("paretocaps.training.energy.time.monotonic", lambda: now)
    package(tmp_path, "intel-rapl:0", 0)
    energy = EpochEnergy(RaplMeter(tmp_path))
    with energy.epoch(1):
        for joules in range(300, 3000, 300):  # of 1,000 in a range
            now += 20.0
            package(tmp_path, "intel-rapl:0", joules % 1000)
            energy.look()
    assert energy.quantities(1) == {"energy": pytest.approx(2700)}


def test_without_a_meter_nothing_is_measured():
    energy = EpochEnergy(None)
    with energy.epoch(1):
        pass
    assert energy.quantities(1) == {}


def test_only_energy_needs_a_counter(monkeypatch, tmp_path):
    monkeypatch.setattr(RaplMeter.__init__, "__defaults__", (tmp_path,))
    check_measures(["acc", "time"], ["cpu"])
    with pytest.raises(UsageError, match="energy of this CPU cannot be measured"):
        check_measures(["acc", "energy"], ["cpu", "cpu"])
    package(tmp_path, "intel-rapl:0", 1)
    check_measures(["acc", "energy"], ["cpu"])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_card_counts():
    device = torch.device("cuda:0")
    meter = open_meter(device)
    matrix = torch.rand(4096, 4096, device=device)
    before = meter.joules()
    for _ in range(500):
        matrix = matrix @ matrix
        matrix /= matrix.norm()
    torch.cuda.synchronize()
    assert meter.joules() > before >= 0


def test_what_a_pause_draws_is_not_counted(tmp_path):
    package(tmp_path, "intel-rapl:0", 0)
    energy = EpochEnergy(RaplMeter(tmp_path))
    with energy.epoch(1):
        package(tmp_path, "intel-rapl:0", 2)
        with energy.paused():
            assert energy.state() == {1: pytest.approx(2)}
            package(tmp_path, "intel-rapl:0", 50)
        package(tmp_path, "intel-rapl:0", 53)
    assert energy.state() == {1: pytest.approx(5)}
