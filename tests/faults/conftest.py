"""Servers whose stores can be made to fail."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.faults.sites import Site, running_site
from tests.faults.table import PAGE, Row, written_into


@pytest.fixture(scope="package")
def site_over(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Site]]:
    """Gives a server over a kind of store; that over another is stopped, for clients find one by the environment."""
    with contextlib.ExitStack() as stack:
        running: dict[str, Site] = {}

        def site_over(store: str) -> Site:
            if store not in running:
                stack.close()
                running.clear()
                running[store] = stack.enter_context(running_site(store, tmp_path_factory.mktemp(store)))
            return running[store]

        yield site_over


@pytest.fixture(scope="session")
def matrix(request: pytest.FixtureRequest) -> Iterator[list[Row]]:
    """What came of each cell that was run; in the end written into the docs, if that is asked for."""
    rows: list[Row] = []
    yield rows
    if request.config.getoption("--fault-table"):
        PAGE.write_text(written_into(PAGE.read_text(), rows))


def skip_unless_chosen(request: pytest.FixtureRequest, chosen: bool) -> None:
    """Skip what is not in the short form, unless all is asked for."""
    if not chosen and not request.config.getoption("--all-faults"):
        pytest.skip("a part of `make fault-test`")
