"""The main job as a person lives it: the sentence, the question, Confirm, the trigger, the fill; both its ends."""

from decimal import Decimal
from pathlib import Path

from core.domain.action import Trade
from core.domain.reading import Command
from core.domain.rule import RuleState
from tests.journey.product import Product, running

SENTENCE = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position. "
    "If it goes up by 0.2, take profit on the entire position."
)
PRICES = {"SOL-PERP": Decimal(150), "BTC-PERP": Decimal(100_000), "ETH-PERP": Decimal(3500)}


async def _armed(product: Product) -> None:
    """A long of 20 SOL from 148 under the sentence's two rules, agreed at $150."""
    owner = await product.owner()
    await product.core.give_position(owner, "SOL-PERP", Decimal(20), Decimal(148))
    asked = await product.say(SENTENCE)
    assert "dollars or percent" in asked[0].title
    assert not await product.core.rules.list(owner)
    offered = await product.say("dollars")
    assert "$149.90" in "\n".join(offered[0].lines)
    assert "$150.20" in "\n".join(offered[0].lines)
    confirmed = await product.press(offered, "Confirm")
    assert confirmed[0].title.startswith("Confirmed")
    rules = await product.core.rules.list(owner)
    assert [rule.state for rule in rules] == [RuleState.ARMED, RuleState.ARMED]
    assert all(rule.references == {"SOL-PERP": Decimal(150)} for rule in rules)


async def _has_traded(product: Product, times: int) -> bool:
    return len(await product.core.account.trades(await product.owner())) == times


async def _states(product: Product) -> list[RuleState]:
    return [rule.state for rule in await product.core.rules.list(await product.owner(), set(RuleState))]


async def test_the_half_stop_sells_half_of_what_is_held_and_leaves_the_target_armed(
    postgres_dsn: str, tmp_path: Path
) -> None:
    async with running(postgres_dsn, PRICES, str(tmp_path)) as product:
        await _armed(product)
        product.market.move("SOL-PERP", "149.9")
        await product.until_told("r1 fired")
        await product.until_told("Sold 10 SOL")
        owner = await product.owner()
        fills = await product.core.account.trades(owner)
        assert [(fill.side, fill.base) for fill in fills] == [("sell", Decimal(10))]
        assert await _states(product) == [RuleState.COMPLETED, RuleState.ARMED]
        # The target now guards the rest, and sells what is left of the live position.
        product.market.move("SOL-PERP", "150.2")
        await product.until(lambda: _has_traded(product, 2))
        fills = await product.core.account.trades(owner)
        assert [fill.base for fill in fills] == [Decimal(10), Decimal(10)]
        assert (await product.core.account.view(owner)).positions == ()


async def test_the_full_target_sells_everything_and_cancels_the_stop(postgres_dsn: str, tmp_path: Path) -> None:
    async with running(postgres_dsn, PRICES, str(tmp_path)) as product:
        await _armed(product)
        product.market.move("SOL-PERP", "150.2")
        await product.until_told("Sold 20 SOL")
        assert await _states(product) == [RuleState.CANCELLED, RuleState.COMPLETED]
        owner = await product.owner()
        assert (await product.core.account.view(owner)).positions == ()
        product.market.move("SOL-PERP", "149")
        titles = product.told.titles()
        assert [title for title in titles if "r2 fired" in title and "r1" not in title], (
            "the trigger is a card of its own"
        )
        assert len(await product.core.account.trades(owner)) == 1
        chain = {event.id: event for event in await product.events()}
        event = next(event for event in chain.values() if event.name == "order.filled")
        while event.cause is not None:
            event = chain[event.cause]
        assert event.name == "rule.drafted"
        assert getattr(event, "words", None) == SENTENCE


async def test_confirming_twice_and_from_a_second_device_arms_once(postgres_dsn: str, tmp_path: Path) -> None:
    async with running(postgres_dsn, PRICES, str(tmp_path)) as product:
        offered = await product.say("tell me when SOL is above 160")
        first = await product.press(offered, "Confirm")
        second = await product.press(offered, "Confirm")
        assert first[0].title.startswith("Confirmed")
        assert "already" in second[0].title
        assert len(await product.core.rules.list(await product.owner())) == 1


