"""Benchmarks: `python -m bench` (or `make bench`) prints medians and ratios beside a peer, in one run."""
