import base64
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.admin.links import Links
from livedeck.admin.live.keys import DeckKey
from livedeck.admin.tokens import Purpose, Signer, load_secret
from livedeck.errors import ExpiredLink, InvalidLink, NotWritable
from livedeck.store import open_store

DAY = timedelta(days=1)
SECRET = b"s" * 32


def test_a_token_says_what_it_was_made_for() -> None:
    signer = Signer(SECRET, clock=lambda: 1000.0)
    claim = signer.check(Purpose.UPLOAD, signer.sign(Purpose.UPLOAD, ("a/b", "ff"), DAY))
    assert claim.subject == ("a/b", "ff")
    assert claim.expires == 1000 + 86400


def test_for_nothing_else() -> None:
    signer = Signer(SECRET)
    for made in Purpose:
        token = signer.sign(made, ("x",), DAY)
        for used in set(Purpose) - {made}:
            with pytest.raises(InvalidLink, match="not valid"):
                signer.check(used, token)
        with pytest.raises(InvalidLink):
            Signer(b"t" * 32).check(made, token)


def test_it_expires() -> None:
    now = [1000.0]
    signer = Signer(SECRET, clock=lambda: now[0])
    token = signer.sign(Purpose.SHARE, ("x",), timedelta(seconds=10))
    now[0] = 1009.9
    signer.check(Purpose.SHARE, token)
    now[0] = 1010.0
    with pytest.raises(ExpiredLink):
        signer.check(Purpose.SHARE, token)


@given(st.text(max_size=60))
def test_noise_is_refused(text: Any) -> None:
    with pytest.raises(InvalidLink):
        Signer(SECRET).check(Purpose.SHARE, text)


@given(st.data())
def test_no_other_spelling_of_a_token_is_valid(data: Any) -> None:
    signer = Signer(SECRET)
    token = signer.sign(Purpose.SHARE, ("project", "domain"), DAY)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCabc019-_=+/. "))
    changed = token[:at] + other + token[at + 1 :]
    if changed != token:
        with pytest.raises(InvalidLink):
            signer.check(Purpose.SHARE, changed)


def test_a_payload_without_its_signature() -> None:
    payload = base64.urlsafe_b64encode(b'[99999999999,"x"]').rstrip(b"=").decode()
    for token in (f"{payload}.", f"{payload}.{payload}", payload, "." + payload, ".", "x" * 10000):
        with pytest.raises(InvalidLink):
            Signer(SECRET).check(Purpose.SHARE, token)


def test_a_short_secret_is_none() -> None:
    with pytest.raises(ValueError, match="too short"):
        Signer(b"short")


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    first = load_secret(path)
    assert len(first) == 32
    assert load_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    load_secret(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_a_damaged_secret_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"")
    with pytest.raises(NotWritable, match="damaged"):
        load_secret(tmp_path / "secret")
    with pytest.raises(NotWritable, match="cannot keep"):
        load_secret(tmp_path / "none" / "secret")


@pytest.fixture
def links(tmp_path: Path) -> Any:
    return Links(Signer(SECRET), open_store(f"file://{tmp_path}/store"), lambda: "http://here:1")


def test_links(links: Any) -> None:
    token = links.upload_url("code/x", DAY, b"m" * 16).url.removeprefix("http://here:1/upload/")
    assert (links.upload(token).key, links.upload(token).content_md5) == ("code/x", b"m" * 16)
    token = links.download_url("a/b", DAY).removeprefix("http://here:1/download/")
    assert links.download(token) == "a/b"
    with pytest.raises(InvalidLink):
        links.upload(token)
    deck = DeckKey("p", "d", "e", "n0", 3)
    url, expiry = links.share_url(deck, DAY)
    assert links.shared(url.removeprefix("http://here:1/decks/shared/")) == deck
    assert expiry.tzinfo is not None


def test_hint_tokens_are_for_one_attempt(links: Any) -> None:
    deck = DeckKey("p", "d", "e", "n0:3", 7)
    assert links.hinted(links.hint_token(deck)) == deck
    with pytest.raises(InvalidLink):
        links.shared(links.hint_token(deck))
