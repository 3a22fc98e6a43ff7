"""100ms as the sandbox plays it."""
