"""When a wait is over, and what a trigger hands to the task that waits."""
