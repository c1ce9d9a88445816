"""A chain with the emulated program, its markets, oracles and accounts: what there is at the beginning, and prices."""

import hashlib
from collections.abc import Mapping
from decimal import Decimal

from solders.keypair import Keypair
from solders.pubkey import Pubkey

from core.domain.listing import LISTING
from core.domain.market import Market
from core.venues.drift import token
from core.venues.drift.codec import Record
from core.venues.drift.emulator.chain import Chain
from core.venues.drift.emulator.program import DriftProgram
from core.venues.drift.emulator.tables import WIRE

INDEX = {name: number for number, name in enumerate(WIRE.profile.markets)}
FEEDS = {"BTC": 1, "ETH": 2, "SOL": 6}
USDC_FEED = 7
LAMPORTS = 10**9
STALE_SLOTS = 120
SPREAD = 200
"""The vAMM's whole spread in millionths: two basis points."""

LISTED = tuple(symbol for symbol in LISTING if symbol in INDEX)
MORE = tuple(symbol for symbol in INDEX if symbol.endswith("-PERP") and symbol not in LISTED)


def name_bytes(name: str) -> bytes:
    """A name as the program keeps it: 32 bytes, filled up with blanks."""
    return name.encode().ljust(32)[:32]


class Exchange:
    """Drift on a chain of our own. `prices` are the oracles' (quote per base), told to the chain by `show`."""

    def __init__(self, chain: Chain | None = None, symbols: tuple[str, ...] = LISTED) -> None:
        self.chain = Chain() if chain is None else chain
        self.program = DriftProgram()
        self.chain.programs[WIRE.program] = self.program
        self.symbols = symbols
        self.deposit = Decimal(10_000)
        """What an account that is opened by request has in it, in quote."""
        self.chain.extra["emulatorOpenUser"] = self._open_by_request
        self.chain.extra["emulatorFund"] = self._fund_by_request
        if WIRE.address("state") not in self.chain.accounts:
            self._begin()

    # ── prices ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def show(self, symbol: str, price: Decimal, *, confidence: Decimal = Decimal(0)) -> None:
        """Post a price to the market's oracle, as of now."""
        self._post(self.oracle(symbol), int(price.scaleb(8)), int(confidence.scaleb(8)))

    def post_coin(self) -> None:
        """Post the quote coin's price anew."""
        self._post(self.coin, 10**8, 10**4)

    def post_again(self) -> None:
        """Post every oracle's last price anew, as oracles do all the time."""
        for key in [*(self.oracle(symbol) for symbol in self.symbols), self.coin]:
            seen = WIRE.account("PythLazerOracle", self.chain.accounts[key].content)
            if seen["price"]:
                self._post(key, seen["price"], seen["conf"])

    def _post(self, key: Pubkey, price: int, confidence: int) -> None:
        record = WIRE.blank("PythLazerOracle") | {
            "price": price,
            "conf": confidence,
            "exponent": -8,
            "publish_time": int(self.chain.time * 1_000_000),
            "posted_slot": self.chain.slot,
        }
        self.chain.put(key, WIRE.program, WIRE.account_bytes("PythLazerOracle", record))

    def oracle(self, symbol: str) -> Pubkey:
        """The address of the market's oracle."""
        base = symbol.removesuffix("-PERP")
        return WIRE.address("pyth_lazer", FEEDS.get(base, 1_000 + INDEX[symbol]))

    @property
    def coin(self) -> Pubkey:
        """The address of the oracle of the quote coin."""
        return WIRE.address("pyth_lazer", USDC_FEED)

    # ── accounts ────────────────────────────────────────────────────────────────────────────────────────────────────

    def open_user(self, authority: Pubkey, deposit: Decimal, delegate: Pubkey | None = None, sub: int = 0) -> Pubkey:
        """An account of *authority* with *deposit* (quote) in it; its address. One that exists keeps what it has."""
        key, stats = WIRE.address("user", authority, sub), WIRE.address("user_stats", authority)
        if key in self.chain.accounts:
            record = WIRE.account("User", self.chain.accounts[key].content)
        else:
            balance = WIRE.blank("SpotPosition") | {"scaled_balance": int(deposit.scaleb(9)), "market_index": 0}
            record = WIRE.blank("User") | {
                "authority": authority,
                "sub_account_id": sub,
                "name": name_bytes("Main Account"),
                "next_order_id": 1,
            }
            record["spot_positions"][0] = balance
            record["total_deposits"] = int(deposit.scaleb(6))
            owner = WIRE.blank("UserStats") | {"authority": authority, "number_of_sub_accounts": 1}
            self.chain.put(stats, WIRE.program, WIRE.account_bytes("UserStats", owner))
        record["delegate"] = delegate or Pubkey.default()
        self.chain.put(key, WIRE.program, WIRE.account_bytes("User", record))
        return key

    def _open_by_request(self, owner: int, delegate: str) -> str:
        """Open an account for a number, delegated to *delegate*: what an owner's own wallet would have signed.

        One whose delegate was taken away stays without.
        """
        wallet = keypair("wallet", owner).pubkey()
        key = WIRE.address("user", wallet, 0)
        if key not in self.chain.accounts or self.user(key)["delegate"] != Pubkey.default():
            self.open_user(wallet, self.deposit, Pubkey.from_string(delegate))
        self.chain.lamports.setdefault(Pubkey.from_string(delegate), LAMPORTS)
        return str(wallet)

    def fund(self, wallet: Pubkey, coins: Decimal, sol: int = 1) -> None:
        """Give a wallet some play money; one that has some keeps what it has."""
        mint = Pubkey.from_string(WIRE.profile.collateral_mint)
        place = token.place_of(wallet, mint)
        self.chain.lamports.setdefault(wallet, sol * LAMPORTS)
        if place not in self.chain.accounts:
            units = int(coins.scaleb(WIRE.profile.collateral_decimals))
            self.chain.put(place, Pubkey.from_string(token.PROGRAM), token.written(wallet, mint, units))

    def _fund_by_request(self, wallet: str) -> bool:
        self.fund(Pubkey.from_string(wallet), self.deposit)
        return True

    def user(self, key: Pubkey) -> Record:
        """The account's fields as the chain has them."""
        return WIRE.account("User", self.chain.accounts[key].content)

    def change(self, name: str, key: Pubkey, **fields: object) -> None:
        """Set fields of an account, as an administrator or a thief of keys would."""
        record = WIRE.account(name, self.chain.accounts[key].content) | fields
        self.chain.put(key, WIRE.program, WIRE.account_bytes(name, record))

    def pause(self, *, on: bool) -> None:
        """Pause the whole exchange, or open it again."""
        self.change("State", WIRE.address("state"), exchange_status=0xFF if on else 0)

    def _begin(self) -> None:
        tier = WIRE.blank("FeeTier") | {
            "fee_numerator": 100,
            "fee_denominator": 100_000,
            "maker_rebate_numerator": 20,
            "maker_rebate_denominator": 100_000,
        }
        fees = WIRE.blank("FeeStructure") | {"fee_tiers": [tier] * 10}
        rails = WIRE.blank("OracleGuardRails")
        rails["validity"] |= {"slots_before_stale_for_amm": 10, "slots_before_stale_for_margin": STALE_SLOTS}
        state = WIRE.blank("State") | {
            "signer": WIRE.address("signer"),
            "perp_fee_structure": fees,
            "spot_fee_structure": fees,
            "oracle_guard_rails": rails,
            "number_of_markets": len(self.symbols),
            "number_of_spot_markets": 1,
            "min_perp_auction_duration": 10,
            "default_market_order_time_in_force": 60,
            "liquidation_margin_buffer_ratio": 200,
            "max_number_of_sub_accounts": 500,
        }
        self.chain.put(WIRE.address("state"), WIRE.program, WIRE.account_bytes("State", state))
        self._open_coin()
        for symbol in self.symbols:
            self._open_market(symbol, LISTING.get(symbol, LISTING["SOL-PERP"]))

    def _open_coin(self) -> None:
        key = WIRE.address("spot_market", 0)
        history = WIRE.blank("HistoricalOracleData") | {
            "last_oracle_price": 10**6,
            "last_oracle_price_twap": 10**6,
            "last_oracle_price_twap5min": 10**6,
        }
        market = WIRE.blank("SpotMarket") | {
            "pubkey": key,
            "oracle": self.coin,
            "mint": Pubkey.from_string(WIRE.profile.collateral_mint),
            "vault": WIRE.address("spot_market_vault", 0),
            "name": name_bytes(WIRE.profile.collateral),
            "historical_oracle_data": history,
            "deposit_balance": 10**18,
            "cumulative_deposit_interest": 10**10,
            "cumulative_borrow_interest": 10**10,
            "order_step_size": 1,
            "order_tick_size": 1,
            "initial_asset_weight": 10_000,
            "maintenance_asset_weight": 10_000,
            "initial_liability_weight": 10_000,
            "maintenance_liability_weight": 10_000,
            "decimals": WIRE.profile.collateral_decimals,
            "oracle_source": "PythLazerStableCoin",
            "status": "Active",
        }
        self.chain.put(key, WIRE.program, WIRE.account_bytes("SpotMarket", market))
        self._post(self.coin, 10**8, 10**4)

    def _open_market(self, symbol: str, listed: Market) -> None:
        number = INDEX[symbol]
        key = WIRE.address("perp_market", number)
        amm = WIRE.blank("AMM") | {
            "oracle": self.oracle(symbol),
            "oracle_source": "PythLazer",
            "base_asset_reserve": 10**15,
            "quote_asset_reserve": 10**15,
            "sqrt_k": 10**15,
            "peg_multiplier": 100 * 10**6,
            "concentration_coef": 1_207_100,
            "ask_base_asset_reserve": 10**15,
            "ask_quote_asset_reserve": 10**15,
            "bid_base_asset_reserve": 10**15,
            "bid_quote_asset_reserve": 10**15,
            "funding_period": 3_600,
            "order_step_size": int(listed.step.scaleb(9)),
            "order_tick_size": max(1, int(listed.tick.scaleb(6))),
            "min_order_size": int(listed.min_base.scaleb(9)),
            "base_spread": SPREAD,
            "max_spread": 10_000,
        }
        market = WIRE.blank("PerpMarket") | {
            "pubkey": key,
            "amm": amm,
            "name": name_bytes(symbol),
            "status": "Active",
            "contract_tier": "A",
            "market_index": number,
            "margin_ratio_initial": int(listed.initial_margin.scaleb(4)),
            "margin_ratio_maintenance": int(listed.maintenance_margin.scaleb(4)),
            "unrealized_pnl_initial_asset_weight": 10_000,
            "unrealized_pnl_maintenance_asset_weight": 10_000,
            "liquidator_fee": 10_000,
            "if_liquidation_fee": 10_000,
            "next_fill_record_id": 1,
            "next_funding_rate_record_id": 1,
        }
        self.chain.put(key, WIRE.program, WIRE.account_bytes("PerpMarket", market))
        blank = WIRE.blank("PythLazerOracle") | {"exponent": -8}
        self.chain.put(self.oracle(symbol), WIRE.program, WIRE.account_bytes("PythLazerOracle", blank))

    def market(self, symbol: str) -> Record:
        """The market's fields as the chain has them."""
        return WIRE.account("PerpMarket", self.chain.accounts[WIRE.address("perp_market", INDEX[symbol])].content)

    def change_market(self, symbol: str, *, amm: Mapping[str, object] | None = None, **fields: object) -> None:
        """Set fields of a market."""
        record = self.market(symbol)
        record["amm"] |= dict(amm or {})
        self.change("PerpMarket", WIRE.address("perp_market", INDEX[symbol]), amm=record["amm"], **fields)


def keypair(*words: object) -> Keypair:
    """A key made of words: the same words, the same key. For emulated owners and keepers only."""
    return Keypair.from_seed(hashlib.sha256(":".join(map(str, words)).encode()).digest())
