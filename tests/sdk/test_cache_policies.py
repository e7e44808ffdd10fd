"""Policies and a salt make the version of a task's cached outputs, in place of its code or together with it."""

import hashlib
from typing import Any

import pytest

from livedeck import Cache, CachePolicy, UserError, VersionParameters, task
from livedeck.sdk.cache_versions import declared_version
from livedeck.sdk.specs.settings import CompileSettings
from livedeck.sdk.specs.tasks import task_spec


def function(x: int) -> int:
    return x


class Named:
    def get_version(self, salt: str, params: VersionParameters[..., Any]) -> str:
        return f"{salt}:{params.func.__name__}:{params.container_image}"


@task(cache=Cache(policies=[Named()], salt="s"))
def cached(x: int) -> int:
    return x


class Broken:
    def __init__(self, answer: Any = None) -> None:
        self.answer = answer

    def get_version(self, salt: str, params: VersionParameters[..., Any]) -> str:
        if self.answer is None:
            raise OSError("no network")
        return self.answer  # type: ignore[no-any-return]


def version(cache: Cache, **options: Any) -> str:
    return declared_version(task(cache=cache, **options)(function))


def test_policies_make_the_version_as_on_flytekit() -> None:
    assert isinstance(Named(), CachePolicy)
    both = version(Cache(policies=[Named(), Named()], salt="s"))
    assert both == hashlib.sha256(b"s:function:None" * 2).hexdigest()
    assert version(Cache(policies=Named())) == hashlib.sha256(b":function:None").hexdigest()


def test_a_version_that_is_given_counts() -> None:
    assert version(Cache("3", policies=[Broken()], salt="s")) == "3"


def test_a_salt_changes_the_version_that_the_code_has() -> None:
    assert len({version(Cache()), version(Cache(salt="a")), version(Cache(salt="b"))}) == 3
    assert version(Cache(salt="")) == version(Cache())


def test_what_is_registered_is_what_local_runs_remember_by() -> None:
    registered = task_spec(cached, CompileSettings("p", "d", "v1")).template.metadata.discovery_version
    assert registered == declared_version(cached)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (Broken(), "the cache policy Broken failed: OSError: no network"),
        (Broken(3), "returned 3 where a text should be"),
    ],
)
def test_a_policy_that_fails_is_named(policy: Broken, words: str) -> None:
    with pytest.raises(UserError, match=words):
        version(Cache(policies=[policy]))
