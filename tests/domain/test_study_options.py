from paretocaps.domain.study_options import StudyOptions
from paretocaps.domain.study_spec import StudySpec


def test_they_are_the_options_of_a_study():
    assert list(StudyOptions.__annotations__) == [
        name for name in StudySpec.model_fields if name != "file_fix"
    ]
