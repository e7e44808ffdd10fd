"""The engine: walks compiled workflows and has executors run their attempts."""
