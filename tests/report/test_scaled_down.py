from paretocaps.domain.study_spec import StudySpec
from paretocaps.report.scaled_down import Images, data_text, not_comparable, scaled_down

PAPER = StudySpec(study="p", dataset="mnist", epochs=30, repeats=5, fix={"batch_size": 128})


def test_the_data_are_said_exactly():
    assert data_text("mnist", Images(5_000, 500, 10_000)) == (
        "MNIST: trained on 5,000 of 60,000 training images; the best epoch is chosen by 500 others of them;"
        " tested on all 10,000 test images"
    )
    assert "CIFAR-10 (JPEG re-encodings)" in data_text("cifar10", Images(100, 100, 10_000), "cifar10-jpeg")
    assert "tested on all 10,000 validation images" in data_text("tiny-imagenet", Images(1, 1, 10_000))
    assert data_text(None, Images(90, 10, 20)).startswith("the images: trained on 90 training images")


def test_what_is_less_than_in_the_paper_is_listed():
    run = PAPER.model_copy(update={"epochs": 3, "repeats": 2, "fix": {"batch_size": 64}})
    assert scaled_down(PAPER, run, Images(5_000, 500, 10_000)) == [
        "5,000 training images instead of 60,000",
        "3 epochs instead of 30",
        "2 seeds instead of 5",
        "batch_size=64 instead of 128",
    ]


def test_held_out_images_are_no_scaling_down():
    assert scaled_down(PAPER, PAPER, Images(54_000, 6_000, 10_000)) == []
    assert scaled_down(PAPER, PAPER, Images(54_000, 6_000, 9_000)) == ["9,000 test images instead of 10,000"]


def test_what_may_not_be_compared_follows_from_what_is_less():
    less, whole = not_comparable(less=True, timed=True), not_comparable(less=False, timed=False)
    assert "may not be compared" in less[0]
    assert any("compare ratios" in line for line in less)
    assert not any("may not be compared" in line or "ratios" in line for line in whole)
    assert any("test accuracy is measured once" in line for line in whole)
