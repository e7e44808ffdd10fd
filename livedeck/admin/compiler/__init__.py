"""From what clients register to what the engine runs: checks, connections, closures."""
