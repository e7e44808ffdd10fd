"""What of an environment goes along to attempts, so that they reach the store."""

import pytest

from livedeck.store.surroundings import surroundings

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "key",
    "AZURE_STORAGE_KEY": "key",
    "GOOGLE_APPLICATION_CREDENTIALS": "file",
    "HTTPS_PROXY": "proxy",
    "no_proxy": "here",
    "HOME": "/home/ada",
    "OTHER_AWS_KEY": "not",
}


@pytest.mark.parametrize(
    ("uri", "names"),
    [
        ("s3://bucket/prefix", {"AWS_ACCESS_KEY_ID", "HTTPS_PROXY", "no_proxy"}),
        ("gs://bucket", {"GOOGLE_APPLICATION_CREDENTIALS", "HTTPS_PROXY", "no_proxy"}),
        ("az://bucket", {"AZURE_STORAGE_KEY", "HTTPS_PROXY", "no_proxy"}),
        ("file:///folder", set()),
        ("memory://name", set()),
    ],
)
def test_what_reaches_the_store_and_nothing_else(uri: str, names: set[str]) -> None:
    assert surroundings(uri, ENVIRONMENT) == {name: ENVIRONMENT[name] for name in names}
