"""What a task's secrets add to the environment of its attempts."""

from dataclasses import replace
from pathlib import Path

from flyteidl.core.security_pb2 import Secret

from livedeck.propeller.secrets import variables_of
from livedeck.testing.executors import succeed
from livedeck.testing.workflows import task, template, workflow
from tests.propeller.conftest import QUICK, World

ENV_VAR, FILE = Secret.MountType.ENV_VAR, Secret.MountType.FILE


def test_a_secret_that_is_a_variable_has_another_name_besides() -> None:
    environment = {"_FSEC_MAIL_TOKEN": "t"}
    for requirement in (Secret.MountType.ANY, ENV_VAR):
        asked = Secret(group="mail", key="token", mount_requirement=requirement, env_var="MAIL")
        assert variables_of([asked], environment) == {"MAIL": "t"}
    assert variables_of([Secret(group="mail", key="token")], environment) == {}


def test_one_that_is_a_file_is_named_by_its_path_or_read_into_a_variable(tmp_path: Path) -> None:
    environment = {"FLYTE_SECRETS_DEFAULT_DIR": str(tmp_path), "FLYTE_SECRETS_FILE_PREFIX": "f-"}
    file = tmp_path / "mail" / "v1" / "f-token"
    file.parent.mkdir(parents=True)
    file.write_text("of the file\n")
    asked = {"group": "Mail", "group_version": "v1", "key": "TOKEN", "env_var": "MAIL"}
    assert variables_of([Secret(**asked)], environment) == {"MAIL": str(file)}
    assert variables_of([Secret(**asked, mount_requirement=FILE)], environment) == {"MAIL": str(file)}
    read = {"MAIL": "of the file", "_FSEC_MAIL_V1_TOKEN": "of the file"}
    assert variables_of([Secret(**asked, mount_requirement=ENV_VAR)], environment) == read


def test_one_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    environment = {"FLYTE_SECRETS_DEFAULT_DIR": str(tmp_path)}
    asked = {"group": "mail", "key": "token", "env_var": "MAIL"}
    assert variables_of([Secret(**asked), Secret(**asked, mount_requirement=ENV_VAR)], environment) == {}
    there = variables_of([Secret(**asked, mount_requirement=FILE)], environment)
    assert there == {"MAIL": str(tmp_path / "mail" / "token")}, "where it has to be"


async def test_attempts_have_them(world: World) -> None:
    made = template("t")
    made.security_context.secrets.add(group="mail", key="token", env_var="MAIL")
    execution = world.control.create("a", workflow(task("n0", made)))
    executor = world.executor(succeed)
    settings = replace(QUICK, secrets_in={"_FSEC_MAIL_TOKEN": "t"})
    async with world.propeller(executor, settings=settings):
        await world.control.until_over(execution)
    [process] = executor.processes.values()
    assert process.attempt.environment["MAIL"] == "t"
    assert "_FSEC_MAIL_TOKEN" not in process.attempt.environment, "of the server's environment they have it"
