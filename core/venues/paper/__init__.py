"""Perpetual futures with paper money, kept in our own ledger: complete enough to trust, and the default venue."""

from core.venues.paper.matching import Depth
from core.venues.paper.venue import PaperVenue

__all__ = ["Depth", "PaperVenue"]
