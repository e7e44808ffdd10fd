"""Links that this server gives out: to put or get one object, to watch one Deck, to hint at one attempt's publishes.

Where the store signs URLs itself (S3, GCS, Azure) its own are given, so that data does not pass through admin.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from livedeck.admin.live.keys import DeckKey
from livedeck.admin.tokens import Claim, Purpose, Signer
from livedeck.errors import InvalidLink
from livedeck.store import SignedUrl, Store

HINT_LIFETIME: Final = timedelta(days=30)
"""Longer than any attempt; it allows nothing but waking the viewers of that attempt's Deck."""

_MOST_KNOWN: Final = 4096
"""Tokens of hints that are known without looking at their signatures: an attempt sends the same one all the time."""


@dataclass(frozen=True)
class Upload:
    """What an upload link allows."""

    key: str
    content_md5: bytes
    """The MD5 that the content must have; empty: any."""


class Links:
    """Makes links and reads them.

    Args:
        signer: Signs them.
        store: What the objects are in.
        base_url: Where clients reach this server, such as ``http://127.0.0.1:8080``; asked late, since a free port
            is known only once it is listened on.
    """

    def __init__(self, signer: Signer, store: Store, base_url: Callable[[], str]) -> None:
        self._signer = signer
        self._store = store
        self._base_url = base_url
        self._known: dict[str, tuple[Claim, DeckKey]] = {}

    def upload_url(self, key: str, expires: timedelta, content_md5: bytes) -> SignedUrl:
        """Return a URL to PUT the object to, which the store may have to be asked for.

        The content must have that MD5 unless it is empty, or the store has signed the URL.
        """
        signed = self._store.sign(key, method="PUT", expires=expires)
        if signed is not None:
            return signed
        token = self._signer.sign(Purpose.UPLOAD, (key, content_md5.hex()), expires)
        return SignedUrl(f"{self._base_url()}/upload/{token}")

    def download_url(self, key: str, expires: timedelta) -> str:
        """Return a URL to GET the object from, which the store may have to be asked for."""
        signed = self._store.sign(key, method="GET", expires=expires)
        if signed is not None:
            return signed.url
        return f"{self._base_url()}/download/{self._signer.sign(Purpose.DOWNLOAD, (key,), expires)}"

    def share_url(self, deck: DeckKey, expires: timedelta) -> tuple[str, datetime]:
        """Return a URL of a page with that Deck alone, and when it stops working."""
        token = self._signer.sign(Purpose.SHARE, _parts(deck), expires)
        expiry = datetime.fromtimestamp(self._signer.check(Purpose.SHARE, token).expires, UTC)
        return f"{self._base_url()}/decks/shared/{token}", expiry

    def hint_token(self, attempt: DeckKey) -> str:
        """Return a token that allows hints for the attempt."""
        return self._signer.sign(Purpose.HINT, _parts(attempt), HINT_LIFETIME)

    def upload(self, token: str) -> Upload:
        """Return what an upload link allows.

        Raises:
            InvalidLink: It is forged, expired or for something else.
        """
        key, md5 = self._signer.check(Purpose.UPLOAD, token).subject
        return Upload(key, bytes.fromhex(md5))

    def download(self, token: str) -> str:
        """Return the key of the object that a download link is for.

        Raises:
            InvalidLink: It is forged, expired or for something else.
        """
        (key,) = self._signer.check(Purpose.DOWNLOAD, token).subject
        return key

    def shared(self, token: str) -> DeckKey:
        """Return the Deck that a link was shared for.

        Raises:
            InvalidLink: It is forged, expired or for something else.
        """
        return _deck(self._signer.check(Purpose.SHARE, token).subject)

    def hinted(self, token: str) -> DeckKey:
        """Return the attempt that a hint's token is for.

        Raises:
            InvalidLink: It is forged, expired or for something else.
        """
        known = self._known.get(token)
        if known is None:
            claim = self._signer.check(Purpose.HINT, token)
            known = claim, _deck(claim.subject)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[token] = known
        claim, deck = known
        self._signer.check_time(claim)
        return deck


def _parts(deck: DeckKey) -> tuple[str, ...]:
    return (deck.project, deck.domain, deck.execution, deck.node, str(deck.number))


def _deck(subject: tuple[str, ...]) -> DeckKey:
    try:
        project, domain, execution, node, number = subject
        return DeckKey(project, domain, execution, node, int(number))
    except ValueError as error:
        raise InvalidLink("this link is not valid: ask for a new one") from error
