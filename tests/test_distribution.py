"""What is published: the sdist, and what a package index shows of the project."""

import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from packaging.metadata import Metadata

from hatch_build import absolute_links

pytestmark = pytest.mark.slow  # the sdist is built: they run with `make test`

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tarfile.TarFile]:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("livedeck-*.tar.gz")
    with tarfile.open(built) as archive:
        yield archive


@pytest.fixture(scope="module")
def files(sdist: tarfile.TarFile) -> set[str]:
    return {member.name.partition("/")[2] for member in sdist.getmembers() if member.isfile()}


@pytest.fixture(scope="module")
def metadata(sdist: tarfile.TarFile) -> Metadata:
    """The metadata, refused where an index would refuse it."""
    (name,) = [name for name in sdist.getnames() if name.count("/") == 1 and name.endswith("/PKG-INFO")]
    information = sdist.extractfile(name)
    assert information is not None
    return Metadata.from_email(information.read())


def test_the_sdist_holds_all_that_tests_and_documents_it(files: set[str]) -> None:
    wanted = {path for folder in ("docs", "livedeck", "tests") for path in sources(folder)}
    assert len(wanted) > 500
    assert wanted <= files
    assert {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "SECURITY.md", "requirements/dev.txt"} <= files
    assert {"console/package-lock.json", "console/src/frame/main.ts"} <= files


def test_the_sdist_holds_nothing_that_was_built_or_installed(files: set[str]) -> None:
    strangers = re.compile(r"(^|/)(node_modules|__pycache__|build|dist|\.venv[^/]*|static)/|\.pyc$")
    assert [file for file in files if strangers.search(file)] == []


def test_the_index_is_told_where_the_project_is(metadata: Metadata) -> None:
    assert metadata.project_urls is not None
    assert {"Source", "Documentation", "Changelog", "Issues"} <= metadata.project_urls.keys()
    assert metadata.license_expression == "Apache-2.0"


def test_the_readme_of_the_index_has_links_that_work_there(metadata: Metadata) -> None:
    assert metadata.description_content_type == "text/markdown"
    assert metadata.project_urls is not None
    source = metadata.project_urls["Source"]
    here = targets((ROOT / "README.md").read_text())
    there = targets(metadata.description or "")
    assert f"{source}/raw/v{metadata.version}/docs/images/live-deck.png" in there
    assert f"{source}/blob/v{metadata.version}/ARCHITECTURE.md" in there
    assert [target for target in there if not target.startswith("https://")] == []
    assert len(here) == len(there)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("[a](docs/decks.md)", "[a](S/blob/v1/docs/decks.md)"),
        ("[a](docs/decks.md#what-a-tab-can-hold)", "[a](S/blob/v1/docs/decks.md#what-a-tab-can-hold)"),
        ("[a](examples/)", "[a](S/tree/v1/examples/)"),
        ("![a](docs/images/live-deck.png)", "![a](S/raw/v1/docs/images/live-deck.png)"),
        ("[a](https://example.org/docs)", "[a](https://example.org/docs)"),
        ("[a](#two-commands)", "[a](#two-commands)"),
    ],
)
def test_only_paths_of_the_repository_become_addresses(link: str, expected: str) -> None:
    assert absolute_links(link, ROOT, "S", "v1") == expected


def test_a_link_to_nowhere_stops_the_build() -> None:
    with pytest.raises(ValueError, match=r"links to 'docs/nowhere\.md', which does not exist"):
        absolute_links("[a](docs/nowhere.md)", ROOT, "S", "v1")


def sources(folder: str) -> Iterator[str]:
    """The folder's files in the repository, without what is made when tests run."""
    for path in (ROOT / folder).rglob("*"):
        if (
            path.is_file()
            and path.suffix in {".css", ".json", ".md", ".png", ".py", ".typed"}
            and not {"static", "node_modules"} & set(path.parts)
        ):
            yield path.relative_to(ROOT).as_posix()


def targets(text: str) -> list[str]:
    """Where the Markdown's links and images lead."""
    tokens = [child for token in MarkdownIt().parse(text) for child in token.children or []]
    return [
        str(token.attrs.get("href") or token.attrs["src"]) for token in tokens if token.type in {"link_open", "image"}
    ]
