"""Who gets in and how: wallets, a bot's link, Telegram's Mini App, access that is renewed; and who sees nothing."""

import re

import asyncpg
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Chat
from tests.browser.people import (
    PHONE,
    arm,
    enter,
    go,
    init_data,
    opened,
    rule,
    say,
    watched,
    web_link,
    who,
    with_wallet,
)
from tests.browser.stage import NEEDS_BUILD, NEEDS_CHROMIUM, apart

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120), NEEDS_CHROMIUM, NEEDS_BUILD]


@pytest.mark.parametrize("features", ["signIn", "signMessage", "ledger"])
def test_a_wallet_signs_its_owner_in(address: str, browser: Browser, features: str) -> None:
    page, complaints = with_wallet(browser.new_context(), address, features=features)
    page.get_by_role("button", name="Sign in with Test Wallet").click()
    expect(page.get_by_text("Free collateral")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Continue on paper")).to_be_visible()
    assert complaints == []


def test_who_declines_in_the_wallet_is_told_that_nothing_was_signed(address: str, browser: Browser) -> None:
    page, _ = with_wallet(browser.new_context(), address, features="declines")
    page.get_by_role("button", name="Sign in with Test Wallet").click()
    expect(page.get_by_role("alert")).to_contain_text("You declined in Test Wallet.")
    expect(page.get_by_role("button", name="Continue on paper")).to_be_enabled()


def test_limits_are_lowered_at_once_and_raised_only_with_the_wallets_signature(address: str, browser: Browser) -> None:
    page, complaints = with_wallet(browser.new_context(), address, features="signIn")
    page.get_by_role("button", name="Sign in with Test Wallet").click()
    go(page, "Account")
    largest = page.get_by_label("Largest order, $")
    before = int(largest.input_value())
    for wanted, signed in ((before // 2, False), (before, True)):
        largest.fill(str(wanted))
        page.get_by_role("button", name="Save limits").click()
        if signed:
            page.get_by_role("button", name="Sign with Test Wallet").click()
            expect(page.get_by_text("Waits for your signature")).to_have_count(0)
        expect(page.get_by_role("button", name="Save limits")).to_be_disabled()
        page.reload()
        expect(largest).to_have_value(str(wanted))
    assert complaints == []


def test_a_bots_link_signs_in_once_as_the_same_owner(address: str, dsn: str, browser: Browser) -> None:
    first, _ = watched(browser.new_context())
    enter(first, address)
    owner = who(first)
    link = apart(web_link(dsn, address, owner))
    second, complaints = watched(browser.new_context())
    second.goto(link)
    expect(second.get_by_text("Free collateral")).to_be_visible()
    assert who(second) == owner
    assert link.partition("#")[2] not in second.url
    assert complaints == []
    third, _ = watched(browser.new_context())
    third.goto(link)
    expect(third.get_by_role("alert")).to_be_visible()
    expect(third.get_by_role("button", name="Continue on paper")).to_be_visible()


def test_telegrams_mini_app_is_signed_in_by_what_telegram_vouches_for(
    address: str, browser: Browser, chat: Chat
) -> None:
    context = browser.new_context(viewport=PHONE)
    context.add_init_script(
        "window.posted = []; window.TelegramWebviewProxy = {postEvent: (name) => window.posted.push(name)};"
    )
    page, complaints = watched(context)
    page.goto(opened(address, init_data(chat.token, 77)))
    expect(page.get_by_text("Free collateral")).to_be_visible()
    assert "tgWebAppData" not in page.url
    assert {"web_app_ready", "web_app_expand"} <= set(page.evaluate("window.posted"))
    colour = "getComputedStyle(document.documentElement).getPropertyValue('--color-ground').trim()"
    assert page.evaluate(colour) == "#101418"
    assert complaints == []
    forged, _ = watched(browser.new_context(viewport=PHONE))
    forged.goto(opened(address, init_data("7:another-bots-token", 77)))
    expect(forged.get_by_role("alert")).to_be_visible()
    expect(forged.get_by_role("button", name="Continue on paper")).to_be_visible()


async def _blocked(dsn: str, address: str) -> None:
    """As delivery notes it when Telegram says so."""
    connection = await asyncpg.connect(dsn)
    try:
        query = "UPDATE links SET dead_since = now(), dead_reason = 'they blocked us' WHERE address = $1"
        await connection.execute(query, address)
    finally:
        await connection.close()


def test_a_chat_is_linked_by_a_code_that_both_sides_agree_to_and_says_when_it_hears_nothing(
    address: str, dsn: str, browser: Browser, chat: Chat
) -> None:
    page, complaints = watched(browser.new_context())
    enter(page, address)
    go(page, "Account")
    page.get_by_role("button", name="Link a chat").click()
    code = page.get_by_text(re.compile(r"^/link [A-Z0-9]{10}$")).inner_text()
    chat.say(4242, code)
    page.get_by_role("button", name="Yes, link it").click(timeout=30_000)
    expect(page.get_by_role("button", name="Unlink Telegram 4242")).to_be_visible()
    apart(_blocked(dsn, "4242"))
    page.reload()
    expect(page.get_by_text("(they blocked us)")).to_be_visible()
    assert complaints == []


def test_access_that_runs_out_while_the_page_is_open_is_renewed_in_silence(address: str, browser: Browser) -> None:
    context = browser.new_context()
    page, complaints = watched(context)
    enter(page, address)
    context.clear_cookies(name="saywhen_access")  # as the browser does when its ten minutes are over
    go(page, "Account")
    expect(page.get_by_text("Largest order, $")).to_be_visible()
    assert any(cookie.get("name") == "saywhen_access" for cookie in context.cookies())
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    context.clear_cookies()  # signed out elsewhere: there is nothing left to renew with
    page.reload()
    expect(page.get_by_role("button", name="Continue on paper")).to_be_visible()
    assert complaints == []


def test_another_person_sees_nothing_of_the_first_and_words_that_are_no_rule_arm_nothing(
    address: str, browser: Browser
) -> None:
    first, _ = watched(browser.new_context())
    enter(first, address)
    arm(first, "alert me when SOL-PERP is above 170")
    second, _ = watched(browser.new_context())
    enter(second, address)
    say(second, "hello there")
    expect(second.get_by_role("alert")).to_contain_text("Tell me what to do and when.")
    go(second, "Rules")
    expect(second.get_by_text("Nothing is being watched.")).to_be_visible()
    go(second, "Market")
    expect(second.get_by_text("No rule and no position hangs on a price here.")).to_be_visible()
    go(first, "Rules")
    expect(rule(first, "r1").get_by_text("Armed")).to_be_visible()
