import threading
from pathlib import Path

import pytest

from livedeck.errors import ObjectNotFound, UserError
from livedeck.runtime import code
from livedeck.sdk import bundle
from livedeck.sdk.folder_locks import unused
from livedeck.store import open_store


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("LIVEDECK_CODE_CACHE", str(folder))
    return folder


@pytest.fixture
def uri(tmp_path: Path) -> str:
    project = tmp_path / "project"
    project.mkdir()
    for number in range(20):
        (project / f"m{number}.py").write_text(f"x = {number}\n" * 100)
    packed = bundle.build(project)
    open_store(f"file://{tmp_path}/store").put(packed.name, packed.data)
    return f"file://{tmp_path}/store/{packed.name}"


def test_it_is_unpacked_once(cache: Path, uri: str, tmp_path: Path) -> None:
    folder = Path(code.fetch(uri))
    assert (folder / "m3.py").exists()
    (tmp_path / "store" / uri.rpartition("/")[2]).unlink()
    assert code.fetch(uri) == str(folder)


def test_attempts_at_the_same_time_agree(cache: Path, uri: str) -> None:
    start = threading.Barrier(8)
    found: list[Path] = []

    def fetch() -> None:
        start.wait()
        folder = Path(code.fetch(uri))
        assert len(list(folder.glob("*.py"))) == 20
        found.append(folder)

    threads = [threading.Thread(target=fetch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in cache.iterdir()] == [found[0].name]


def test_nothing_is_pruned_while_it_is_unpacked(cache: Path, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Path] = []
    unpack = bundle.unpack

    def unpack_while_pruning(data: bytes, folder: Path, *, digest: str | None) -> None:
        found.extend(unused(cache, older_than=-60))
        unpack(data, folder, digest=digest)

    monkeypatch.setattr(bundle, "unpack", unpack_while_pruning)
    assert (Path(code.fetch(uri)) / "m3.py").exists()
    assert found == []


def test_a_name_that_is_no_digest_is_kept_apart(cache: Path, uri: str, tmp_path: Path) -> None:
    data = open_store(f"file://{tmp_path}/store").get(uri.rpartition("/")[2])
    open_store(f"file://{tmp_path}/store").put("fast.tar.gz", data)
    assert code.fetch(f"file://{tmp_path}/store/fast.tar.gz") != code.fetch(uri)


def test_what_is_broken_leaves_nothing_behind(cache: Path, tmp_path: Path) -> None:
    open_store(f"file://{tmp_path}/store").put("x.tar.gz", b"rubbish")
    with pytest.raises(UserError):
        code.fetch(f"file://{tmp_path}/store/x.tar.gz")
    with pytest.raises(ObjectNotFound):
        code.fetch(f"file://{tmp_path}/store/y.tar.gz")
    assert list(cache.iterdir()) == []


def test_the_default_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, uri: str) -> None:
    monkeypatch.delenv("LIVEDECK_CODE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert Path(code.fetch(uri)).parent == tmp_path / "xdg" / "livedeck" / "code"
