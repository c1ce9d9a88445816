"""Decides which words name a market of the venue, and which name something that is not traded here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from core.domain.reading import ParseContext
from core.parse.grammar.vocabulary import phrases

_ALIASES: Mapping[str, str] = {
    "SOL": "solana", "BTC": "bitcoin|xbt|corn", "ETH": "ethereum|ether", "JUP": "jupiter", "WIF": "dogwifhat|dogwif",
    "BONK": "bonk|1mbonk", "HYPE": "hyperliquid", "DRIFT": "drift", "DOGE": "dogecoin", "XRP": "ripple",
    "AVAX": "avalanche", "LINK": "chainlink", "SUI": "sui", "APT": "aptos", "ARB": "arbitrum", "PYTH": "pyth",
    "JTO": "jito", "RNDR": "render", "BNB": "binance coin", "PEPE": "pepe", "INJ": "injective", "TIA": "celestia",
    "SEI": "sei", "LTC": "litecoin", "ADA": "cardano", "MATIC": "polygon", "POL": "polygon", "OP": "optimism",
    "DOT": "polkadot", "TON": "toncoin", "TRX": "tron", "ATOM": "cosmos", "NEAR": "near protocol",
    "KMNO": "kamino", "RAY": "raydium", "ZEC": "zcash", "XMR": "monero", "POPCAT": "popcat", "FARTCOIN": "fartcoin",
    "PENGU": "pudgy penguins",
    "PUMP": "pump fun", "SHIB": "shiba inu|shiba", "ONDO": "ondo", "AAVE": "aave", "UNI": "uniswap",
}  # fmt: skip

_ELSEWHERE = (
    "bch bitcoin cash|etc ethereum classic|fil|icp|hbar|algo|xlm|stellar|vet|grt|crv|mkr|ldo|ftm|sand|mana|axs|gala|"
    "floki|brett|mog|wen|bome|samo|orca|mnde|msol|jitosol|steth|wbtc|wrapped bitcoin|usdc|usdt|dai|pyusd|kaspa|kas|"
    "stx|strk|blur|dydx|gmx|ena|wld|worldcoin|ordi|trump|melania|moodeng|pnut|goat|ai16z|virtual|eigen|zro|"
    "tsla|tesla|aapl|apple|nvda|nvidia|msft|amzn|amazon|goog|google|meta|nflx|netflix|mstr|coin base|spy|"
    "qqq|gme|amc|pltr|"
    "gold|xau|silver|xag|oil|wti|sp500|s&p|nasdaq|eurusd|dxy|paxg"
)
_STABLE = frozenset({"usdc", "usdt", "dai", "pyusd"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Coins:
    """The words that name markets: `said` by lower-case words, `guarded` those that are also plain English.

    `begins` are the first words of the names that have several, `elsewhere` included.
    """

    said: Mapping[tuple[str, ...], str]
    elsewhere: frozenset[tuple[str, ...]]
    names: tuple[str, ...] = field(default=())
    guarded: frozenset[str] = frozenset()
    begins: frozenset[str] = frozenset()


def coins_of(context: ParseContext) -> Coins:
    """The coin words of this context's markets; every other coin that people speak of is `elsewhere`."""
    return _coins(tuple(context.prices), tuple(sorted(context.names.items())))


@lru_cache(maxsize=64)
def _coins(markets: tuple[str, ...], listed: tuple[tuple[str, str], ...]) -> Coins:
    """As `coins_of`; the markets change far more seldom than messages come."""
    titles = dict(listed)
    said: dict[tuple[str, ...], str] = {}
    guarded: set[str] = set()
    bases = {market.split("-")[0].upper(): market for market in markets}
    for base, market in bases.items():
        low = base.lower()
        said[(low,)] = market
        if (low,) in phrases() or len(low) < 2:
            guarded.add(low)
        for suffix in ("perp", "usd", "usdt", "usdc"):
            said[(low + suffix,)] = market
        for name in (*_ALIASES.get(base, "").split("|"), titles.get(market, "").lower()):
            words = tuple(name.replace("-", " ").split())
            if words and words not in phrases():
                said.setdefault(words, market)
    outside = {tuple(name.split()) for name in _ELSEWHERE.split("|")} | {("bch",), ("etc",)}
    outside |= {(base.lower(),) for base in _ALIASES if base not in bases and (base.lower(),) not in phrases()}
    for base, names_of in _ALIASES.items():
        if base not in bases:
            outside |= {tuple(name.split()) for name in names_of.split("|")}
    outside = {words for words in outside if words not in said and words not in phrases() and words[0] not in _STABLE}
    names = tuple(words[0] for words in said if len(words) == 1 and len(words[0]) >= 5)
    begins = frozenset(words[0] for words in (*said, *outside) if len(words) > 1)
    return Coins(said=said, elsewhere=frozenset(outside), names=names, guarded=frozenset(guarded), begins=begins)
