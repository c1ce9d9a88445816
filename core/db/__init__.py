"""The only home of SQL: stores state, events, leases and the queue; it decides no trading question."""
