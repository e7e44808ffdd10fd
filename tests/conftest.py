"""What all tests share."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=5, help="how often tests/integration/test_kill.py kills the server")
    parser.addoption("--all-faults", action="store_true", help="tests/faults: every fault at every moment, not a few")
    parser.addoption("--kill-seed", type=int, default=None, help="seed of the moments; it is printed with a failure")
