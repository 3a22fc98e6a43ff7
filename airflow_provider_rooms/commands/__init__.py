"""What can be run from a terminal: check, plan."""
