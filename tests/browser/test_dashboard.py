"""The dashboard in a real browser, on the real product: from an empty page to rules that are watched."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from nacl.signing import SigningKey
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect
from solders.pubkey import Pubkey

from tests.browser.stage import NEEDS_BUILD, NEEDS_CHROMIUM, chromium, free_port, product

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), NEEDS_CHROMIUM, NEEDS_BUILD]

EXAMPLE = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position."
    " If it goes up by 0.2, take profit on the entire position."
)
DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SCREENS = os.environ.get("SAYWHEN_SCREENS")
"""A directory for pictures of every page; none are kept where it is not set."""


@pytest.fixture
def address(postgres_dsn: str, tmp_path: Path) -> Iterator[str]:
    with product(tmp_path, postgres_dsn) as up:
        yield up


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def picture(page: Page, name: str) -> None:
    for size, viewport in (("desk", DESK), ("phone", PHONE)):
        page.set_viewport_size(viewport)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], f"{name} is {width} wide on a {size}"
        if SCREENS:
            page.screenshot(path=str(Path(SCREENS) / f"{name}-{size}.png"))
    page.set_viewport_size(DESK)


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and what its console complains of: the policy's refusals and errors of scripts."""
    complaints: list[str] = []
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text) if message.type == "error" and "401" not in message.text else None
        ),
    )
    return page, complaints


def enter(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Continue on paper").click()
    expect(page.get_by_text("Equity")).to_be_visible()


def confirm(page: Page, words: str) -> None:
    page.get_by_role("link", name="Say when", exact=True).first.click()
    page.get_by_label("When should what happen?").fill(words)
    page.get_by_role("button", name="Read it").click()


def test_the_example_sentence_becomes_two_rules_that_are_watched_live(address: str, browser: Browser) -> None:
    context = browser.new_context(viewport=DESK, timezone_id="Europe/Berlin")
    page, complaints = watched(context)
    page.goto(address)
    expect(page.get_by_role("button", name="Continue on paper")).to_be_visible()
    picture(page, "sign-in")
    enter(page, address)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_text("Prices SIMULATED")).to_be_visible()
    expect(page.get_by_text("paper · play money")).to_be_visible()
    page.get_by_role("button", name="Use Europe/Berlin").click()
    expect(page.get_by_text("times in Europe/Berlin")).to_be_visible()
    picture(page, "home-empty")

    confirm(page, "buy 2 SOL now")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()
    page.get_by_role("link", name="Home").first.click()
    # Nothing reloads this page: the fill and the position come over the socket.
    expect(page.get_by_text(re.compile("^Bought 2 SOL at"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("SOL-PERP long"))).to_be_visible()

    confirm(page, EXAMPLE)
    expect(page.get_by_text("dollars or percent?")).to_be_visible()
    expect(page.get_by_role("button", name="Confirm")).to_have_count(0)
    picture(page, "say-question")
    page.get_by_role("button", name=re.compile("^Dollars")).click()
    expect(page.get_by_text("Is this what you mean?")).to_be_visible()
    understood = page.get_by_role("group", name="What was understood")
    expect(understood.get_by_text(re.compile(r"falls \$0\.10 from"))).to_be_visible()
    picture(page, "say-confirm")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("link", name="See your rules")).to_be_visible()
    expect(page.get_by_role("button", name="Confirm")).to_have_count(0)
    picture(page, "say-armed")

    page.get_by_role("link", name="Rules", exact=True).first.click()
    page.get_by_role("button", name="All", exact=True).click()
    # The market moves on its own, hence a rule may have fired by now; both are there, and both were armed.
    for label, step in (("r2", "falls $0.10"), ("r3", "rises $0.20")):
        row = page.get_by_role("listitem", name=f"Rule {label}")
        expect(row.get_by_text(re.compile(re.escape(step)))).to_be_visible()
        row.get_by_role("button", name=f"History of {label}").click()
        expect(page.get_by_role("dialog").get_by_text("armed", exact=True)).to_be_visible()
        page.get_by_role("button", name="Close").click()
    picture(page, "rules")
    page.get_by_role("link", name="Home").first.click()
    expect(page.get_by_text(re.compile("^Bought 2 SOL at"))).to_be_visible()
    picture(page, "home")
    assert complaints == []


