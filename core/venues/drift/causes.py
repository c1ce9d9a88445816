"""What an error of the program or of the network means, in words for people; decides nothing about what to do."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an error asks of us."""

    REFUSED = "refused"
    """The venue said no to this order."""
    PAUSED = "paused"
    """The venue, or this market of it, takes no orders now: whatever is sent next will meet the same."""
    REVOKED = "revoked"
    """The owner's permission is gone: every rule of theirs on this account must pause."""
    OURS = "ours"
    """We built or knew something wrong; the owner can do nothing about it, and we must look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a transaction failed: `code` and `name` as the program has them (None for the network's own errors)."""

    kind: Kind
    code: int | None
    name: str
    words: str


_K = Kind

# Codes 6000 to 6324 are Drift's, and Velocity kept them; those above are Velocity's. Below 6000 they are Anchor's.
_CODES: Mapping[int, tuple[str, Kind, str]] = {
    101: ("InstructionFallbackNotFound", _K.PAUSED, "The venue is switched off or was replaced; it takes no orders."),
    2003: (
        "ConstraintRaw",
        _K.REVOKED,
        "SayWhen may not trade this account: its permission was withdrawn, or never given.",
    ),
    2006: ("ConstraintSeeds", _K.REFUSED, "Only the account owner can do this; sign it with your own wallet."),
    3012: ("AccountNotInitialized", _K.REFUSED, "Your trading account does not exist there yet; set it up first."),
    6002: ("InsufficientDeposit", _K.REFUSED, "There is not enough collateral in the account."),
    6003: ("InsufficientCollateral", _K.REFUSED, "Not enough free collateral for this order."),
    6005: ("MaxNumberOfPositions", _K.REFUSED, "This account already holds 8 positions there; close one first."),
    6010: ("UserHasNoPositionInMarket", _K.REFUSED, "You hold no position in this market."),
    6015: ("SlippageOutsideLimit", _K.REFUSED, "The price moved past your slippage limit."),
    6023: ("PriceBandsBreached", _K.REFUSED, "The fill would be too far from the oracle price; the venue refused it."),
    6024: ("ExchangePaused", _K.PAUSED, "The venue is paused."),
    6035: ("InvalidOracle", _K.REFUSED, "The price feed is not trustworthy now (stale, too wide or too volatile)."),
    6036: ("OracleNotFound", _K.OURS, "The price feed account is missing from the transaction."),
    6042: ("InvalidOrder", _K.OURS, "The order makes no sense to the venue."),
    6043: ("InvalidOrderMaxTs", _K.REFUSED, "The order's expiry time is not valid."),
    6044: ("InvalidOrderMarketType", _K.OURS, "Wrong market type for this order."),
    6047: ("InvalidOrderSizeTooSmall", _K.REFUSED, "The order is too small."),
    6048: ("InvalidOrderNotStepSizeMultiple", _K.REFUSED, "The size is not a multiple of the market's step."),
    6050: ("InvalidOrderIOC", _K.REFUSED, "Immediate-or-cancel cannot be used with this order type."),
    6051: ("InvalidOrderPostOnly", _K.REFUSED, "Post-only cannot be used with this order type."),
    6053: ("InvalidOrderTrigger", _K.REFUSED, "The trigger settings do not fit this order type."),
    6054: ("InvalidOrderAuction", _K.OURS, "The order's auction prices are not consistent."),
    6055: ("InvalidOrderOracleOffset", _K.REFUSED, "A price offset from the oracle is not allowed here."),
    6056: ("InvalidOrderMinOrderSize", _K.REFUSED, "Below the market's minimum order size."),
    6057: (
        "PlacePostOnlyLimitFailure",
        _K.REFUSED,
        "Your post-only order would have traded at once, so it was not placed.",
    ),
    6058: ("UserHasNoOrder", _K.REFUSED, "There is no such order."),
    6059: ("OrderAmountTooSmall", _K.REFUSED, "The size is below one step of the market."),
    6060: ("MaxNumberOfOrders", _K.REFUSED, "This sub-account already has 32 open orders; cancel some."),
    6061: ("OrderDoesNotExist", _K.REFUSED, "The order is gone."),
    6062: ("OrderNotOpen", _K.REFUSED, "The order is no longer open."),
    6064: (
        "ReduceOnlyOrderIncreasedRisk",
        _K.REFUSED,
        "A closing order would have opened or grown a position, so it was refused.",
    ),
    6071: (
        "UserOrderIdAlreadyInUse",
        _K.REFUSED,
        "An order with this number is still open there; it was not placed twice.",
    ),
    6078: ("PerpMarketNotFound", _K.OURS, "Our view of your account was out of date; nothing was done."),
    6087: ("SpotMarketNotFound", _K.OURS, "Our view of your collateral was out of date; nothing was done."),
    6109: ("OrderBreachesOraclePriceLimits", _K.REFUSED, "Your price is too far from the oracle price."),
    6110: ("OrderMustBeTriggeredFirst", _K.REFUSED, "The stop or target has not triggered yet."),
    6111: ("OrderNotTriggerable", _K.REFUSED, "This order is not a trigger order, or has triggered already."),
    6112: ("OrderDidNotSatisfyTriggerCondition", _K.REFUSED, "The price has not crossed the trigger."),
    6117: ("UserIsBeingLiquidated", _K.REFUSED, "Your account is being liquidated; orders are blocked."),
    6125: ("UserBankrupt", _K.REFUSED, "The account is bankrupt; it cannot trade."),
    6146: ("MarketActionPaused", _K.PAUSED, "This market has paused that action."),
    6147: ("MarketPlaceOrderPaused", _K.PAUSED, "New orders are paused in this market."),
    6154: ("MaxOpenInterest", _K.REFUSED, "The market has reached its open-interest cap; only closing orders work."),
    6191: ("InvalidOrderLimitPrice", _K.REFUSED, "The limit price is missing, or not allowed on this order type."),
    6213: ("MarketBeingInitialized", _K.PAUSED, "The market is not open yet."),
    6215: ("InvalidTriggerOrderCondition", _K.OURS, "The trigger direction is wrong."),
    6239: ("RevertFill", _K.REFUSED, "The fill was undone by the venue; nothing changed."),
    6252: ("ImpossibleFill", _K.REFUSED, "Nobody to trade with at your price; nothing was filled."),
    6254: ("UserReduceOnly", _K.REFUSED, "Your account is in reduce-only mode; only closing orders work."),
    6264: ("OracleStaleForMargin", _K.REFUSED, "The price feed is too old to check your margin; try again shortly."),
    6289: (
        "PlaceAndTakeOrderSuccessConditionFailed",
        _K.REFUSED,
        "The order could not fill as required, so it was not placed.",
    ),
    6350: ("SpotDlobTradingDisabled", _K.REFUSED, "Spot orders do not exist on this venue."),
    6357: ("IsolatedPositionDisabled", _K.REFUSED, "Isolated margin is not available here."),
    6358: (
        "EquityBelowFloor",
        _K.REFUSED,
        "Your account's equity is below the venue's floor for it; trading is stopped.",
    ),
    6366: ("CannotModifyBuilderOrder", _K.REFUSED, "This order cannot be changed; cancel it and place it again."),
    6371: (
        "SpotMarketInterestStaleForMargin",
        _K.REFUSED,
        "The venue's collateral figures are out of date; try again shortly.",
    ),
    6377: ("OrderPlacedOnClob", _K.OURS, "The order rests on the new book; cancel or change it there."),
    6378: ("OrderAwaitingTriggerRecross", _K.REFUSED, "The stop or target waits for the price to cross again."),
    6381: (
        "UnattestedFastActivation",
        _K.REFUSED,
        "The order cannot be active at once without the venue's attestation.",
    ),
}

