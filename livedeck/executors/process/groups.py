"""Zygotes of single modules of tasks: which attempts share one, when it is started, and when it is not used any more.

Attempts of one module of one code bundle, with equal environments, make a group. The first of a group are forked from
the zygote that all share, and report what they import; if that takes long a zygote is started that has imported the
same libraries. Whatever is wrong with that, attempts start as the first did.
"""

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from livedeck.deck import hints
from livedeck.errors import ExecutorError
from livedeck.executors.api import Attempt
from livedeck.executors.imports import IMPORT_REPORT
from livedeck.executors.local.interpreters import site_directories
from livedeck.executors.output import read_file
from livedeck.executors.process.links import Link
from livedeck.executors.process.pool import ZygotePool
from livedeck.executors.process.supervisor import START_ONLY

logger = logging.getLogger(__name__)

IMPORT_ZYGOTES = "LIVEDECK_IMPORT_ZYGOTES"
"""Environment variable, of the server or of a task: how many such zygotes there may be; 0: none."""
OF_ONE_ATTEMPT = ("FLYTE_", "LIVEDECK_NODE", hints.URL, hints.TOKEN)
"""Prefixes of variables that differ from one attempt to the next."""
MAX_STARTS = 3
"""Times that the start of one zygote is tried, each time without the packages that could not be shared before."""
MAX_LOSSES = 2
"""Zygotes of one group that may die before there is no other."""


@dataclass
class Group:
    """What is known of a group."""

    digest: str
    link: Link | None = None
    starting: "asyncio.Task[None] | None" = None
    wait_until: float = 0.0
    """Until when attempts wait for the zygote that is being started, on the loop's clock."""
    refused: str = ""
    """Why there is no zygote for it, and will be none while this server runs."""
    losses: int = 0
    used_at: float = 0.0
    """When an attempt was last started there, on the loop's clock."""
    installed: Sequence[object] = ()
    """When packages were last installed, as of the start of its zygote."""


