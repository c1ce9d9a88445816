"""Puts a venue of Drift's family together from its settings; decides nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.ports import Clock, Keyring, Notes, Traders
from core.venues.drift.atlas import Atlas
from core.venues.drift.codec import codec_of
from core.venues.drift.custody import DriftCustody
from core.venues.drift.fate import Means
from core.venues.drift.feed import Feed
from core.venues.drift.rpc import Rpc
from core.venues.drift.sender import FeeBounds, Sender
from core.venues.drift.shelf import Shelf
from core.venues.drift.venue import DriftVenue, Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Nodes to ask and to listen to: one, or a second one to stand by."""

    rpc: Sequence[str]
    ws: Sequence[str] = ()
    wait_s: float = 4.0
    fees: FeeBounds = field(default_factory=FeeBounds)
    freshness: Freshness = field(default_factory=Freshness)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A venue and what keeps it informed; `feed` is run by whoever wants it, `custody` makes what owners sign."""

    venue: DriftVenue
    custody: DriftCustody
    atlas: Atlas
    feed: Feed | None
    rpc: Rpc


def open_drift(
    name: str,
    network: Network,
    clock: Clock,
    *,
    traders: Traders,
    keyring: Keyring,
    notes: Notes,
    profile: str = "drift",
    simulated: bool = False,
) -> Opened:
    """The venue *name* of *profile* on *network*. Raises NotConfigured."""
    codec = codec_of(profile)
    rpc, shelf = Rpc(network.rpc, wait_s=network.wait_s), Shelf()
    atlas = Atlas(codec, rpc, shelf)
    sender = Sender(rpc, codec.program, keyring, network.fees)
    means = Means(atlas=atlas, rpc=rpc, sender=sender, traders=traders, notes=notes, clock=clock)
    feed = Feed(shelf, rpc, network.ws) if network.ws else None
    venue = DriftVenue(name, means, feed=feed, freshness=network.freshness, simulated=simulated)
    return Opened(venue=venue, custody=DriftCustody(venue, means), atlas=atlas, feed=feed, rpc=rpc)
