"""Figures of the whole SayWhen for its operator: what is watched, under way, waiting, given up; decides no alarm."""

import time
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Gauge

from core.app import Core

_TAKEN_EVERY_S = 5.0
"""Everybody may ask for the figures, and they are counted over all owners."""

_COUNTED = {
    "people": ("people", "Owners there are"),
    "live rules": ("live_rules", "Rules that may still act"),
    "orders in flight": ("orders_in_flight", "Orders that a venue has or may have"),
    "orders of unknown fate": ("orders_unknown", "Orders of which nobody can prove yet whether a venue has them"),
    "cards to send": ("cards_to_send", "Notices planned and not sent yet"),
    "messages to answer": ("messages_to_answer", "Messages kept and not answered yet"),
    "unreachable": ("places_unreachable", "Chats that take no messages from us"),
}


class Figures:
    """Gauges in the API's registry, taken from the database when they are asked for, and not more often than that."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counted = {
            name: Gauge(f"saywhen_{metric}", words, registry=registry) for name, (metric, words) in _COUNTED.items()
        }
        self._letters = Gauge("saywhen_dead_letters", "Orders that were given up and not dealt with", registry=registry)
        self._watching = Gauge("saywhen_watching", "Whether somebody watches the rules now", registry=registry)
        self._fresh = Gauge("saywhen_markets_fresh", "Markets with a fresh trusted price here", registry=registry)
        self._taken: float | None = None

    async def take(self, core: Core) -> None:
        """Ask anew where the last answers are old. Raises what the database raises; what is known then stays."""
        self._fresh.set(len(core.prices.latest()))
        if self._taken is not None and time.monotonic() - self._taken < _TAKEN_EVERY_S:
            return
        self._taken = time.monotonic()
        self._tell(await core.people.counts())
        self._letters.set(len(await core.execution.dead_letters()))
        self._watching.set(await core.people.watched())

    def _tell(self, counts: Mapping[str, int]) -> None:
        for name, gauge in self._counted.items():
            if name in counts:
                gauge.set(counts[name])
