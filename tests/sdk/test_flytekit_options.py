"""Options of flytekit's that are honoured, and those that are accepted, change nothing and are told of once."""

import warnings
from pathlib import Path
from typing import Any

import pytest

from livedeck import (
    Description,
    Documentation,
    ImageSpec,
    NoEffectWarning,
    Resources,
    Secret,
    SourceCode,
    current_context,
    task,
    workflow,
)
from livedeck.errors import UnknownEntity, UserError
from livedeck.sdk.loading import load_file
from livedeck.sdk.specs.settings import CompileSettings
from livedeck.sdk.specs.workflows import closure

SETTINGS = CompileSettings("project", "domain", "version")


def load(folder: Path, text: str) -> list[str]:
    """Load a program, and return what it warned of."""
    file = folder / "noted_program.py"
    file.write_text(text)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        load_file(file)
    return [str(each.message) for each in told if each.category is NoEffectWarning]


def test_what_changes_nothing_is_said_once_with_the_reason(tmp_path: Path) -> None:
    said = load(
        tmp_path,
        "from livedeck import ImageSpec, task\n"
        "@task(container_image=ImageSpec(packages=['x']), labels={'a': 'b'})\n"
        "def one() -> int:\n    return 1\n"
        "@task(container_image='x:1', pod_template_name='p')\n"
        "def two() -> int:\n    return 2\n",
    )
    assert [each.partition(":")[0] for each in said] == ["@task"] * 3
    assert "container_image has no effect here: it is registered with the task" in said[0]
    assert "labels has no effect here: tasks are processes, not pods" in said[1]
    assert "pod_template_name" in said[2]


def test_what_says_nothing_is_not_told_of(tmp_path: Path) -> None:
    text = "from livedeck import task\n@task(container_image=None, secret_requests=[], docs=None, task_config=None)\n"
    assert load(tmp_path, text + "def one() -> int:\n    return 1\n") == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"container_image": 3}, "container_image=3: give the name of an image"),
        ({"labels": {"a": 1}}, "labels={'a': 1}: give a dict of names and values"),
        ({"secret_requests": ["key"]}, "secret_requests=['key']: give a list, as in [Secret"),
        ({"docs": 3}, "docs=3: give a text, or Documentation"),
        ({"resources": Resources(cpu="1"), "limits": Resources(cpu="2")}, "give resources, or requests and limits"),
        ({"requests": Resources(cpu=("1", "2"))}, "give one amount, or a pair in resources="),
        ({"deprecated": 3}, "deprecated=3: give a text"),
        ({"executor": 3}, "executor=3: give a text"),
    ],
)
def test_values_that_make_no_sense_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(UserError) as caught:
        task(**options)  # type: ignore[call-overload]
    assert words in str(caught.value)


@pytest.mark.filterwarnings("ignore::livedeck.NoEffectWarning")
def test_what_is_registered_with_a_task() -> None:
    image = ImageSpec(name="science", registry="here", packages=["pandas"])
    docs = Documentation("short", Description("*long*"), SourceCode("https://example.com"))

    @task(
        container_image=image,
        secret_requests=[Secret(group="mail", key="token")],
        docs=docs,
        deprecated="use another",
        executor="ray",
        resources=Resources(cpu=("1", "2"), mem="1Gi"),
    )
    def measured() -> int:
        """Is not what is shown."""
        return 1

    globals()["measured"] = measured  # where it is found by its name
    spec = closure(measured, SETTINGS).tasks[0]
    assert spec.template.container.image == image.image_name() == f"here/science:{image.tag}"
    assert [(each.group, each.key) for each in spec.template.security_context.secrets] == [("mail", "token")]
    assert spec.description.short_description == "short"
    assert spec.description.long_description.value == "*long*"
    assert spec.description.source_code.link == "https://example.com"
    assert spec.template.metadata.deprecated_error_message == "use another"
    assert dict(spec.template.config) == {"livedeck.executor": "ray"}
    assert [each.value for each in spec.template.container.resources.requests] == ["1", "1Gi"]
    assert [each.value for each in spec.template.container.resources.limits] == ["2"]


@task
def plain(value: int) -> int:
    return value


def test_a_node_can_have_an_image_and_resources_of_its_own() -> None:
    @workflow
    def flow(value: int) -> int:
        return plain.with_overrides(container_image="x:2", resources=Resources(cpu=("1", "2")))(value=value)

    with pytest.warns(NoEffectWarning, match="with_overrides: container_image has no effect"):
        node = flow.traced.nodes[0]
    assert node.overrides.image == "x:2"
    assert (node.overrides.requests, node.overrides.limits) == (Resources(cpu="1"), Resources(cpu="2"))
    compiled = closure(flow, SETTINGS).workflows[0].template.nodes[0]
    assert compiled.task_node.overrides.container_image == "x:2"


def test_an_image_grows_by_copies() -> None:
    image = ImageSpec(packages=["a"])
    grown = image.with_packages("b").with_apt_packages(["git"]).with_commands("true").force_push()
    assert (image.packages, grown.packages, grown.apt_packages) == (["a"], ["a", "b"], ["git"])
    assert image.tag != grown.tag
    assert grown.is_container()
    with pytest.raises(UserError, match=r"ImageSpec\(packages='pandas'\): give a list"):
        ImageSpec(packages="pandas")  # type: ignore[arg-type]


def test_secrets_are_read_from_variables_and_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("_FSEC_MAIL_TOKEN", " of the variable ")
    monkeypatch.setenv("PLAIN_KEY", "without the prefix")
    monkeypatch.setenv("FLYTE_SECRETS_DEFAULT_DIR", str(tmp_path))
    (tmp_path / "files" / "v2").mkdir(parents=True)
    (tmp_path / "files" / "v2" / "key").write_text("of the file\n")
    secrets = current_context().secrets
    assert secrets.get("mail", "token") == secrets.mail.token == "of the variable"
    assert secrets.get("plain", "key") == "without the prefix"
    assert secrets.get("files", "KEY", "v2") == "of the file"
    with pytest.raises(UnknownEntity, match="set the environment variable OTHER_KEY where the task runs"):
        secrets.get("other", "key")
    with pytest.raises(ValueError, match="'key' in the group 'other'"):
        secrets.get("other", "key")
    with pytest.raises(UserError, match="give group, key, or both"):
        Secret()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"env_var": "mail-token"}, "env_var='mail-token'.*capital letters"),
        ({"env_var": "1"}, "env_var='1'"),
        ({"mount_requirement": "FILE"}, "one of Secret.MountType"),
    ],
)
def test_a_secret_that_makes_no_sense_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        Secret(group="mail", key="token", **given)
