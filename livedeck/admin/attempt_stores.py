"""Opens the folders of attempts, wherever those of their executions are."""

from livedeck.admin.db import executions, opened_decks
from livedeck.admin.db.database import Database
from livedeck.admin.live.keys import DeckKey
from livedeck.store import Store, join_uri
from livedeck.store.layout import DECK, execution_prefix


class AttemptStores:
    """Opens the folders of attempts.

    Args:
        database: Where is recorded which folder an execution has.
        store: The store of all executions.
    """

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store

    async def open(self, attempt: DeckKey) -> Store:
        """Open an attempt's folder; of an execution that is not there (any more) one in which nothing is."""
        execution = attempt.of_execution
        folder = await self._database.look_up(executions.find_folder, execution.id)
        return self._store.below(
            attempt.below(folder or execution_prefix(execution.project, execution.domain, execution.name))
        )

    async def note_deck(self, attempt: DeckKey) -> None:
        """Record that an attempt has a Deck.

        Raises:
            LivedeckError: It cannot be recorded now. Its publisher says it again.
        """
        whole = attempt.of_node.whole
        store = await self.open(whole.attempt(attempt.number))
        uri = join_uri(store.uri, DECK)
        await self._database.write(opened_decks.note, attempt.of_execution.id, whole.node, attempt.number, uri)
