"""Chaos needs Ray and an S3 server, which an environment of their own has: `make chaos`."""

import importlib.util

collect_ignore_glob = [] if importlib.util.find_spec("ray") and importlib.util.find_spec("moto") else ["test_*.py"]
