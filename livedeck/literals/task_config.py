"""Keys of a task template's ``config`` that say what Flyte has no field for."""

EXECUTOR = "livedeck.executor"
"""The name of the executor that is to run the task's attempts."""
PROCESSES = "livedeck.nproc_per_node"
"""How many processes an attempt of a gang has on each of its nodes."""
RANK_DECKS = "livedeck.rank_decks"
"""Whether each process of a gang has a Deck of its own: ``true``."""
