import io
import os
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from livedeck.errors import UserError
from livedeck.sdk import bundle


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "pkg").mkdir(parents=True)
    (root / "a.py").write_text("x = 1\n")
    (root / "pkg" / "b.py").write_text("y = 2\n")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    return root


def test_the_same_files_give_the_same_bytes(project: Path) -> None:
    first = bundle.build(project)
    os.utime(project / "a.py", (1, 1))
    (project / "a.py").chmod(0o600)
    second = bundle.build(project)
    assert first == second
    assert first.files == ("a.py", "pkg/b.py", "run.sh")
    assert first.name == f"{first.digest}.tar.gz"


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "a.py").write_text("x = 3\n"),
        lambda root: (root / "a.py").rename(root / "c.py"),
        lambda root: (root / "new.py").write_text(""),
        lambda root: (root / "run.sh").chmod(0o644),
        lambda root: (root / "a.py").unlink(),
    ],
)
def test_any_change_gives_another_name(project: Path, change: Callable[..., Any]) -> None:
    before = bundle.build(project).digest
    change(project)
    assert bundle.build(project).digest != before


@pytest.fixture(params=["with filters", "older Python"])
def _python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python has filters of archives since 3.11.4."""
    if request.param == "older Python":
        monkeypatch.delattr(tarfile, "data_filter", raising=False)


@pytest.mark.usefixtures("_python")
def test_unpacking_gives_the_files_back(project: Path, tmp_path: Path) -> None:
    made = bundle.build(project)
    target = tmp_path / "target"
    target.mkdir()
    bundle.unpack(made.data, target, digest=made.digest)
    assert (target / "pkg" / "b.py").read_text() == "y = 2\n"
    assert os.access(target / "run.sh", os.X_OK)
    assert not os.access(target / "a.py", os.X_OK)


def test_another_content_than_the_name_says_is_refused(project: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds something else"):
        bundle.unpack(bundle.build(project).data, tmp_path, digest="0" * 64)


@pytest.mark.parametrize("data", [b"", b"no archive", b"\x1f\x8b\x08\x00rubbish"])
def test_what_is_no_archive_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be unpacked"):
        bundle.unpack(data, tmp_path)


@pytest.mark.usefixtures("_python")
@pytest.mark.parametrize("name", ["../escape.py", "/escape.py", "a/../../escape.py"])
def test_nothing_is_written_outside_the_folder(name: str, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    inside = tmp_path / "inside"
    inside.mkdir()
    with suppress(UserError):  # refused, or taken for a path inside
        bundle.unpack(buffer.getvalue(), inside)
    assert not list(tmp_path.glob("escape.py"))
    assert not Path("/escape.py").exists()


@pytest.mark.usefixtures("_python")
@pytest.mark.parametrize("target", ["..", "/etc", "../escape.py"])
def test_no_link_leads_outside_the_folder(target: str, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, target
        archive.addfile(info)
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(UserError, match=r"cannot be unpacked.*link"):
        bundle.unpack(buffer.getvalue(), inside)
    assert not list(inside.iterdir())


def test_too_much_says_what_and_what_to_do(project: Path) -> None:
    (project / "weights.bin").write_bytes(b"x" * 5000)
    with pytest.raises(UserError, match=r"weights\.bin \(0\.0 MB\).*\.livedeckignore"):
        bundle.build(project, max_bytes=3000)


def test_only_what_is_loaded(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(project))
    __import__("a")
    assert bundle.build(project, only_loaded=True).files == ("a.py",)
