"""Telegram as a channel: python-telegram-bot on the wire, the shared dialogue behind it."""
