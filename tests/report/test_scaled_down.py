from paretocaps.domain.study_spec import StudySpec
from paretocaps.report.scaled_down import Images, data_text, not_comparable, resized, scaled_down

PAPER = StudySpec(study="p", dataset="mnist", epochs=30, repeats=5, fix={"batch_size": 128})


def test_the_data_are_said_exactly():
    assert data_text("mnist", Images(5_000, 500, 10_000)) == (
        "MNIST: trained on 5,000 of 60,000 training images; the best epoch is chosen by 500 others of them;"
        " tested on all 10,000 test images"
    )
    assert "CIFAR-10 (JPEG re-encodings)" in data_text("cifar10", Images(100, 100, 10_000), "cifar10-jpeg")
    assert "tested on all 10,000 validation images" in data_text("tiny-imagenet", Images(1, 1, 10_000))
    assert data_text(None, Images(90, 10, 20)).startswith("the images: trained on 90 training images")


def test_parts_that_the_data_lack_or_have_of_their_own_are_said():
    without_test = Images(45_000, 5_000, 10_000, held_out=("validation", "test"))
    assert data_text("mnist", without_test) == (
        "MNIST: trained on 45,000 of 60,000 training images; the best epoch is chosen by 5,000 others of"
        " them; tested on 10,000 other training images, as there is no test part"
    )
    assert scaled_down(PAPER, PAPER, without_test) == [
        "45,000 training images instead of 60,000",
        "10,000 held-out training images instead of 10,000 test images",
    ]
    own = Images(55_000, 5_000, 10_000, held_out=())
    assert "; the best epoch is chosen by 5,000 images of a validation part; " in data_text("mnist", own)
    assert scaled_down(PAPER, PAPER, own) == ["55,000 training images instead of 60,000"]
    told = not_comparable(less=False, timed=False, own_validation=True)
    assert told[0].startswith("The best epoch is chosen on images of a validation part, and test accuracy")


def test_what_is_less_than_in_the_paper_is_listed():
    run = PAPER.model_copy(update={"epochs": 3, "repeats": 2, "fix": {"batch_size": 64}})
    assert scaled_down(PAPER, run, Images(5_000, 500, 10_000)) == [
        "5,000 training images instead of 60,000",
        "3 epochs instead of 30",
        "2 seeds instead of 5",
        "batch_size=64 instead of 128",
    ]


def test_rows_that_are_trained_otherwise_are_named():
    rows = {"half": {"lr_max": 1e-5}, "whole": {"lr_max": 1e-5}, "frozen": {"lr_max": 1e-3}}
    paper = PAPER.model_copy(update={"designs": tuple(rows), "design": rows})
    other = {name: {"lr_max": 1e-3} for name in rows}
    run = paper.model_copy(update={"design": other, "fix": {**PAPER.fix, "checkpoint": "trunk.safetensors"}})
    assert scaled_down(paper, run, None) == ["lr_max=0.001 instead of 1e-05 (half, whole)"]
    fewer = run.model_copy(update={"designs": ("half",)})
    assert scaled_down(paper, fewer, None) == ["lr_max=0.001 instead of 1e-05 (half)"]


def test_sizes_of_other_images_and_memory_do_not_compare():
    small = PAPER.model_copy(update={"fix": {"batch_size": 128, "image_size": 64}})
    assert resized(PAPER, small)
    assert not resized(PAPER, PAPER)
    told = not_comparable(less=True, timed=False, memory=True, resized=True)
    assert "may not be compared" in told[-1]
    of_seeds = not_comparable(less=False, timed=False, varied=True)[-1]
    assert of_seeds.startswith("Parameters and multiply-adds are means over the seeds, each of which prunes")
    assert any("Memory is that of" in line for line in told)
    assert not any("Memory" in line for line in not_comparable(less=True, timed=False))


def test_a_choice_that_no_row_has_is_not_listed():
    run = PAPER.model_copy(update={"fix": {**PAPER.fix, "decay_every": 30}})
    assert scaled_down(PAPER, run, None) == ["decay_every=30 instead of the default"]
    assert scaled_down(PAPER, run, None, {"batch_size"}) == []


def test_a_folder_that_is_not_named_after_the_set_is_named():
    assert data_text("mnist", None, "fmnist") == "MNIST (taken for it: the images of a folder called fmnist)"
    assert data_text("mnist", None, "mnist-idx") == "MNIST"


def test_the_scale_quick_settles_nothing_and_papers_that_choose_by_test_images_are_told():
    assert "no verdict of it" in not_comparable(less=True, timed=False, quick=True)[0]
    by_test = not_comparable(less=False, timed=False, by_test=True)
    assert by_test[0].startswith("The paper chooses the best epoch on test images")
    assert not_comparable(less=False, timed=False)[0].startswith(
        "The best epoch is chosen on training images"
    )


def test_held_out_images_are_no_scaling_down():
    assert scaled_down(PAPER, PAPER, Images(54_000, 6_000, 10_000)) == []
    assert scaled_down(PAPER, PAPER, Images(54_000, 6_000, 9_000)) == ["9,000 test images instead of 10,000"]


def test_what_may_not_be_compared_follows_from_what_is_less():
    less, whole = not_comparable(less=True, timed=True), not_comparable(less=False, timed=False)
    assert "may not be compared" in less[0]
    assert any("ratios depend on it, too" in line for line in less)
    assert not any("may not be compared" in line or "ratios" in line for line in whole)
    assert any("test accuracy is measured once" in line for line in whole)


def test_other_images_and_fewer_pairs_are_said():
    run = PAPER.model_copy(update={"dataset": "fashion-mnist"})
    assert scaled_down(PAPER, run, Images(5_000, 500, 10_000)) == ["Fashion-MNIST instead of MNIST"]
    digits = PAPER.model_copy(update={"dataset": "digits"})
    assert scaled_down(PAPER, digits, Images(900, 100, 300)) == ["digits instead of MNIST"]
    pairs = PAPER.model_copy(update={"pairs": True})
    fewer = pairs.model_copy(update={"limit_train": 3_000})
    assert scaled_down(pairs, fewer, Images(3_000, 500, 10_000)) == [
        "3,000 pairs instead of one for each training image"
    ]
    assert scaled_down(pairs, pairs, Images(54_000, 6_000, 10_000)) == []
