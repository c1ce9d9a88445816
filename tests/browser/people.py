"""What a person does in the dashboard, as steps that tests are made of; decides no test."""

import hashlib
import hmac
import json
import re
import time
from pathlib import Path
from urllib.parse import quote, urlencode

from nacl.signing import SigningKey
from playwright.sync_api import BrowserContext, Locator, Page, ViewportSize, expect
from solders.pubkey import Pubkey

from core.app import open_core
from core.domain.ids import OwnerId
from core.settings import read_settings

EXAMPLE = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position."
    " If it goes up by 0.2, take profit on the entire position."
)
DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


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
    expect(page.get_by_text("Free collateral")).to_be_visible()


def go(page: Page, name: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=name, exact=True).locator("visible=true").click()


def say(page: Page, words: str) -> None:
    go(page, "Say when")
    page.get_by_label("When should what happen?").fill(words)
    page.get_by_role("button", name="Read it").click()


def arm(page: Page, words: str) -> None:
    """Say it and confirm it."""
    say(page, words)
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_role("heading", name="Confirmed")).to_be_visible()


def rule(page: Page, label: str) -> Locator:
    return page.get_by_role("listitem", name=f"Rule {label}", exact=True)


def picked(page: Page, button: str) -> None:
    page.get_by_role("button", name=re.compile(button)).first.click()


def with_wallet(context: BrowserContext, address: str, *, features: str) -> tuple[Page, list[str]]:
    """A page in which a wallet with a real key has announced itself; the key never enters the page."""
    key = SigningKey.generate()
    page, complaints = watched(context)
    page.expose_function("signWithKey", lambda text: list(key.sign(text.encode()).signature))
    page.expose_function("signBytes", lambda message: list(key.sign(bytes(message)).signature))
    owner = {"address": str(Pubkey.from_bytes(bytes(key.verify_key))), "key": list(bytes(key.verify_key))}
    page.add_init_script(f"window.TEST_WALLET = {json.dumps(owner | {'features': features})};")
    page.add_init_script(path=Path(__file__).with_name("wallet.js"))
    page.goto(address)
    return page, complaints


def init_data(token: str, person: int) -> str:
    """What Telegram hands to a Mini App, signed as Telegram signs it."""
    user = {"id": person, "first_name": "Ann"}
    fields = {"auth_date": str(int(time.time())), "query_id": "AA", "user": json.dumps(user)}
    text = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    secret = hmac.digest(b"WebAppData", token.encode(), "sha256")
    return urlencode(fields | {"hash": hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()})


def opened(address: str, vouched: str) -> str:
    theme = quote(json.dumps({"bg_color": "#101418", "text_color": "#ffffff"}))
    return f"{address}/#tgWebAppData={quote(vouched)}&tgWebAppVersion=9.0&tgWebAppThemeParams={theme}"


def who(page: Page) -> int:
    return int(page.evaluate("fetch('/api/auth/me').then((r) => r.json()).then((me) => me.owner)"))


async def web_link(dsn: str, address: str, owner: int) -> str:
    """The one-time link that a bot would give the owner on /web."""
    async with open_core(read_settings(DATABASE_URL=dsn, SAYWHEN_PUBLIC_URL=address)) as core:
        return await core.links.web(OwnerId(owner), "telegram")
