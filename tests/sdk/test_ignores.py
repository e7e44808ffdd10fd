import subprocess
from pathlib import Path

import pytest

from livedeck.sdk.ignores import walk


def make(root: Path, *paths: str) -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")


def walked(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in walk(root)]


def test_what_is_never_code_stays_at_home(tmp_path: Path) -> None:
    make(tmp_path, "a.py", ".git/config", "pkg/__pycache__/a.cpython-311.pyc", "pkg/b.py", "node_modules/x/y.js")
    make(tmp_path, "b.pyc", ".livedeck/db", "x.egg-info/PKG-INFO", "env/pyvenv.cfg", "env/lib/c.py")
    assert walked(tmp_path) == ["a.py", "pkg/b.py"]


PATTERNS = """
# data
*.csv
/top.txt
build/
docs/*.html
!docs/keep.html
**/deep/*.bin
logs/**
x?[0-9].dat
[!a]z.dat
!.hidden
tail/**/end.txt
"""

FILES = (
    *("a.csv", "sub/b.csv", "top.txt", "sub/top.txt", "build/x.py", "sub/build/y.py", "build.py"),
    *("docs/a.html", "docs/keep.html", "docs/sub/c.html", "one/deep/x.bin", "deep/y.bin", "deep/sub/z.bin"),
    *("logs/a", "logs/b/c", "sub/logs/d", "xa1.dat", "xab.dat", "az.dat", "bz.dat", ".hidden", "keep.py"),
    *("tail/end.txt", "tail/a/end.txt", "tail/a/b/end.txt", "other/tail/end.txt"),
)


def test_patterns_mean_what_git_means(tmp_path: Path) -> None:
    make(tmp_path, *FILES)
    (tmp_path / ".gitignore").write_text(PATTERNS)
    (tmp_path / "sub" / ".gitignore").write_text("/only-here.py\n!b.csv\n")
    make(tmp_path, "sub/only-here.py", "only-here.py")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        env={"HOME": str(tmp_path / "nowhere"), "PATH": "/usr/bin:/bin:/usr/local/bin"},
    )
    assert sorted(walked(tmp_path)) == sorted(listed.stdout.split())


def test_our_own_ignore_file_has_the_last_word(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", "b.txt")
    (tmp_path / ".gitignore").write_text("*.txt\n")
    (tmp_path / ".livedeckignore").write_text("!a.txt\n")
    assert "a.txt" in walked(tmp_path)
    assert "b.txt" not in walked(tmp_path)


def test_links_are_followed_once(tmp_path: Path) -> None:
    make(tmp_path, "pkg/a.py")
    (tmp_path / "link").symlink_to(tmp_path / "pkg")
    (tmp_path / "pkg" / "back").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert walked(tmp_path) == ["link/a.py", "pkg/a.py"]


@pytest.mark.parametrize("pattern", ["[", "a[", "***", "!", "/", "\\", "#x", " "])
def test_odd_patterns_do_no_harm(tmp_path: Path, pattern: str) -> None:
    make(tmp_path, "a.py")
    (tmp_path / ".gitignore").write_text(pattern)
    assert "a.py" in walked(tmp_path) or pattern == "***"
