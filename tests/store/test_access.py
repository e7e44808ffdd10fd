"""What is said of a store before anything is started on it, by servers that answer as the clouds do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from livedeck.errors import BucketNotFound, NoCredentials, StoreUnavailable
from livedeck.store import Retry, join_uri, open_store
from livedeck.store.access import check_access
from tests.clouds import CLOUDS, Cloud, Proxy, clients_find, running_behind_proxy
from tests.clouds.proxy import Exchange
from tests.clouds.server import Trouble

pytestmark = pytest.mark.slow

ONCE = Retry(attempts=0, timeout=30.0)


@pytest.fixture(scope="module", params=CLOUDS)
def behind_proxy(request: pytest.FixtureRequest) -> Iterator[tuple[Cloud, Proxy]]:
    with running_behind_proxy(request.param) as (cloud, proxy), clients_find(cloud, proxy.url):
        yield cloud, proxy


@pytest.fixture
def cloud(behind_proxy: tuple[Cloud, Proxy]) -> Cloud:
    return behind_proxy[0]


@pytest.fixture
def proxy(behind_proxy: tuple[Cloud, Proxy]) -> Iterator[Proxy]:
    proxy, before = behind_proxy[1], behind_proxy[1].interpose
    yield proxy
    proxy.interpose = before


def test_a_store_that_lets_us_in(cloud: Cloud, proxy: Proxy) -> None:
    assert check_access(join_uri(cloud.root, "prefix"), retry=ONCE).startswith("credentials: the variable")


def test_no_bucket(cloud: Cloud, proxy: Proxy) -> None:
    with pytest.raises(BucketNotFound, match="there is no bucket"):
        check_access(f"{cloud.scheme}://no-such-{cloud.bucket}", retry=ONCE)


@pytest.mark.parametrize("trouble", [Trouble.FORBIDDEN, Trouble.EXPIRED])
def test_credentials_that_are_refused(cloud: Cloud, proxy: Proxy, trouble: Trouble) -> None:
    proxy.interpose = lambda exchange: exchange.reply(exchange.cloud.answer(trouble))
    with pytest.raises(NoCredentials, match=r"The credentials were the variable") as refused:
        check_access(cloud.root, retry=ONCE)
    assert "very secret" not in str(refused.value)


def test_a_store_that_is_away_may_come_back(cloud: Cloud, proxy: Proxy) -> None:
    proxy.interpose = lambda exchange: exchange.reply(exchange.cloud.answer(Trouble.BUSY))
    with pytest.raises(StoreUnavailable):
        check_access(cloud.root, retry=ONCE)


def test_stores_that_ask_for_no_credentials(tmp_path: Path) -> None:
    assert check_access(tmp_path.as_uri()) == check_access("memory://access") == ""


def test_a_machine_that_gives_no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Amazon's client lets the metadata service be named; that of the others is the machine's own."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(NoCredentials, match=r"this machine gives none .* set AWS_ACCESS_KEY_ID"):
        check_access("s3://no-credentials", retry=ONCE)


def test_keys_of_a_profile_are_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with running_behind_proxy("s3") as (cloud, proxy), clients_find(cloud, proxy.url):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
            monkeypatch.delenv(name)
        (tmp_path / ".aws").mkdir()
        (tmp_path / ".aws" / "credentials").write_text(
            "[default]\naws_access_key_id = of-the-profile\naws_secret_access_key = b\nregion = eu-north-1\n"
        )
        monkeypatch.setenv("HOME", str(tmp_path))
        seen: list[str] = []

        def look(exchange: Exchange) -> None:
            seen.append(exchange.request.header("authorization"))
            exchange.reply(exchange.forward())

        proxy.interpose = look
        open_store(cloud.root, retry=ONCE).put("k", b"1")
    assert all("Credential=of-the-profile/" in each and "/eu-north-1/s3/" in each for each in seen)
    assert seen
