from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from livedeck.admin.pages import META, Pages, path_of
from livedeck.testing.server import running_admin


@pytest.fixture
def build(tmp_path: Path) -> Any:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<html>the console</html>")
    (folder / "viewer.html").write_text(f"<html><head>{META}</head></html>")
    (folder / "assets" / "app-abc.js").write_text("1")
    (tmp_path / "secret.txt").write_text("hidden words")
    return folder


@pytest.fixture
async def http(tmp_path: Path, build: Any) -> AsyncIterator[Any]:
    async with (
        running_admin(tmp_path / "data", console=build) as admin,
        httpx.AsyncClient(base_url=f"http://{admin.endpoint}") as client,
    ):
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "",
        "projects/p/domains/d/executions",
        "projects/p/domains/d/executions/e1?node=n0&view=deck",
        "index.html",
        "a" * 300,
        "/".join(["a" * 200] * 30),
    ],
)
async def test_every_address_of_the_console_is_the_console(http: Any, path: Any) -> None:
    response = await http.get(f"/console/{path}")
    assert response.text == "<html>the console</html>"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["etag"]
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


async def test_assets_are_kept_for_ever_and_missing_ones_are_not_the_console(http: Any) -> None:
    response = await http.get("/console/assets/app-abc.js")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"].startswith("text/javascript")
    assert (await http.get("/console/assets/app-old.js")).status_code == 404
    assert (await http.get(f"/console/assets/{'a' * 300}")).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "assets/..%2f..%2fsecret.txt", "%2fetc/passwd", "a%00b"],
)
async def test_nothing_outside_of_the_build(http: Any, path: Any) -> None:
    response = await http.get(f"/console/{path}")
    assert "hidden words" not in response.text
    assert "root:" not in response.text


async def test_where_people_arrive(http: Any) -> None:
    for path, target in (("/", "/console/"), ("/console", "/console/"), ("/favicon.ico", "/console/favicon.svg")):
        response = await http.get(path)
        assert response.status_code == 307
        assert response.headers["location"] == target


async def test_without_a_build_a_page_says_what_to_do(tmp_path: Path) -> None:
    async with (
        running_admin(tmp_path, console=tmp_path / "none") as admin,
        httpx.AsyncClient(base_url=f"http://{admin.endpoint}") as client,
    ):
        response = await client.get("/console/")
        assert response.status_code == 503
        assert "make setup" in response.text
        assert (await client.get("/healthz")).status_code == 200


def test_what_the_viewer_is_told_is_escaped(build: Any, tmp_path: Path) -> None:
    hostile = '"><script>alert(1)</script>'
    for pages in (Pages(build), Pages(tmp_path / "none")):
        page = pages.viewer(stream=hostile, raw=hostile, title=hostile).body.decode()
        assert "<script>alert" not in page
        assert "&quot;&gt;&lt;script&gt;" in page


def test_paths_are_quoted() -> None:
    assert path_of("a/b", "?", 1) == "/a%2Fb/%3F/1"
