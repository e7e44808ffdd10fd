from collections.abc import Callable
from pathlib import Path
from typing import Any

from livedeck.executors.local.memory_kills import MemoryKills, counter_files

V1 = "oom_kill_disable 0\nunder_oom 0\noom_kill {}\n"
V2 = "low 0\nhigh 0\nmax 7\noom 5\noom_kill {}\noom_group_kill 0\n"


def counter(file: Path, form: str = V2) -> Callable[..., Any]:
    def write(count: int) -> None:
        file.write_text(form.format(count))

    write(0)
    return write


def test_both_versions_of_control_groups_are_read(tmp_path: Path) -> None:
    for form in (V1, V2, "nr_free_pages 5\noom_kill {}\n"):
        write = counter(tmp_path / "file", form)
        kills = MemoryKills(iter([tmp_path / "absent", tmp_path / "file"]))
        write(3)
        assert kills.count() == 3
        kills.close()
        assert kills.count() is None


def test_where_nothing_counts_nothing_is_claimed(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("oom_kill_disable 0\nunder_oom 0\n")  # Linux before 4.13
    kills = MemoryKills(iter([tmp_path / "old", tmp_path / "absent"]))
    assert kills.count() is None
    assert kills.explains(None) is None
    assert MemoryKills(iter([])).explains(0) is None


def test_each_kill_accounts_for_one_end(tmp_path: Path) -> None:
    write = counter(tmp_path / "file")
    kills = MemoryKills(iter([tmp_path / "file"]))
    first = second = kills.count()
    assert kills.explains(first) is False
    write(1)
    assert kills.explains(first) is True
    assert kills.explains(second) is False, "that kill is accounted for"
    write(3)
    assert [kills.explains(second) for _ in range(3)] == [True, True, False]
    write(4)
    third = kills.count()
    assert kills.explains(third) is False, "it was killed before this one began"


def test_where_the_counter_is_looked_for(tmp_path: Path) -> None:
    own = tmp_path / "cgroup"
    own.write_text("4:memory:/user/me\n3:cpuset:/\n0::/a.slice/b.scope\n")
    found = list(counter_files(tmp_path, own, tmp_path / "vmstat"))
    assert [str(file.relative_to(tmp_path)) for file in found] == [
        "memory/user/me/memory.oom_control",
        "memory/memory.oom_control",
        "a.slice/b.scope/memory.events",
        "memory.events",
        "vmstat",
    ]
    assert list(counter_files(tmp_path, tmp_path / "absent", tmp_path / "vmstat")) == [tmp_path / "vmstat"]
