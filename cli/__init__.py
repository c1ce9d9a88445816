"""The saywhen command: decides how a terminal starts and inspects the product, never how it trades."""
