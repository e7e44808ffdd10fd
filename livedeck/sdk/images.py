"""``ImageSpec``: which image flytekit would build for a task. It is noted; attempts run in the server's environment."""

from dataclasses import dataclass, replace
from typing import Any, Self

from livedeck.errors import UserError


@dataclass(frozen=True)
class ImageSpec:
    """A container image as flytekit would build it, with flytekit's fields. Nothing is built.

    A task that names one runs all the same, in the environment of the server: install there what the image would hold.
    ``registry``, ``name`` and ``tag_format`` make the image's name; the other fields change the digest in its tag.

    Args:
        name: the image's name, without registry and tag.
        python_version: the version of Python in it; None: that of the base image.
        builder: what would build it: ``"default"``, ``"envd"``, ``"noop"``.
        source_root: the folder with the program's source.
        env: variables of its environment.
        registry: where it would be pushed to.
        packages: what pip installs.
        conda_packages: what conda installs.
        conda_channels: where conda looks for packages.
        requirements: path of a file of requirements, or of a lock file.
        apt_packages: what apt installs.
        cuda: the version of CUDA.
        cudnn: the version of cuDNN.
        base_image: the image that it starts from.
        platform: what it is built for: ``"linux/amd64"``.
        pip_index: URL of the index that pip asks.
        pip_extra_index_url: URLs of more indexes.
        pip_secret_mounts: secrets that pip needs: pairs of a file and the path at which it sees the file.
        pip_extra_args: more options of pip, in one text.
        registry_config: path of a file of JSON that tells how registries are reached.
        entrypoint: what the image starts, in place of the base image's entry point; empty: nothing.
        commands: commands that run while it is built.
        tag_format: the tag, in which ``{spec_hash}`` is a digest of all fields; None: the digest alone.
        source_copy_mode: which files of the program are copied into it.
        copy: more files and folders to copy into it.
        python_exec: the Python for which packages are installed.
        runtime_packages: what pip installs when a task starts. Nothing is installed here.
        builder_options: options of what builds it.
        builder_config: images that the builder itself uses.
        install_project: whether the project to which ``requirements`` belongs is installed, too.

    Raises:
        UserError: a text stands where a list of texts belongs.
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
        """Return the same image with more packages.

        Args:
            packages: what pip installs besides; a text is one package.
        """
        return self._with("packages", packages)

    def with_apt_packages(self, apt_packages: str | list[str]) -> Self:
        """Return the same image with more packages of the system.

        Args:
            apt_packages: what apt installs besides; a text is one package.
        """
        return self._with("apt_packages", apt_packages)

    def with_commands(self, commands: str | list[str]) -> Self:
        """Return the same image with more commands.

        Args:
            commands: what runs after the commands that it has; a text is one command.
        """
        return self._with("commands", commands)

    def with_copy(self, src: str | list[str]) -> Self:
        """Return the same image with more files.

        Args:
            src: paths of files and folders to copy into it; a text is one path.
        """
        return self._with("copy", src)

    def with_runtime_packages(self, runtime_packages: list[str]) -> Self:
        """Return the same image with more packages that are installed when a task starts.

        Args:
            runtime_packages: what pip installs then. Nothing is installed here.
        """
        return self._with("runtime_packages", runtime_packages)

    def with_builder_options(self, builder_options: dict[str, Any]) -> Self:
        """Return the same image with more options for what builds it.

        Args:
            builder_options: the options by name, which replace those of the same name.
        """
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
