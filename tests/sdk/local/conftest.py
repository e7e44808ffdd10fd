from collections.abc import Iterator

import pytest

from livedeck.sdk.local.flushing import flush_timeout


@pytest.fixture(autouse=True)
def first_flush() -> Iterator[None]:
    """Ends of Decks are waited for as in a new process, whatever a test before could not store."""
    flush_timeout.note(stored=True)
    yield
    flush_timeout.note(stored=True)
