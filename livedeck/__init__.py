"""Python workflows whose Decks are live while the task runs."""
