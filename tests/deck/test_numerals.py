import pytest

from livedeck.deck.numerals import format_delta, format_number, format_value


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (3.0, "3"),
        (1234567, "1,234,567"),
        (1234567.8, "1,234,570"),
        (12345.678, "12,345.7"),
        (0.1 + 0.2, "0.3"),
        (-0.0412345678, "-0.0412346"),
        (999999.5, "1,000,000"),
        (0.00001234, "1.234e-5"),
        (1e-7, "1e-7"),
        (1.5e20, "1.5e+20"),
        (-2e15, "-2e+15"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (float("nan"), "NaN"),
    ],
)
def test_numbers_read_as_in_the_console(number, text):
    assert format_number(number) == text


def test_values_and_deltas():
    assert [format_value(value) for value in (None, True, False, "warm", 2)] == ["–", "true", "false", "warm", "2"]  # noqa: RUF001
    assert format_delta(-0.5) == "0.5"
