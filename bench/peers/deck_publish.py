"""flytekit's `Deck.publish()`: argv is the store's answer time in seconds, and the number of publishes.

It prints {"calls": [seconds, ...], "uploaded": bytes, "final": bytes}.
"""

import hashlib
import json
import sys
import tempfile
import time
from pathlib import Path

from flytekit import Deck
from flytekit_task import flytekit_task

delay, count = float(sys.argv[1]), int(sys.argv[2])
root = Path(tempfile.mkdtemp())
work = bytes(1_000_000)
calls = []
with flytekit_task(root, delay=delay) as uploads:
    deck = Deck("metrics", "")
    for i in range(count):
        deck.append(f"<p>{i:06d} " + "x" * 2040 + "</p>")
        hashlib.sha256(work).digest()
        start = time.perf_counter()
        Deck.publish()
        calls.append(time.perf_counter() - start)
final = (root / "attempt" / "deck.html").stat().st_size
print(json.dumps({"calls": calls, "uploaded": sum(uploads), "final": final}))
