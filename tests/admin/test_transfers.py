import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from livedeck.store import Store, open_store
from livedeck.testing.server import running_admin

HOUR = timedelta(hours=1)
DATA = b"bundle " * 300_000
MD5 = hashlib.md5(DATA).digest()


@pytest.fixture(params=["file", "memory"])
async def admin(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    root = {"file": (tmp_path / "store").as_uri(), "memory": f"memory://{tmp_path.name}"}[request.param]
    async with running_admin(tmp_path, root=root, upload_limit=5_000_000) as admin:
        yield admin


@pytest.fixture
async def http() -> AsyncIterator[Any]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
def store(admin: Any) -> Any:
    return open_store(admin.settings.root)


def b64(md5: bytes) -> str:
    return base64.b64encode(md5).decode()


async def test_up_and_down(admin: Any, http: Any, store: Store, tmp_path: Path) -> None:
    url = admin._links.upload_url("code/p/x.tar.gz", HOUR, MD5).url
    response = await http.put(url, content=DATA, headers={"content-md5": b64(MD5)})
    assert response.status_code == 200
    assert store.get("code/p/x.tar.gz") == DATA
    assert (await http.put(url, content=DATA)).status_code == 200  # the answer got lost: sent again
    down = admin._links.download_url("code/p/x.tar.gz", HOUR)
    response = await http.get(down)
    assert response.content == DATA
    assert response.headers["content-disposition"] == 'attachment; filename="x.tar.gz"'
    assert response.headers["content-type"] == "application/octet-stream"
    assert list((tmp_path / "run" / "uploads").iterdir()) == []


async def test_a_folder_that_takes_no_uploads_is_named(
    admin: Any, http: Any, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    folder = admin.settings.run_dir / "uploads"
    folder.rmdir()
    folder.touch()
    url = admin._links.upload_url("code/p/x.tar.gz", HOUR, MD5).url
    response = await http.put(url, content=DATA)
    assert response.status_code == 503
    assert f"the upload cannot be kept in {folder}: Not a directory" in response.json()["message"]
    assert "Traceback" not in caplog.text
    folder.unlink()
    folder.mkdir()
    assert (await http.put(url, content=DATA)).status_code == 200
    assert store.get("code/p/x.tar.gz") == DATA


async def test_in_pieces_without_a_length(admin: Any, http: Any, store: Store) -> None:
    async def pieces() -> AsyncIterator[Any]:
        for at in range(0, len(DATA), 99_999):
            yield DATA[at : at + 99_999]

    url = admin._links.upload_url("code/p/x", HOUR, b"").url
    assert (await http.put(url, content=pieces(), headers={"content-md5": b64(MD5)})).status_code == 200
    assert store.get("code/p/x") == DATA


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (DATA + b"!", None),
        (DATA + b"!", b64(hashlib.md5(DATA + b"!").digest())),
        (DATA, b64(b"0" * 16)),
        (DATA, "not base64!"),
        (DATA, "gew\xf6hnlich".encode("latin-1")),
        (DATA, b64(b"short")),
    ],
)
async def test_other_content_is_refused(admin: Any, http: Any, store: Store, content: Any, declared: Any) -> None:
    url = admin._links.upload_url("code/p/x", HOUR, MD5).url
    response = await http.put(url, content=content, headers={} if declared is None else {"content-md5": declared})
    assert response.status_code == 400
    assert "MD5" in response.json()["message"]
    assert store.head("code/p/x") is None


async def test_too_large(admin: Any, http: Any, store: Store) -> None:
    async def endless() -> AsyncIterator[Any]:
        for _ in range(100):
            yield bytes(100_000)

    url = admin._links.upload_url("code/p/x", HOUR, b"").url
    for content in (bytes(5_000_001), endless()):
        try:
            response = await http.put(url, content=content)
        except (httpx.NetworkError, httpx.RemoteProtocolError):  # refused, and hung up, before all was sent
            continue
        assert response.status_code == 413
    assert store.head("code/p/x") is None


async def test_links_are_for_one_thing(admin: Any, http: Any) -> None:
    up = admin._links.upload_url("code/p/x", HOUR, b"").url
    down = admin._links.download_url("code/p/x", HOUR)
    assert (await http.get(down)).status_code == 404
    assert (await http.get(down.replace("/download/", "/decks/shared/"))).status_code == 403
    assert (await http.put(down.replace("/download/", "/upload/"), content=b"")).status_code == 403
    assert (await http.get(up.replace("/upload/", "/download/"))).status_code == 403
    assert (await http.get(up)).status_code == 405
    assert (await http.put(up[:-2], content=b"")).status_code == 403
    expired = admin._links.upload_url("code/p/x", timedelta(seconds=-1), b"").url
    response = await http.put(expired, content=b"")
    assert (response.status_code, "expired" in response.json()["message"]) == (403, True)


async def test_a_name_longer_than_any_file_has_is_not_found(admin: Any, http: Any) -> None:
    response = await http.get(admin._links.download_url(f"data/p/d/{'a' * 300}", HOUR))
    assert response.status_code == 404
    assert "there is no object" in response.json()["message"]


async def test_a_deck_runs_only_in_a_sandboxed_frame(admin: Any, http: Any, store: Store) -> None:
    store.put("metadata/p/d/e/n0/data/0/deck.html", b"<script>1</script>")
    url = admin._links.download_url("metadata/p/d/e/n0/data/0/deck.html", HOUR)
    framed = await http.get(url, headers={"sec-fetch-dest": "iframe"})
    assert framed.headers["content-security-policy"].startswith("sandbox allow-scripts; default-src 'none'")
    assert "content-disposition" not in framed.headers
    opened = await http.get(url, headers={"sec-fetch-dest": "document"})
    assert opened.headers["content-disposition"].startswith("attachment")
    assert opened.headers["content-security-policy"].startswith("sandbox")
