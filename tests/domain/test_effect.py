from paretocaps.domain.effect import Effect, Effects, Facts


def halves(epochs: int, facts: Facts) -> tuple[Effect, ...]:
    return (Effect(("width",), lambda values: values["width"] // (2 * epochs)),)


def test_a_plain_function_is_a_trainers_effects() -> None:
    effects: Effects = halves
    (effect,) = effects(1, {})
    assert effect.of({"width": 8}) == effect.of({"width": 9}) != effect.of({"width": 10})
