"""What the trainer `known` measures: a pure function of choices and seed, which the checks compute anew."""

MULTIPLIER, MODULUS = 48271, 2**31 - 1


def first_state(x: float, width: int, seed: int) -> int:
    """The state before the first epoch."""
    return 1 + (int(x * 1_000_003) + 7919 * width + 104_729 * seed) % (MODULUS - 1)


def next_state(state: int) -> int:
    """The state after one epoch more: whoever goes on from a wrong one measures other values ever after."""
    return state * MULTIPLIER % MODULUS


def acc_of(state: int, width: int) -> float:
    """The accuracy after an epoch."""
    return 0.5 + 0.1 * width**0.5 + 0.2 * state / MODULUS


def seconds_of(x: float) -> float:
    """The measured seconds of each epoch."""
    return 1.0 + x


def params_of(x: float, width: int) -> int:
    """The parameters."""
    return 10_000 * width + int(1000 * x)


def curve(x: float, width: int, seed: int, epochs: int) -> list[float]:
    """The accuracies of all epochs."""
    state, accs = first_state(x, width, seed), []
    for _ in range(epochs):
        state = next_state(state)
        accs.append(acc_of(state, width))
    return accs