class ImportGroups:
    """The groups of an executor.

    Args:
        pool: starts zygotes and links to them.
        in_use: gives the links to zygotes that run attempts.
        folder: for reports.
        most: zygotes at a time.
        idle: seconds after which one that nobody used is let go of.
        start_timeout: seconds for the imports of one.
        start_wait: seconds after the start of one for which attempts wait for it, instead of importing by themselves.
    """

    def __init__(
        self,
        pool: ZygotePool,
        in_use: Callable[[], Iterable[Link]],
        folder: Path,
        *,
        most: int,
        idle: float,
        start_timeout: float,
        start_wait: float,
    ) -> None:
        self._pool = pool
        self._in_use = in_use
        self._folder = folder
        self._most = most
        self._idle = idle
        self._start_timeout = start_timeout
        self._start_wait = start_wait
        self._groups: dict[str, Group] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._sites = site_directories()

    def prepare(self) -> None:
        """Make the folder."""
        if self._most:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def close(self) -> None:
        """Start nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        starting = [group.starting for group in self._groups.values() if group.starting is not None]
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)

    async def choose(self, attempt: Attempt) -> tuple[Link | None, Mapping[str, str]]:
        """Return the link to the zygote of an attempt's group, None if there is none, and variables for the attempt.

        One that is wanted is started and waited for a little: attempts that import the same meanwhile take the
        processors that it needs, and are not done before it is.
        """
        digest = group_of(attempt) if self._most else ""
        if not digest:
            return None, {}
        group = self._groups.setdefault(digest, Group(digest))
        self._settle(group)
        report = self._folder / f"{digest}.json"
        if group.link is None and group.starting is None and not group.refused:
            if not _is_there(report):
                return None, {IMPORT_REPORT: str(report)}
            self._begin(group, report, attempt.environment)
        if group.starting is not None:
            await asyncio.wait([group.starting], timeout=group.wait_until - _now())
        if group.link is None or not group.link.connected:
            return None, {}
        group.used_at = _now()
        return group.link, {}

    def refuse(self, link: Link, reason: str) -> None:
        """Start no more attempts in a zygote: one that it has forked hangs."""
        for group in self._groups.values():
            if group.link is link:
                self._refuse(group, reason)
                self._let_go(group)

    def _settle(self, group: Group) -> None:
        """Let go of a zygote that died, or whose libraries are not those that are installed now."""
        if group.link is None:
            return
        if not group.link.connected:
            self._let_go(group)
            group.losses += 1
            if group.losses >= MAX_LOSSES:
                self._refuse(group, "its zygotes die")
        elif group.installed != self._installed():
            self._let_go(group)

    def _begin(self, group: Group, report: Path, environment: Mapping[str, str]) -> None:
        """Start a group's zygote in the background, if one more may run."""
        if self._make_room():
            start = self._start(group, report, environment)
            group.starting = asyncio.create_task(start, name=f"process executor: import for {group.digest}")
            group.wait_until = _now() + self._start_wait

    async def _start(self, group: Group, report: Path, environment: Mapping[str, str]) -> None:
        group.installed = self._installed()
        shared = {name: value for name, value in environment.items() if not name.startswith(OF_ONE_ATTEMPT)}
        try:
            link = await self._start_with_most(group, report, shared)
        except ExecutorError as error:
            self._refuse(group, str(error))
        else:
            group.link, group.used_at = link, _now()
            logger.info("imports_shared group=%s pid=%d", group.digest, link.zygote.pid)
            self._watch()
        finally:
            group.starting = None

    async def _start_with_most(self, group: Group, report: Path, environment: Mapping[str, str]) -> Link:
        """Start a group's zygote, again without packages that cannot be shared: those it has removed from the report.

        Raises:
            ExecutorError: nothing can be shared.
        """
        for left in reversed(range(MAX_STARTS)):
            before = read_file(str(report))
            try:
                return await self._pool.start_for_imports(
                    group.digest, report, environment, timeout=self._start_timeout
                )
            except ExecutorError as error:
                if not left or read_file(str(report)) == before:
                    raise
                logger.info("imports_shared_in_part group=%s reason=%s", group.digest, error)
        raise AssertionError

    def _refuse(self, group: Group, reason: str) -> None:
        group.refused = reason
        logger.info("imports_not_shared group=%s reason=%s", group.digest, reason)

    def _make_room(self) -> bool:
        """Tell whether one more may be started, having let go of the one that was not used for longest."""
        there = [group for group in self._groups.values() if group.link is not None or group.starting is not None]
        if len(there) < self._most:
            return True
        used = set(map(id, self._in_use()))
        unused = [group for group in there if group.link is not None and id(group.link) not in used]
        if not unused:
            return False
        self._let_go(min(unused, key=lambda group: group.used_at))
        return True

    def _let_go(self, group: Group) -> None:
        """Use a zygote no more; it ends when it runs nothing."""
        if group.link is not None:
            self._pool.release(group.link, self._in_use())
        group.link = None

    def _installed(self) -> Sequence[object]:
        return [os.stat(path).st_mtime_ns for path in self._sites if os.path.exists(path)]

    def _watch(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._idle, self._end_idle)

    def _end_idle(self) -> None:
        self._timer = None
        now = _now()
        for group in self._groups.values():
            if group.link is not None and now - group.used_at >= self._idle:
                self._let_go(group)
        if any(group.link is not None for group in self._groups.values()):
            self._watch()


def _is_there(report: Path) -> bool:
    return report.exists()


def _now() -> float:
    return asyncio.get_running_loop().time()


def group_of(attempt: Attempt) -> str:
    """Return the digest of what an attempt's imports depend on; empty: it shares them with none."""
    command = attempt.command
    if "--code" not in command or "task-module" not in command or attempt.environment.get(IMPORT_ZYGOTES) == "0":
        return ""
    if any(name.startswith(START_ONLY) for name in attempt.environment):
        return ""
    after = [command[index + 1 : index + 2] for index in map(command.index, ("--code", "task-module"))]
    shared = sorted(item for item in attempt.environment.items() if not item[0].startswith(OF_ONE_ATTEMPT))
    return hashlib.sha256(repr((command[0], after, shared)).encode()).hexdigest()[:12]
