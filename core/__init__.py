"""The engine: what turns words into orders and events, without any surface that people see."""
