"""Run the cells of a file as a notebook does: one after the other, at top level, ``await`` included."""

import ast
import asyncio
import inspect
import linecache
import re
import sys
from pathlib import Path

cells = re.split(r"^# %%.*\n", Path(sys.argv[1]).read_text(), flags=re.MULTILINE)
namespace = {"__name__": "__main__"}
del sys.modules["__main__"].__file__


async def run() -> None:
    for number, cell in enumerate(filter(str.strip, cells), 1):
        name = f"<cell {number}>"
        linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
        result = eval(compile(cell, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), namespace)  # noqa: S307
        if inspect.isawaitable(result):
            await result


asyncio.run(run())
