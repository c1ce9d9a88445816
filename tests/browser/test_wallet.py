"""A wallet with a real key, the Drift emulator and the whole product: permission given, used, taken back, done without.

Every transaction that is signed here is the real one, and the emulator's node checks it as Solana's would.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import DESK, arm, go, rule, with_wallet
from tests.browser.stage import NEEDS_BUILD, NEEDS_CHROMIUM, apart, product
from tests.browser.test_walk import Walk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), NEEDS_CHROMIUM, NEEDS_BUILD]

LONG_MS = 20_000
"""For what waits for blocks, keepers and other processes, on a machine that may be busy."""


@pytest.fixture
def on_chain(another_dsn: str, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The product's address on the emulator, and its database."""
    with product(tmp_path, another_dsn, extra={"SAYWHEN_VENUE": "drift-emulator"}) as up:
        yield up, another_dsn


def _sign(page: Page, button: str, said: str) -> None:
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text(re.compile("^Sign within"))).to_be_visible(timeout=LONG_MS)
    sheet.get_by_role("button", name=button).click()
    expect(sheet.get_by_text(said)).to_be_visible(timeout=LONG_MS)


def _bought(page: Page, words: str) -> None:
    go(page, "Home")
    expect(page.get_by_text(re.compile(f"^{words} at"))).to_be_visible(timeout=LONG_MS)


async def _out_of_time(dsn: str) -> None:
    """As if a quarter of an hour had passed since the order was asked for."""
    connection = await asyncpg.connect(dsn)
    try:
        query = "UPDATE orders SET approval_until = now(), due_at = now() WHERE approval_until > now() AND state = $1"
        assert await connection.execute(query, "planned") == "UPDATE 1"
    finally:
        await connection.close()


async def _traded(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return [str(row["base"].normalize()) for row in await connection.fetch("SELECT base FROM trades ORDER BY id")]
    finally:
        await connection.close()


def test_a_wallet_lets_us_trade_takes_that_back_and_then_signs_each_order_itself(
    on_chain: tuple[str, str], browser: Browser
) -> None:
    address, dsn = on_chain
    context = browser.new_context(viewport=DESK, timezone_id="UTC", reduced_motion="reduce")
    page, complaints = with_wallet(context, address, features="signTransaction")
    walk = Walk(page)
    page.get_by_role("button", name="Sign in with Test Wallet").click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()

    # ── set-up: one transaction, with its price and what it permits in words ──
    go(page, "Account")
    page.get_by_role("button", name=re.compile("^Trade with")).click()
    expect(page.get_by_text("Not set up")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("1 SOL · 10,000 USDC")).to_be_visible()
    page.get_by_label("Deposit, USDC").fill("2000")
    page.get_by_role("button", name="Let SayWhen trade").click()
    sheet = page.get_by_role("dialog", name="Let SayWhen trade this account")
    expect(sheet.get_by_text("2,000 USDC of this wallet go into that account.")).to_be_visible(timeout=LONG_MS)
    expect(sheet.get_by_text(re.compile("cannot withdraw, transfer"))).to_be_visible()
    expect(sheet.get_by_text(re.compile(r"^0\.0339\d+ SOL$")).first).to_be_visible()
    walk.look("wallet-set-up")
    page.evaluate("TEST_WALLET.declines = true")
    sheet.get_by_role("button", name="Sign with Test Wallet").click()
    expect(sheet.get_by_role("alert")).to_contain_text("You declined in Test Wallet.")
    page.evaluate("TEST_WALLET.declines = false")
    _sign(page, "Sign with Test Wallet", "Confirmed on chain.")
    sheet.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Delegated", exact=True)).to_be_visible()
    expect(page.get_by_text("8,000 USDC")).to_be_visible()

    arm(page, "buy 1 SOL now")
    _bought(page, "Bought 1 SOL")
    arm(page, "buy 1 SOL when it rises 50 %")

    # ── revoked: noticed at once, and what trades rests ──
    go(page, "Account")
    page.get_by_role("button", name="Withdraw the permission").click()
    _sign(page, "Sign with Test Wallet", "Confirmed on chain.")
    page.get_by_role("dialog").get_by_role("button", name="Done").click()
    expect(page.get_by_text("Permission withdrawn")).to_be_visible()
    go(page, "Rules")
    expect(rule(page, "r2").get_by_text("Paused")).to_be_visible()

    # ── from now on the wallet signs each order ──
    go(page, "Account")
    page.get_by_role("button", name="My wallet, each time").click()
    expect(page.get_by_text("You sign each order")).to_be_visible()
    arm(page, "buy 2 SOL now")
    page.get_by_role("link", name="Look at it").click()
    row = page.get_by_role("listitem", name="Buy 2 SOL-PERP")
    expect(row).to_be_visible()
    walk.look("wallet-waits")
    row.get_by_role("button", name="Open").click()
    sheet = page.get_by_role("dialog", name="Buy 2 SOL-PERP?")
    expect(sheet.get_by_text("At worst", exact=True)).to_be_visible()
    walk.look("wallet-sign")
    page.evaluate("TEST_WALLET.changes = true")
    sheet.get_by_role("button", name="Sign with Test Wallet").click()
    expect(sheet.get_by_role("alert")).to_contain_text("it was changed")
    page.evaluate("TEST_WALLET.changes = false")
    _sign(page, "Sign with Test Wallet", "Signed and taken.")
    sheet.get_by_role("button", name="Done").click()
    _bought(page, "Bought 2 SOL")

    # ── declined, or left alone: nothing is sent ──
    arm(page, "buy 3 SOL now")
    page.get_by_role("link", name="Look at it").click()
    page.get_by_role("button", name="Decline Buy 3 SOL-PERP").click()
    expect(page.get_by_text("Orders that wait for your wallet")).to_have_count(0, timeout=LONG_MS)
    arm(page, "buy 4 SOL now")
    page.get_by_role("link", name="Look at it").click()
    expect(page.get_by_role("listitem", name="Buy 4 SOL-PERP")).to_be_visible()
    apart(_out_of_time(dsn))
    expect(page.get_by_text("Orders that wait for your wallet")).to_have_count(0, timeout=LONG_MS)
    go(page, "Rules")
    page.get_by_role("button", name="All", exact=True).click()
    expect(rule(page, "r4").get_by_text("Cancelled", exact=True)).to_be_visible()
    expect(rule(page, "r5").get_by_text("Failed", exact=True)).to_be_visible()
    assert apart(_traded(dsn)) == ["1", "2"]
    assert walk.faults == []
    assert [words for words in complaints if "403" not in words] == []
