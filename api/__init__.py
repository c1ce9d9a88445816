"""The HTTP and WebSocket surface: everything the bots can do, for browsers and programs."""
