"""Live streams: executions, Decks and logs as Server-Sent Events."""
