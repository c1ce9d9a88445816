"""What driftpy itself makes of the same values: its interface description, anchorpy's coder, its own builders."""

import copyreg
import functools
import warnings
from dataclasses import fields, is_dataclass
from typing import Any

from solana.rpc.async_api import AsyncClient
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from core.venues.drift.codec import Record

OWNER = Pubkey.from_string("7JxdyeMMC9hvUyJ83PRF2RyRGZXPCZJ5oT8rLPJmBhZN")
DELEGATE = Keypair.from_seed(bytes(range(32)))

# anchorpy's coder copies what it encodes, which solders' keys do not allow by themselves.
copyreg.pickle(Pubkey, lambda key: (Pubkey.from_bytes, (bytes(key),)))


@functools.cache
def client() -> Any:
    """A DriftClient of the delegate for the owner, connected to nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside driftpy and its libraries
        from driftpy.account_subscription_config import AccountSubscriptionConfig
        from driftpy.drift_client import DriftClient

        made: Any = DriftClient(
            AsyncClient("http://127.0.0.1:1"),
            DELEGATE,
            authority=OWNER,
            sub_account_ids=[3],
            active_sub_account_id=3,
            account_subscription=AccountSubscriptionConfig("cached"),
            perp_market_indexes=[],
            spot_market_indexes=[],
            oracle_infos=[],
            market_lookup_tables=[],
        )
    made.get_user_account = lambda *_: None
    return made


def coder() -> Any:
    """anchorpy's coder over the interface description that driftpy carries."""
    return client().program.coder


def plain(value: Any) -> Any:
    """A value of anchorpy's as `Codec` reads it, with names folded to what both spell alike."""
    if hasattr(value, "_sumtype_attribs"):
        return type(value).__name__
    if is_dataclass(value):
        return {folded(field.name): plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {folded(name): plain(inner) for name, inner in value.items() if not name.startswith("_")}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def same(ours: Any, theirs: Any, path: str = "") -> None:
    """Assert that a record of ours says what anchorpy's *theirs* says, field by field."""
    if isinstance(ours, dict):
        named = {folded(name): inner for name, inner in ours.items()}
        assert list(named) == list(theirs), path
        for name, inner in named.items():
            same(inner, theirs[name], f"{path}.{name}")
    elif isinstance(ours, bytes):
        assert ours == bytes(theirs), path
    elif isinstance(ours, list):
        assert len(ours) == len(theirs), path
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            same(one, other, f"{path}.{number}")
    else:
        assert ours == theirs, f"{path}: {ours!r} {theirs!r}"


def folded(name: str) -> str:
    """A field's name without the underscores that each library puts elsewhere."""
    return name.replace("_", "").lower()


def order_params(record: Record) -> Any:
    """driftpy's OrderParams with the values of *record*."""
    import driftpy.types as theirs

    return theirs.OrderParams(**_enumerated(record))


def modify_order_params(record: Record) -> Any:
    """driftpy's ModifyOrderParams with the values of *record*."""
    import driftpy.types as theirs

    return theirs.ModifyOrderParams(**_enumerated(record))


def enumerated(kind: str, variant: str | None) -> Any:
    """driftpy's own value of an enumeration, or None."""
    import driftpy.types as theirs

    spelled = "NONE" if variant == "None" else variant  # Python's keyword
    return None if spelled is None else getattr(getattr(theirs, kind), spelled)()


_KINDS = {
    "order_type": "OrderType",
    "market_type": "MarketType",
    "direction": "PositionDirection",
    "post_only": "PostOnlyParams",
    "trigger_condition": "OrderTriggerCondition",
}


def _enumerated(record: Record) -> Record:
    return {name: enumerated(_KINDS[name], value) if name in _KINDS else value for name, value in record.items()}
