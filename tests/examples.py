"""How many examples the property tests try."""

from hypothesis import settings

_USUAL = 100


def examples(number: int) -> settings:
    """Return the settings of a test that tries so many examples; with the profile `quick` a part of them.

    Args:
        number: how many, where hypothesis' own default of 100 is not enough, or too many.
    """
    return settings(max_examples=max(1, number * settings().max_examples // _USUAL))
