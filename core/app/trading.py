"""Which venue orders go to, as the settings say, and who signs there; the only place that knows every venue."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.app.parts import OwnVenue
from core.db.connection import Database
from core.db.fees import PostgresFeeBook
from core.db.ledger import PostgresLedger
from core.db.notes import PostgresNotes
from core.db.trading_keys import PostgresKeyStore
from core.domain.ids import OwnerId
from core.domain.listing import LISTING
from core.flow.fees import FeeAccounts
from core.keys.sealing import read_master
from core.keys.vault import SHARD, NoKeys, Vault
from core.ports import Changed, Clock, Custody, Keyring, KeyStore, Ledger, People, PriceSource, Trader, Venue
from core.ports.access import trading_wallet
from core.settings import Settings
from core.venues.paper import PaperVenue

if TYPE_CHECKING:
    from core.venues.drift.opening import Opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Trading:
    """The venue; `own` is it where it lives in our engine, `prices` makes its own price source where it has one."""

    venue: Venue
    own: OwnVenue | None = None
    prices: Callable[[], PriceSource] | None = None
    changes: Callable[[], AsyncGenerator[Changed]] | None = None
    vault: Vault | None = None
    fees: FeeAccounts | None = None
    custody: Custody | None = None


class LinkedTraders:
    """An owner trades the account of the wallet they chose, or of the first they linked: with the key they share, with
    that wallet itself, or with an imported one.
    """

    def __init__(self, keys: KeyStore, people: People) -> None:
        self._keys = keys
        self._people = people

    async def of(self, owner: OwnerId) -> Trader | None:
        """None without a linked wallet, or while no key has room."""
        wallet = trading_wallet(await self._people.wallets(owner))
        if wallet is not None and wallet.trading == "approve":
            return Trader(authority=wallet.address, signer=wallet.address, by_hand=True)
        address = await self._keys.share(owner, SHARD)
        if address is None:
            return None
        key = await self._keys.get(address)
        if key is not None and key.kind == "imported":
            return Trader(authority=address, signer=address)
        return None if wallet is None else Trader(authority=wallet.address, signer=address)


class EmulatedTraders:
    """On the emulator everybody has an account to play with, opened when it is first looked at.

    Who chooses a wallet of their own trades its account as on any network; the wallet is given play money for it.
    """

    def __init__(self, keys: KeyStore, people: People) -> None:
        self._keys = keys
        self._people = people
        self._linked = LinkedTraders(keys, people)
        self._known: dict[OwnerId, Trader] = {}
        self.opened: Opened | None = None

    async def of(self, owner: OwnerId) -> Trader | None:
        """None while no key has room."""
        if any(wallet.trading is not None for wallet in await self._people.wallets(owner)):
            return await self._linked.of(owner)
        known = self._known.get(owner)
        if known is None:
            address = await self._keys.share(owner, SHARD)
            if address is None or self.opened is None:
                return None
            authority = await self.opened.rpc.call("emulatorOpenUser", owner, address)
            known = self._known[owner] = Trader(authority=str(authority), signer=address)
        return known


def open_trading(
    settings: Settings,
    database: Database,
    clock: Clock,
    people: People,
    stack: AsyncExitStack,
    *,
    signs: bool,
) -> tuple[Trading, Ledger]:
    """The venue that the settings name, closed by *stack*; only one that *signs* opens keys. Raises NotConfigured."""
    ledger = PostgresLedger(database)
    if settings.venue == "paper":
        paper = PaperVenue(ledger, clock, LISTING, deposit=settings.paper_deposit)
        stack.push_async_callback(paper.close)
        return Trading(venue=paper, own=paper), ledger
    from core.venues.drift.opening import Network, open_drift
    from core.venues.drift.prices import DriftPrices
    from core.venues.drift.purse import DriftPurse
    from core.venues.drift.sender import FeeBounds

    emulated = settings.venue == "drift-emulator"
    keys = PostgresKeyStore(database)
    vault = Vault(keys, read_master(settings.master_key_path, make=True), clock) if signs else None
    keyring: Keyring = NoKeys() if vault is None else vault
    rpc, ws = settings.solana
    traders = EmulatedTraders(keys, people) if emulated else LinkedTraders(keys, people)
    opened = open_drift(
        settings.venue,
        Network(rpc=rpc, ws=ws, fees=FeeBounds(most=settings.fee_lamports)),
        clock,
        traders=traders,
        keyring=keyring,
        notes=PostgresNotes(database, settings.venue),
        simulated=emulated,
    )
    if isinstance(traders, EmulatedTraders):
        traders.opened = opened
    stack.push_async_callback(opened.venue.close)

    def prices() -> PriceSource:
        if opened.feed is None:
            raise ValueError("Expected a process that follows prices to have a feed")
        return DriftPrices(settings.venue, opened.atlas, opened.feed, clock, simulated=emulated)

    purse = DriftPurse(opened.rpc, traders, opened.venue.user_key)
    fees = FeeAccounts(purse, PostgresFeeBook(database), keys, settings.venue, minimum=settings.low_lamports)
    trading = Trading(
        venue=opened.venue,
        prices=prices,
        changes=opened.venue.changes,
        vault=vault,
        fees=fees,
        custody=opened.custody,
    )
    return trading, ledger


async def take_in_keys(settings: Settings, vault: Vault, owner: OwnerId | None) -> None:
    """Before the first order is signed: room for owners, and the key that the settings bring along."""
    await vault.make_room()
    if settings.wallet_private_key is not None and owner is not None:
        await vault.take_in(owner, settings.wallet_private_key.get_secret_value())
