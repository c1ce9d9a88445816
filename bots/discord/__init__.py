"""Discord as a channel: slash commands, buttons, selects and forms in servers and private chats."""

import warnings

with warnings.catch_warnings():
    # Its voice imports what Python 3.13 no longer has; nobody speaks here.
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    import discord  # noqa: F401 - before any module of ours does
