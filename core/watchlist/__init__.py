"""Armed rules indexed so that an observation finds what fires; it decides crossings, never what is done about them."""

from core.watchlist.book import HeapWatchlist

__all__ = ["HeapWatchlist"]
