"""What the venue did to an account by itself, numbered from 1 as it is found; decides what counts as that."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from core.codec import from_json, to_json
from core.domain.ids import OwnerId
from core.ports import Activity, NotePage, Notes
from core.venues.drift.trail import Happened, Trail
from core.venues.drift.units import base_amount, price_amount, quote_amount

MOST = 500
_KEY = "activity"


async def taken_in(
    notes: Notes, owner: OwnerId, trail: Trail, slot: int, after: int, symbols: Mapping[int, str]
) -> Sequence[Activity]:
    """Activities above number *after*, those that happened since the last look included.

    What happened before the first look at an account is not told: *slot*, the present one, is where it begins.
    """
    async with notes.open(owner) as page:
        mark = await page.get(_KEY)
        if mark is None:
            await page.put(_KEY, {"slot": slot, "place": [], "number": 0})
    if mark is not None:
        await trail.catch_up(int(mark["slot"]))
        async with notes.open(owner) as page:
            await _add(page, trail, symbols)
    async with notes.open(owner) as page:
        return [from_json(Activity, note) for note in await page.activity(after, MOST)]


async def _add(page: NotePage, trail: Trail, symbols: Mapping[int, str]) -> None:
    mark = await page.get(_KEY) or {"slot": 0, "place": [], "number": 0}
    number, told = int(mark["number"]), {tuple(place) for place in mark["place"]}
    newest = int(mark["slot"])
    seen = []
    for happened in trail.events:
        place = (happened.signature, happened.event.number)
        if happened.slot < int(mark["slot"]) or place in told:
            continue
        found = _activity(happened, number + 1, symbols)
        if found is None:
            continue
        number += 1
        await page.add_activity(number, to_json(found))
        newest = max(newest, happened.slot)
        seen.append((happened.slot, place))
    if seen:
        kept = [list(place) for slot, place in seen if slot == newest]
        if newest == int(mark["slot"]):
            kept += [list(place) for place in told]
        await page.put(_KEY, {"slot": newest, "place": kept, "number": number})


def _activity(happened: Happened, number: int, symbols: Mapping[int, str]) -> Activity | None:
    fields: dict[str, Any] = happened.event.fields
    match happened.event.name:
        case "FundingPaymentRecord" if fields["funding_payment"]:
            base = base_amount(fields["base_asset_amount"])
            return Activity(
                number=number,
                kind="funding",
                market=symbols.get(fields["market_index"], "?"),
                at=datetime.fromtimestamp(fields["ts"], UTC),
                amount=quote_amount(fields["funding_payment"]),
                base_before=base,
                base_after=base,
            )
        case "LiquidationRecord" if fields["liquidation_type"] == "LiquidatePerp":
            part = fields["liquidate_perp"]
            return Activity(
                number=number,
                kind="liquidation",
                market=symbols.get(part["market_index"], "?"),
                at=datetime.fromtimestamp(fields["ts"], UTC),
                amount=-quote_amount(part["liquidator_fee"] + part["if_fee"]),
                taken=-base_amount(part["base_asset_amount"]),
                price=price_amount(part["oracle_price"]),
            )
        case _:
            return None
