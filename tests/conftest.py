"""What all tests share."""

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says more of the machine than of the code: time is measured in bench/.
settings.register_profile("livedeck", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("livedeck")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=5, help="how often tests/integration/test_kill.py kills the server")
    parser.addoption("--all-faults", action="store_true", help="tests/faults: every fault at every moment, not a few")
    parser.addoption("--kill-seed", type=int, default=None, help="seed of the moments; it is printed with a failure")
