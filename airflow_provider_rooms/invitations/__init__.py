"""Calendar invitations: the calendar objects, and sending them."""
