"""Where each cloud's credentials come from, and what is said where they are missing, half there, or unreadable."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from livedeck.errors import NoCredentials
from livedeck.store.clouds import CLOUDS, Credentials

ACCOUNT = {"AZURE_STORAGE_ACCOUNT_NAME": "ada"}
IDENTITY = {"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t"}


@pytest.mark.parametrize(
    ("scheme", "environment", "source"),
    [
        ("s3", {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ("s3", {"AWS_WEB_IDENTITY_TOKEN_FILE": "f", "AWS_ROLE_ARN": "arn:r"}, "arn:r, by AWS_WEB_IDENTITY_TOKEN_FILE"),
        ("s3", {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"}, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        ("s3", {"AWS_SKIP_SIGNATURE": "true"}, "none"),
        ("s3", {}, "the role of the machine"),
        ("gs", {"GOOGLE_SERVICE_ACCOUNT_KEY": "{}"}, "GOOGLE_SERVICE_ACCOUNT_KEY"),
        ("gs", {"GOOGLE_BEARER_TOKEN": "t"}, "GOOGLE_BEARER_TOKEN"),
        ("gs", {"GOOGLE_SKIP_SIGNATURE": "1"}, "none"),
        ("gs", {}, "the service account of the machine"),
        ("az", {"AZURE_STORAGE_USE_EMULATOR": "true"}, "the emulator's"),
        ("az", {**ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": "k"}, "AZURE_STORAGE_ACCOUNT_KEY"),
        ("az", {**ACCOUNT, "AZURE_STORAGE_SAS_TOKEN": "k"}, "AZURE_STORAGE_SAS_TOKEN"),
        ("az", {**ACCOUNT, **IDENTITY, "AZURE_CLIENT_SECRET": "s"}, "by AZURE_CLIENT_SECRET"),
        ("az", {**ACCOUNT, **IDENTITY, "AZURE_FEDERATED_TOKEN_FILE": "f"}, "by AZURE_FEDERATED_TOKEN_FILE"),
        ("az", {**ACCOUNT, "AZURE_USE_AZURE_CLI": "true"}, "az, where somebody is logged in"),
        ("az", ACCOUNT, "the managed identity of the machine"),
    ],
)
def test_the_clouds_usual_ways(scheme: str, environment: Mapping[str, str], source: str, tmp_path: Path) -> None:
    assert source in CLOUDS[scheme].find_credentials(environment, tmp_path).source


@pytest.mark.parametrize(
    ("scheme", "environment", "words"),
    [
        ("s3", {"AWS_ACCESS_KEY_ID": "k"}, "AWS_SECRET_ACCESS_KEY is not"),
        ("s3", {"AWS_SECRET_ACCESS_KEY": "very secret"}, "AWS_ACCESS_KEY_ID is not"),
        ("s3", {"AWS_PROFILE": "nobody"}, "no profile 'nobody'"),
        ("gs", {"GOOGLE_APPLICATION_CREDENTIALS": "/no/such/file"}, "GOOGLE_APPLICATION_CREDENTIALS='/no/such/file'"),
        ("gs", {"GOOGLE_SERVICE_ACCOUNT_KEY": "very secret"}, "GOOGLE_SERVICE_ACCOUNT_KEY is no JSON"),
        ("gs", {"GOOGLE_SERVICE_ACCOUNT_KEY": '{"type": "external_account"}'}, "'external_account'; known are"),
        ("az", {}, "AZURE_STORAGE_ACCOUNT_NAME is not set"),
        ("az", {**ACCOUNT, "AZURE_CLIENT_SECRET": "very secret"}, "AZURE_CLIENT_ID and AZURE_TENANT_ID is not"),
    ],
)
def test_what_is_half_there(scheme: str, environment: Mapping[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(NoCredentials) as refused:
        CLOUDS[scheme].find_credentials(environment, tmp_path)
    assert words in str(refused.value)
    assert "very secret" not in str(refused.value)


def given_by(credentials: Credentials) -> Mapping[str, Any]:
    assert credentials.provider is not None
    return credentials.provider()


def write_aws(home: Path, credentials: str = "", config: str = "") -> None:
    (home / ".aws").mkdir(exist_ok=True)
    (home / ".aws" / "credentials").write_text(credentials)
    (home / ".aws" / "config").write_text(config)


def test_a_profile_that_aws_configure_has_written(tmp_path: Path) -> None:
    write_aws(
        tmp_path,
        "[default]\naws_access_key_id = a\naws_secret_access_key = b\n"
        "[other]\naws_access_key_id = c\naws_secret_access_key = d\naws_session_token = e\n",
        "[default]\nregion = eu-north-1\n[profile other]\nregion = eu-west-3\n",
    )
    found = CLOUDS["s3"].find_credentials({}, tmp_path)
    assert "the profile 'default'" in found.source
    assert found.options == {"region": "eu-north-1"}
    assert given_by(found)["access_key_id"] == "a"
    other = CLOUDS["s3"].find_credentials({"AWS_PROFILE": "other", "AWS_REGION": "us-east-1"}, tmp_path)
    assert other.options == {}
    given = dict(given_by(other))
    assert given.pop("expires_at") > datetime.now(UTC)
    assert given == {"access_key_id": "c", "secret_access_key": "d", "token": "e"}
    write_aws(tmp_path, "[other]\naws_access_key_id = new\naws_secret_access_key = d\n")
    assert given_by(other)["access_key_id"] == "new"


def test_a_profile_that_only_sets_a_region_leaves_the_credentials_to_the_machine(tmp_path: Path) -> None:
    write_aws(tmp_path, config="[default]\nregion = eu-north-1\noutput = json\n")
    assert CLOUDS["s3"].find_credentials({}, tmp_path).asked


def test_a_profile_whose_credentials_a_process_gives(tmp_path: Path) -> None:
    expires = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    told = {"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b", "SessionToken": "c", "Expiration": expires}
    (tmp_path / "told.json").write_text(json.dumps(told))
    process = f"{sys.executable} -c \"print(open('{tmp_path / 'told.json'}').read())\""
    write_aws(tmp_path, config=f"[profile sso]\ncredential_process = {process}\n")
    found = CLOUDS["s3"].find_credentials({"AWS_PROFILE": "sso"}, tmp_path)
    assert given_by(found) == {
        "access_key_id": "a",
        "secret_access_key": "b",
        "token": "c",
        "expires_at": datetime.fromisoformat(expires),
    }


@pytest.mark.parametrize(
    ("process", "words"),
    [
        ("/no/such/program", "FileNotFoundError"),
        (f"{sys.executable} -c \"print('very secret')\"", "JSONDecodeError"),
        (f"{sys.executable} -c \"import sys; sys.exit('not logged in')\"", "ended with 1: not logged in"),
    ],
)
def test_a_process_that_gives_none(process: str, words: str, tmp_path: Path) -> None:
    write_aws(tmp_path, config=f"[default]\ncredential_process = {process}\n")
    found = CLOUDS["s3"].find_credentials({}, tmp_path)
    with pytest.raises(NoCredentials) as refused:
        given_by(found)
    assert words in str(refused.value)
    assert "very secret" not in str(refused.value)


def test_a_profile_that_signs_in_otherwise_is_refused_with_the_way_round_it(tmp_path: Path) -> None:
    write_aws(tmp_path, config="[profile work]\nsso_session = work\n")
    with pytest.raises(NoCredentials, match="credential_process = aws configure export-credentials --profile work"):
        CLOUDS["s3"].find_credentials({"AWS_PROFILE": "work"}, tmp_path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    write_aws(tmp_path, "no section\n")
    with pytest.raises(NoCredentials, match="credentials cannot be read"):
        CLOUDS["s3"].find_credentials({}, tmp_path)


def test_what_gcloud_has_written(tmp_path: Path) -> None:
    file = tmp_path / ".config" / "gcloud" / "application_default_credentials.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"type": "authorized_user"}))
    assert str(file) in CLOUDS["gs"].find_credentials({}, tmp_path).source
    named = tmp_path / "key.json"
    named.write_text(json.dumps({"type": "service_account"}))
    found = CLOUDS["gs"].find_credentials({"GOOGLE_APPLICATION_CREDENTIALS": str(named)}, tmp_path)
    assert "(GOOGLE_APPLICATION_CREDENTIALS)" in found.source
