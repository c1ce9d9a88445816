"""Drift and its successor over a real wire; so far what the wire says and proves, not yet a venue that takes orders."""