async def test_somebody_elses_draft_looks_as_if_it_were_not_there(postgres_dsn: str, tmp_path: Path) -> None:
    async with running(postgres_dsn, PRICES, str(tmp_path)) as product:
        offered = await product.say("tell me when SOL is above 160")
        answer = await product.press(offered, "Confirm", address="mallory")
        assert "no such draft" in answer[0].title.lower() + " ".join(answer[0].lines).lower()
        assert not await product.core.rules.list(await product.owner("mallory"))
        assert not await product.core.rules.list(await product.owner())


async def test_an_entry_arms_its_exits_when_it_fills(postgres_dsn: str, tmp_path: Path) -> None:
    async with running(postgres_dsn, PRICES, str(tmp_path)) as product:
        offered = await product.say("long 2 SOL at market, TP 165, SL 142")
        await product.press(offered, "Confirm")
        await product.until_told("Bought 2 SOL")
        owner = await product.owner()

        async def exits_are_armed() -> bool:
            rules = await product.core.rules.list(owner)
            return len(rules) == 2 and all(rule.state is RuleState.ARMED for rule in rules)

        await product.until(exits_are_armed)
        product.market.move("SOL-PERP", "141.9")
        await product.until_told("Sold 2 SOL")
        assert (await product.core.account.view(owner)).positions == ()
        states = await _states(product)
        assert states.count(RuleState.CANCELLED) == 1
        assert states.count(RuleState.COMPLETED) == 2


async def test_pause_resume_and_kill_hold(postgres_dsn: str, tmp_path: Path) -> None:
    async with running(postgres_dsn, PRICES, str(tmp_path)) as product:
        await _armed(product)
        owner = await product.owner()
        await product.core.account.pause(owner)
        product.market.move("SOL-PERP", "149.9")

        async def seen() -> bool:
            return product.core.prices.latest(["SOL-PERP"])[0].price == Decimal("149.9")

        await product.until(seen)
        assert not await product.core.account.trades(owner)
        product.market.move("SOL-PERP", "150")
        killed = await product.core.account.kill(owner)
        assert killed.positions == ("20 SOL-PERP",)
        await product.core.account.resume(owner)
        assert [rule.state for rule in await product.core.rules.list(owner)] == [RuleState.ARMED, RuleState.ARMED]
        product.market.move("SOL-PERP", "149.9")
        await product.until_told("Sold 10 SOL")


async def test_a_stalled_price_fires_nothing_and_is_told_once_and_once_again_when_it_is_back(
    postgres_dsn: str, tmp_path: Path
) -> None:
    async with running(postgres_dsn, PRICES, str(tmp_path)) as product:
        await _armed(product)
        product.market.stalled = True

        async def told_of_it() -> bool:
            return any(event.name == "price.stale" for event in await product.events())

        await product.until(told_of_it)
        refused = await product.say("if SOL drops 2% from here sell half my position")
        answer = await product.press(refused, "Confirm")
        assert "no fresh price" in (answer[0].title + " ".join(answer[0].lines)).lower()
        product.market.stalled = False

        async def told_again() -> bool:
            return any(event.name == "price.recovered" for event in await product.events())

        await product.until(told_again)
        names = [event.name for event in await product.events()]
        assert names.count("price.stale") == names.count("price.recovered") == 1


async def test_rules_survive_a_restart_and_are_watched_again(postgres_dsn: str, tmp_path: Path) -> None:
    async with running(postgres_dsn, PRICES, str(tmp_path)) as product:
        await _armed(product)
    async with running(postgres_dsn, PRICES, str(tmp_path)) as product:
        owner = await product.owner()
        assert len(await product.core.rules.list(owner)) == 2
        product.market.move("SOL-PERP", "150.25")
        await product.until_told("Sold 20 SOL")
        listed = await product.core.rules.list(owner, set(RuleState))
        assert isinstance(listed[0].spec.action, Trade)
        assert not await product.core.rules.cancel(owner, Command(name="cancel_rules", all=True))
