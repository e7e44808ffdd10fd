"""Tasks and workflows as the specs of Flyte that are registered for them."""
