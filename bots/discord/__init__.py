"""Discord as a channel: slash commands, buttons, selects and forms in servers and private chats."""
