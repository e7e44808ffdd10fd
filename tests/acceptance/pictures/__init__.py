"""Pictures of every page in every state: what is shown on them, how they are taken, how two of them are compared."""
