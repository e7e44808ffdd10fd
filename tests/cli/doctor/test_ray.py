"""Clusters that cannot be looked at; `tests/ray/test_inspection.py` looks at one."""

import importlib.util

from livedeck.cli.doctor.findings import Finding, Level
from livedeck.cli.doctor.ray import check_ray
from tests.cli.doctor.test_command import parts, run

RAY = importlib.util.find_spec("ray") is not None


def found(address: str) -> Finding:
    (finding,) = check_ray(address)
    return finding


def test_an_address_where_nothing_answers_is_wrong() -> None:
    finding = found("127.0.0.1:9")
    assert (finding.level, finding.part) == (Level.WRONG, "Ray")
    assert ("127.0.0.1:9: Connection refused" if RAY else "not installed") in finding.what
    assert ("ray start" if RAY else "pip install 'livedeck[ray]'") in finding.advice


def test_what_goes_wrong_in_the_inspection_is_told_with_its_words() -> None:
    (finding,) = check_ray("127.0.0.1:9", ["no versions"])
    assert finding.level is Level.WRONG
    assert "JSON" in finding.what


def test_a_cluster_that_is_named_is_all_that_is_looked_at() -> None:
    status, output = run("--json", LIVEDECK_RAY_ADDRESS="127.0.0.1:9")
    assert status == 1
    assert "Ray" in parts(output)
    assert "server" not in parts(output)
