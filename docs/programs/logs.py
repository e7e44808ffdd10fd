import sys

from livedeck import current_context, task


@task
def clean(rows: int = 3) -> int:
    log = current_context().logging
    for row in range(rows):
        print("row", row)
        log.info("row %d is clean", row)
        log.debug("nobody sees this")
    print("done", file=sys.stderr)
    return rows
