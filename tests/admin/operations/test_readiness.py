"""`/readyz`, on a real server whose parts are taken away."""

import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from livedeck.admin.app import Admin
from livedeck.propeller.status import EngineStatus
from livedeck.testing.server import DEADLINE, running_admin

WORKING = EngineStatus(silent=1.0, longest_silence=30.0, leases=0, lease_age=0.0, attempts={}, held_back=0)


async def ask(admin: Admin) -> tuple[int, dict[str, Any]]:
    async with httpx.AsyncClient(base_url=f"http://{admin.endpoint}", timeout=DEADLINE) as http:
        answer = await http.get("/readyz")
    return answer.status_code, answer.json()


async def not_ready(admin: Admin, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What it says once it is not ready for the reason that is meant: an answer holds for a moment."""
    while True:
        status, body = await ask(admin)
        if status == 503 and fits(body):
            return body


async def test_a_server_whose_parts_work_is_ready(tmp_path: Path) -> None:
    async with running_admin(tmp_path) as admin:
        admin.watch_engine(lambda: WORKING)
        assert await ask(admin) == (
            200,
            {
                "ready": True,
                "reason": "",
                "draining": False,
                "checks": {"database": "ok", "store": "ok", "engine": "ok"},
            },
        )


async def test_without_an_engine_it_is_not_asked_for(tmp_path: Path) -> None:
    async with running_admin(tmp_path) as admin:
        assert (await ask(admin))[1]["checks"] == {"database": "ok", "store": "ok"}


@pytest.mark.usefixtures("in_a_file")
async def test_a_database_that_is_gone_is_the_reason(tmp_path: Path) -> None:
    async with running_admin(tmp_path) as admin:
        (tmp_path / "livedeck.db").unlink()
        body = await not_ready(admin, lambda body: body["checks"]["database"] != "ok")
    assert "was deleted or replaced" in body["reason"]
    assert body["checks"]["store"] == "ok"


async def test_a_store_that_is_gone_is_the_reason(tmp_path: Path) -> None:
    async with running_admin(tmp_path) as admin:
        shutil.rmtree(tmp_path / "store")
        body = await not_ready(admin, lambda body: body["checks"]["store"] != "ok")
    assert body["reason"] == f"store: the folder {tmp_path / 'store'} is not there, or cannot be written to"


async def test_an_engine_that_hangs_or_has_ended_is_the_reason(tmp_path: Path) -> None:
    async with running_admin(tmp_path) as admin:
        admin.watch_engine(lambda: replace(WORKING, silent=31.0))
        status, body = await ask(admin)
        assert status == 503
        assert body["reason"] == "engine: its loop has not come round for more than 30 s: see the server's log"
        admin.watch_engine(lambda: replace(WORKING, silent=math.inf))
        assert (await ask(admin))[1]["reason"] == "engine: it has ended: see the server's log"


async def test_a_server_that_drains_is_not_ready_and_all_else_goes_on(tmp_path: Path) -> None:
    async with running_admin(tmp_path) as admin:
        admin.drain()
        status, body = await ask(admin)
        assert (status, body["draining"], body["reason"]) == (503, True, "the server is shutting down")
        async with httpx.AsyncClient(base_url=f"http://{admin.endpoint}", timeout=DEADLINE) as http:
            assert (await http.get("/healthz")).text == "ok"
            assert (await http.get("/api/v1/version")).status_code == 200


async def test_strangers_are_refused(tmp_path: Path) -> None:
    async with (
        running_admin(tmp_path) as admin,
        httpx.AsyncClient(
            base_url=f"http://{admin.endpoint}", timeout=DEADLINE, headers={"host": "evil.example"}
        ) as http,
    ):
        for path in ("/readyz", "/metrics"):
            assert (await http.get(path)).status_code == 403