_NETWORK: Mapping[str, tuple[Kind, str]] = {
    "AlreadyProcessed": (_K.OURS, "The network has this transaction already."),
    "BlockhashNotFound": (_K.OURS, "The transaction was too old, or too new for the node that was asked."),
    "InsufficientFundsForFee": (_K.OURS, "The account that pays network fees is empty."),
    "InsufficientFundsForRent": (_K.OURS, "The account that pays network fees is empty."),
    "AccountNotFound": (_K.OURS, "The account that pays network fees is empty."),
    "SignatureFailure": (_K.OURS, "The transaction's signature was not valid."),
}

_FAILED = re.compile(r"^Program (\w{32,44}) failed: ")
_ANCHOR = re.compile(r"Error Code: ([A-Za-z][A-Za-z0-9]{1,63})\. Error Number: (\d{1,10})\.")


def cause_of(error: object, *, program: str, ours: int, logs: Iterable[str] = ()) -> Cause:
    """The cause that the network's JSON *error* names, where instruction number *ours* was the one to *program*.

    A code counts as the program's only if that instruction failed, and, where *logs* are given, if no other program
    that it called failed first: 1 from the token program is not 1 from ours. An unknown code is told by its number.
    """
    if isinstance(error, str):
        kind, words = _NETWORK.get(error, (_K.OURS, f"The network refused the transaction: {_shown(error)}."))
        return Cause(kind=kind, code=None, name=_shown(error), words=words)
    if not isinstance(error, Mapping) or not isinstance(found := error.get("InstructionError"), list | tuple):
        name = _shown(next(iter(error), "?") if isinstance(error, Mapping) else "?")
        if name in _NETWORK:
            return cause_of(name, program=program, ours=ours)
        return Cause(kind=_K.OURS, code=None, name=name, words=f"The network refused the transaction: {name}.")
    number, what = (*found, None, None)[:2]
    code = what.get("Custom") if isinstance(what, Mapping) else None
    if not isinstance(code, int) or isinstance(code, bool):
        name = _shown(what)
        return Cause(kind=_K.OURS, code=None, name=name, words=f"Step {number} of the transaction broke off: {name}.")
    lines = list(logs)
    culprits = [match.group(1) for line in lines if (match := _FAILED.match(line))]
    if number != ours or (culprits and culprits[0] != program):
        words = f"Step {number} of the transaction failed outside the venue, with code {code}."
        return Cause(kind=_K.OURS, code=code, name="another program", words=words)
    if code in _CODES:
        name, kind, words = _CODES[code]
        return Cause(kind=kind, code=code, name=name, words=words)
    names = [match.group(1) for line in lines if (match := _ANCHOR.search(line)) and int(match.group(2)) == code]
    name = names[0] if names else f"code {code}"
    return Cause(kind=_K.REFUSED, code=code, name=name, words=f"The venue refused it: {name} ({code}).")


def _shown(name: object) -> str:
    """A name out of a foreign answer, fit to be shown: letters and digits, not too many."""
    return re.sub(r"[^A-Za-z0-9_]", "", str(next(iter(name), "?") if isinstance(name, Mapping) else name))[:64] or "?"
