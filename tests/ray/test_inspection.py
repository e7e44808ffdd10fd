"""`livedeck doctor --ray-address`: a cluster that is as it should be, and nodes with other versions."""

import asyncio

import msgspec
import pytest
import ray

from livedeck.cli.doctor.findings import Finding, Level
from livedeck.cli.doctor.ray import check_ray
from livedeck.executors.ray.driver import reachable
from livedeck.executors.ray.messages import Versions
from livedeck.executors.ray.versions import here

from .cluster import Nodes, RayHarness


def by_part(findings: list[Finding]) -> dict[str, Finding]:
    return {each.part: each for each in findings}


async def test_a_cluster_of_these_versions_has_nothing_wrong(harness: RayHarness, nodes: Nodes) -> None:
    async with harness.executor() as executor:  # so that there is a dispatcher
        await executor.find("project/domain/execution/never/0")
        findings = list(check_ray(nodes.address))
    assert {each.level for each in findings} == {Level.FINE}, findings
    found = by_part(findings)
    assert "1 node with 4 cores" in found["Ray"].what
    assert f"livedeck {here().livedeck}" in found["Ray node"].what
    assert f"livedeck {here().livedeck}; 0 attempts" in found["Ray dispatcher"].what


async def test_other_versions_on_nodes_are_wrong_and_named(harness: RayHarness, nodes: Nodes) -> None:
    ours = here()
    wanted = Versions("3.99.0", ours.ray, "0.0.1")
    async with harness.executor() as executor:
        await executor.find("project/domain/execution/never/0")
        found = by_part(list(check_ray(nodes.address, [msgspec.json.encode(wanted).decode()])))
    for part in ("Ray node", "Ray dispatcher"):
        assert found[part].level is Level.WRONG
        assert f"has Python {ours.python}, the server Python 3.99.0; and livedeck {ours.livedeck}" in found[part].what
        assert found[part].advice == "install the same version on both"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_cluster_on_the_loopback_alone_is_named_as_what_ray_does_not_reach(host: str) -> None:
    own = ray.util.get_node_ip_address()
    if own == "127.0.0.1":
        pytest.skip("this machine has no other address")
    async with await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0) as alone:
        port = alone.sockets[0].getsockname()[1]
        reason = await reachable(f"{host}:{port}")
        assert f"own address, {own}, and nobody answers at {own}:{port}" in reason
        assert "--node-ip-address" in reason
    async with await asyncio.start_server(lambda _reader, writer: writer.close(), "0.0.0.0", 0) as everywhere:
        assert await reachable(f"{host}:{everywhere.sockets[0].getsockname()[1]}") == ""
