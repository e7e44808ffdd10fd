import pytest

from livedeck.client import Endpoint
from livedeck.errors import InvalidName


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:8080", Endpoint("127.0.0.1", 8080)),
        ("localhost", Endpoint("localhost", 8080)),
        ("[::1]:9000", Endpoint("::1", 9000)),
        ("dns:///flyte.example.com:81", Endpoint("flyte.example.com", 81)),
        ("http://decks.example.com", Endpoint("decks.example.com", 80)),
        ("https://decks.example.com", Endpoint("decks.example.com", 443, secure=True)),
        ("https://decks.example.com:8443/", Endpoint("decks.example.com", 8443, secure=True)),
        (" 127.0.0.1:8080\n", Endpoint("127.0.0.1", 8080)),
    ],
)
def test_reads_an_endpoint(text: str, expected: Endpoint) -> None:
    assert Endpoint.parse(text) == expected


@pytest.mark.parametrize("text", ["", "::", "host:port", "ftp://host", "host:99999", "a b:80", "//", "\udcff:80"])
def test_refuses_what_is_none(text: str) -> None:
    with pytest.raises(InvalidName, match="write host:port"):
        Endpoint.parse(text)


def test_shows_an_ipv6_address_in_brackets() -> None:
    assert Endpoint("::1", 9000).url == "http://[::1]:9000"
    assert Endpoint("::1", 9000).local
