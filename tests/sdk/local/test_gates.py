"""Gates of workflows that are called as functions: the terminal asks."""

# Promises are typed as the values that they stand for.
# mypy: disable-error-code="no-any-return"

import io
from datetime import datetime, timedelta

import pytest

from livedeck import approve, sleep, task, wait_for_input, workflow
from livedeck.errors import ApprovalRefused, MissingInput

HOUR = timedelta(hours=1)


@task
def double(x: int) -> int:
    return 2 * x


@task
def note(count: int, word: str, at: datetime) -> str:
    return f"{count} {word} {at:%Y}"


@workflow
def approving(x: int) -> int:
    return double(x=approve(double(x=x), "good enough", HOUR))


@workflow
def asking() -> str:
    slept = sleep(HOUR)
    noted = note(
        count=wait_for_input("how many", HOUR, int),
        word=wait_for_input("of what", HOUR, str),
        at=wait_for_input("when", HOUR, datetime),
    )
    slept >> noted
    return noted


def answer(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


@pytest.mark.parametrize("word", ["", "y", "Yes"])
def test_what_is_approved_goes_through(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    answer(monkeypatch, word)
    assert approving(x=3) == 12
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "good enough: approve 6? [Y/n] ")


def test_a_refusal_fails_the_node(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answer(monkeypatch, "what", "n")
    with pytest.raises(ApprovalRefused, match="'good enough' was not approved") as raised:
        approving(x=3)
    assert raised.value.__notes__ == [f"in node n1 (good enough) of {__name__}.approving"]
    assert "Answer y or n." in capsys.readouterr().err


def test_values_are_asked_for_until_they_fit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, "a few", "7", "12", "2026-01-31T12:00:00Z")
    assert asking() == "7 12 2026"
    said = capsys.readouterr().err
    assert "sleep-gate: 1:00:00 would pass here on a server" in said
    assert "output 'o0' must be int, not 'a few' (str)" in said


def test_without_a_terminal_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch)
    with pytest.raises(MissingInput, match="'good enough' waits for somebody to answer, and there is no terminal"):
        approving(x=3)
