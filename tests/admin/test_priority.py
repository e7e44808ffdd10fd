import os
import subprocess
import sys

from livedeck.admin.priority import NICENESS

PROGRAM = """
import os
from livedeck.admin.priority import give_way
give_way()
print(os.getpriority(os.PRIO_PROCESS, 0), os.getsid(0) == os.getpid())
give_way()
"""


def test_a_process_that_gives_way_has_a_lower_priority_and_a_session_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == [str(os.getpriority(os.PRIO_PROCESS, 0) + NICENESS), "True"]
