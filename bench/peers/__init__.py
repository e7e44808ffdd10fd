"""The peer's half of each benchmark: scripts run by the interpreter of `.venv-flytekit`, which prints one JSON line."""
