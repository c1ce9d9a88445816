"""The terminal as a channel: the same cards and buttons, typed and drawn."""
