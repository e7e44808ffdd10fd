"""Stores that do what they must, and stores that do not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from livedeck.cli.doctor.findings import Finding, Level
from livedeck.cli.doctor.store import check_round_trip, check_store
from livedeck.errors import ObjectExists, StoreError, StoreUnavailable
from livedeck.store import Meta, Store
from livedeck.store.memory import MemoryBackend


def found(backend: MemoryBackend) -> dict[str, Finding]:
    findings = {each.part: each for each in check_round_trip(Store("memory://doctor", backend))}
    assert list(backend.list("")) == []
    return findings


def wrong(findings: dict[str, Finding]) -> set[str]:
    return {part for part, each in findings.items() if each.level is Level.WRONG}


def test_a_store_on_disk_is_fine_and_as_it_was(tmp_path: Path) -> None:
    findings = list(check_store(tmp_path.as_uri()))
    assert {each.part for each in findings} >= {
        "store",
        "create-only puts",
        "store list",
        "store delete",
        "store clock",
    }
    assert wrong({each.part: each for each in findings}) == set()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    (finding,) = check_store((tmp_path / "none").as_uri())
    assert (finding.level, finding.what) == (Level.WARNING, f"there is no folder {tmp_path / 'none'}")
    assert list(tmp_path.iterdir()) == []


def test_a_uri_of_no_store_is_named() -> None:
    (finding,) = check_store("ftp://somewhere")
    assert finding.level is Level.WRONG
    assert "ftp://somewhere" in finding.what


def test_create_only_puts_that_are_not_honoured_are_found() -> None:
    class Replaces(MemoryBackend):
        def create(self, key: str, data: bytes, content_type: str | None) -> None:
            self.put(key, data, content_type)

    findings = found(Replaces())
    assert wrong(findings) == {"create-only puts"}
    assert "If-None-Match" in findings["create-only puts"].advice


def test_create_only_puts_that_are_refused_and_done_are_found() -> None:
    class RefusesAndReplaces(MemoryBackend):
        def create(self, key: str, data: bytes, content_type: str | None) -> None:
            there = self.head(key) is not None
            self.put(key, data, content_type)
            if there:
                raise ObjectExists(key)

    assert wrong(found(RefusesAndReplaces())) == {"create-only puts"}


def test_reads_of_what_was_before_are_found() -> None:
    class Caches(MemoryBackend):
        def __init__(self) -> None:
            super().__init__()
            self._read: dict[str, bytes] = {}

        def get(self, key: str, limit: int | None = None) -> bytes:
            if key not in self._read:
                self._read[key] = super().get(key, limit)
            return self._read[key]

    assert wrong(found(Caches())) == {"store", "store delete"}


def test_lists_without_what_is_there_are_found() -> None:
    class Forgets(MemoryBackend):
        blind = True

        def list(self, prefix: str) -> Iterator[str]:
            return iter(()) if self.blind and prefix else super().list(prefix)

    assert wrong(found(Forgets())) == {"store list"}


@pytest.mark.parametrize(("hours", "where"), [(1, "ahead of"), (-1, "behind")])
def test_a_clock_that_is_wrong_is_found(hours: int, where: str) -> None:
    class Late(MemoryBackend):
        def head(self, key: str) -> Meta | None:
            meta = super().head(key)
            return meta and Meta(meta.size, meta.etag, datetime.now(UTC) + timedelta(hours=hours))

    findings = found(Late())
    assert wrong(findings) == {"store clock"}
    assert f"s {where} this machine's" in findings["store clock"].what


@pytest.mark.parametrize("error", [StoreError("no rights"), StoreUnavailable("no answer")])
def test_a_store_that_refuses_is_told_with_its_words(error: StoreError) -> None:
    class Refuses(MemoryBackend):
        def create(self, key: str, data: bytes, content_type: str | None) -> None:
            raise error

    findings = found(Refuses())
    assert findings["store"].what == f"memory://doctor: {error}"
    assert "credentials" in findings["store"].advice