def sign_in_with_wallet(context: BrowserContext, address: str, *, features: str) -> tuple[Page, list[str]]:
    """A page in which a wallet with a real key has announced itself; the key never enters the page."""
    key = SigningKey.generate()
    page, complaints = watched(context)
    page.expose_function("signWithKey", lambda text: list(key.sign(text.encode()).signature))
    owner = {"address": str(Pubkey.from_bytes(bytes(key.verify_key))), "key": list(bytes(key.verify_key))}
    page.add_init_script(f"window.TEST_WALLET = {json.dumps(owner | {'features': features})};")
    page.add_init_script(path=Path(__file__).with_name("wallet.js"))
    page.goto(address)
    page.get_by_role("button", name="Sign in with Test Wallet").click()
    return page, complaints


@pytest.mark.parametrize("features", ["signIn", "signMessage"])
def test_a_wallet_signs_its_owner_in(address: str, browser: Browser, features: str) -> None:
    page, complaints = sign_in_with_wallet(browser.new_context(), address, features=features)
    expect(page.get_by_text("Equity")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Continue on paper")).to_be_visible()
    assert complaints == []


def test_who_declines_in_the_wallet_is_told_that_nothing_was_signed(address: str, browser: Browser) -> None:
    page, _ = sign_in_with_wallet(browser.new_context(), address, features="declines")
    expect(page.get_by_role("alert")).to_contain_text("You declined in Test Wallet.")
    expect(page.get_by_role("button", name="Continue on paper")).to_be_enabled()


def test_a_rule_is_paused_resumed_and_deleted_by_click(address: str, browser: Browser) -> None:
    page, complaints = watched(browser.new_context(viewport=PHONE))
    enter(page, address)
    confirm(page, "alert me when SOL-PERP is above 170")
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("link", name="See your rules").click()
    row = page.get_by_role("listitem", name="Rule r1")
    expect(row.get_by_text("Armed")).to_be_visible()
    expect(row.get_by_text("$170.00", exact=True)).to_be_visible()
    row.get_by_role("button", name="Pause r1").click()
    expect(row.get_by_text("Paused")).to_be_visible()
    row.get_by_role("button", name="Resume r1").click()
    expect(row.get_by_text("Armed")).to_be_visible()
    row.get_by_role("button", name="Delete r1").click()
    page.get_by_role("button", name="Keep it").click()
    expect(row.get_by_text("Armed")).to_be_visible()
    row.get_by_role("button", name="Delete r1").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete r1").click()
    expect(page.get_by_text("Nothing is being watched.")).to_be_visible()
    assert complaints == []


def test_another_person_sees_nothing_of_the_first_and_words_that_are_no_rule_arm_nothing(
    address: str, browser: Browser
) -> None:
    first, _ = watched(browser.new_context())
    enter(first, address)
    confirm(first, "alert me when SOL-PERP is above 170")
    first.get_by_role("button", name="Confirm").click()
    expect(first.get_by_text("Armed", exact=True)).to_be_visible()
    second, _ = watched(browser.new_context())
    enter(second, address)
    confirm(second, "hello there")
    expect(second.get_by_role("alert")).to_contain_text("Tell me what to do and when.")
    second.get_by_role("link", name="Rules", exact=True).first.click()
    expect(second.get_by_text("Nothing is being watched.")).to_be_visible()


def test_a_page_comes_back_by_itself_when_the_product_was_away(
    postgres_dsn: str, tmp_path: Path, browser: Browser
) -> None:
    port = free_port()
    page, _ = watched(browser.new_context())
    with product(tmp_path, postgres_dsn, port) as address:
        enter(page, address)
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_text("Reconnecting …")).to_be_visible()
    with product(tmp_path, postgres_dsn, port):
        expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=20_000)
        expect(page.get_by_text("$10,000.00").first).to_be_visible()
