"""Entities as messages: what events add up to (pure functions from one message to the next), and what can be shown."""
