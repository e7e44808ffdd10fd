"""What events add up to: pure functions from an entity's message and an event to the entity's next message."""
