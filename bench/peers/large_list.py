"""flytekit's local execution of what `bench.values` runs, the same file.

The argument is how many ints there are; it prints seconds.
"""

import json
import sys
import time
from pathlib import Path

import flytekit

sys.modules["livedeck"] = flytekit
sys.path.insert(0, str(Path(__file__).parents[2]))
from bench.values_workflows import passed_on  # noqa: E402 - with flytekit as livedeck

passed_on(count=3)
start = time.perf_counter()
passed_on(count=int(sys.argv[1]))
print(json.dumps(time.perf_counter() - start))
