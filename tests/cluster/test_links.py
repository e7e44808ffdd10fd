"""A link that one server made is valid at every other one: behind a load balancer it comes to any."""

import base64
import hashlib

import httpx
import pytest

from livedeck.testing.process import ServerProcess
from tests.cluster.conftest import Cluster

pytestmark = [pytest.mark.postgresql, pytest.mark.slow, pytest.mark.timeout(300)]


def test_what_one_server_lets_be_stored_and_fetched_the_other_takes_and_gives(cluster: Cluster) -> None:
    one, other = cluster.start("a"), cluster.start("b")
    content = b"a model"
    md5 = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
    asked = {"project": "flytesnacks", "domain": "development", "filename": "model.bin", "content_md5": md5}
    up = httpx.post(f"http://{one.endpoint}/api/v1/dataproxy/artifact_urn", json=asked).raise_for_status().json()
    stored = httpx.put(at(up["signedUrl"], one, other), content=content, headers={"content-md5": md5})
    assert stored.status_code == 200, stored.text
    down = httpx.get(f"http://{other.endpoint}/api/v1/dataproxy/artifact_urn", params={"native_url": up["nativeUrl"]})
    link = down.raise_for_status().json()["signedUrl"]
    assert httpx.get(at(link, other, one)).raise_for_status().content == content


def at(link: str, made_by: ServerProcess, asked: ServerProcess) -> str:
    assert link.startswith(f"http://{made_by.endpoint}/")
    return link.replace(made_by.endpoint, asked.endpoint)
