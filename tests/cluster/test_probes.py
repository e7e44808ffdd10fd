"""What `livedeck doctor` sends to one of several servers reaches what is watched on another."""

import secrets

import httpx
import pytest

from tests.cluster.conftest import Cluster

pytestmark = [pytest.mark.postgresql, pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_probe_reaches_a_stream_of_another_server(cluster: Cluster) -> None:
    watched, told = cluster.start("a"), cluster.start("b")
    path = f"/live/probes/{secrets.token_hex(16)}"
    with httpx.stream("GET", f"{watched.url}{path}", timeout=60) as stream:
        events = (line for line in stream.iter_lines() if line.startswith("event: "))
        assert next(events) == "event: ready"
        assert httpx.post(f"{told.url}{path}", timeout=60).status_code == 204
        assert next(events) == "event: probe"
