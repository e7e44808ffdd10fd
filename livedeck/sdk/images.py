"""``ImageSpec``: which image flytekit would build for a task. It is noted; attempts run in the server's environment."""

from dataclasses import dataclass, replace
from typing import Any, Self

from livedeck.errors import UserError


@dataclass(frozen=True)
class ImageSpec:
    """A container image as flytekit would build it, with flytekit's fields. Nothing is built.

    A task that names one runs all the same, in the environment of the server: install there what the image would hold.
    """

    name: str = "flytekit"
    python_version: str | None = None
    builder: str | None = None
    source_root: str | None = None
    env: dict[str, str] | None = None
    registry: str | None = None
    packages: list[str] | None = None
    conda_packages: list[str] | None = None
    conda_channels: list[str] | None = None
    requirements: str | None = None
    apt_packages: list[str] | None = None
    cuda: str | None = None
    cudnn: str | None = None
    base_image: "str | ImageSpec | None" = None
    platform: str | None = None
    pip_index: str | None = None
    pip_extra_index_url: list[str] | None = None
    pip_secret_mounts: list[tuple[str, str]] | None = None
    pip_extra_args: str | None = None
    registry_config: str | None = None
    entrypoint: list[str] | None = None
    commands: list[str] | None = None
    tag_format: str | None = None
    source_copy_mode: Any = None
    copy: list[str] | None = None
    python_exec: str | None = None
    runtime_packages: list[str] | None = None
    builder_options: dict[str, Any] | None = None
    builder_config: dict[str, Any] | None = None
    install_project: bool = False

    def __post_init__(self) -> None:
        for each in ("packages", "conda_packages", "conda_channels", "apt_packages", "commands", "copy"):
            if isinstance(getattr(self, each), str):
                raise UserError(f"ImageSpec({each}={getattr(self, each)!r}): give a list of texts")

    @property
    def tag(self) -> str:
        """A tag made of what the image would hold; another than flytekit's, whose image is never built here."""
        import hashlib

        digest = hashlib.sha256(repr(self).encode()).hexdigest()[:22]
        return self.tag_format.format(spec_hash=digest) if self.tag_format else digest

    def image_name(self) -> str:
        """Return the image's name: registry, name and tag."""
        return f"{self.registry + '/' if self.registry else ''}{self.name}:{self.tag}"

    def is_container(self) -> bool:
        """Return whether the program runs in this image: always, so that what is imported for its tasks is imported."""
        return True

    def with_packages(self, packages: str | list[str]) -> Self:
        """Return the same image with more packages."""
        return self._with("packages", packages)

    def with_apt_packages(self, apt_packages: str | list[str]) -> Self:
        """Return the same image with more packages of the system."""
        return self._with("apt_packages", apt_packages)

    def with_commands(self, commands: str | list[str]) -> Self:
        """Return the same image with more commands."""
        return self._with("commands", commands)

    def with_copy(self, src: str | list[str]) -> Self:
        """Return the same image with more files."""
        return self._with("copy", src)

    def with_runtime_packages(self, runtime_packages: list[str]) -> Self:
        """Return the same image with more packages that are installed when a task starts."""
        return self._with("runtime_packages", runtime_packages)

    def with_builder_options(self, builder_options: dict[str, Any]) -> Self:
        """Return the same image with more options for what builds it."""
        return replace(self, builder_options={**(self.builder_options or {}), **builder_options})

    def force_push(self) -> Self:
        """Return a copy: nothing is pushed."""
        return replace(self)

    def _with(self, name: str, more: str | list[str]) -> Self:
        added = [more] if isinstance(more, str) else list(more)
        changed: dict[str, Any] = {name: [*(getattr(self, name) or []), *added]}
        return replace(self, **changed)


def read_image(value: Any) -> str:
    """Check an image and return its name; empty: none was given.

    Raises:
        UserError: it is none.
    """
    if value is None or value == "":
        return ""
    if isinstance(value, ImageSpec):
        return value.image_name()
    if not isinstance(value, str):
        raise UserError(f'container_image={value!r}: give the name of an image, or ImageSpec(packages=["..."])')
    return value
