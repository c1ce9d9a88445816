"""The API served on loopback, over a real Core on a real PostgreSQL, and people who use it; decides no test."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
from nacl.signing import SigningKey
from solders.keypair import Keypair
from solders.transaction import Transaction

from api.serving import listen, run_api
from core.app import Core, open_core, read_settings
from tests.journey.product import MovedMarket

WITHIN_S = 20.0
PRICES = {"SOL-PERP": Decimal(150), "BTC-PERP": Decimal(60_000), "ETH-PERP": Decimal(3_000)}
EXAMPLE = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position."
    " If it goes up by 0.2, take profit on the entire position."
)


class ShiftedClock:
    """The system's clock, moved by what a test says."""

    def __init__(self) -> None:
        self.shift = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Wallet:
    """A wallet with a real key."""

    def __init__(self) -> None:
        self.pair = Keypair()
        self.address = str(self.pair.pubkey())

    def sign(self, message: str) -> str:
        key = SigningKey(bytes(self.pair)[:32])
        return base64.b64encode(key.sign(message.encode()).signature).decode()

    def sign_transaction(self, unsigned: str) -> str:
        transaction = Transaction.from_bytes(base64.b64decode(unsigned))
        transaction.sign([self.pair], transaction.message.recent_blockhash)
        return base64.b64encode(bytes(transaction)).decode()


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        return self.body[name]


@dataclass
class Person:
    """Somebody who calls the API, with or without a credential."""

    api: "Api"
    token: str | None = None
    session: Mapping[str, Any] = field(default_factory=dict)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        expect: int | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        sent = {**({} if self.token is None else {"Authorization": f"Bearer {self.token}"}), **(headers or {})}
        options: dict[str, Any] = {"data": raw} if raw is not None else {"json": body} if body is not None else {}
        async with self.api.http.request(method, self.api.url + path, headers=sent, **options) as response:
            kind = response.content_type
            shown = await response.json(content_type=None) if kind.endswith("json") else await response.text()
            answer = Answer(response.status, shown, response.headers)
        if expect is not None:
            assert answer.status == expect, f"{method} {path}: {answer.status} {answer.body}"
        return answer

    async def get(self, path: str, expect: int | None = 200) -> Answer:
        return await self.call("GET", path, expect=expect)

    async def post(self, path: str, body: Any = None, expect: int | None = None) -> Answer:
        return await self.call("POST", path, {} if body is None else body, expect=expect)

    async def agree(self, text: str) -> Answer:
        """Say words that need no answer, and confirm them."""
        draft = await self.post("/api/rules", {"text": text}, 201)
        assert draft["questions"] == [], draft.body
        return await self.post(f"/api/drafts/{draft['draft_id']}/confirm", {"revision": draft["revision"]}, 200)

    @asynccontextmanager
    async def socket(self, *channels: str, after: str | None = None) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        protocols = ("saywhen.v1", f"bearer.{self.token}")
        async with self.api.http.ws_connect(self.api.url + "/ws", protocols=protocols) as socket:
            if channels:
                await socket.send_json({"subscribe": channels, **({} if after is None else {"after": after})})
            yield socket


@dataclass
class Api:
    """The API, up."""

    core: Core
    market: MovedMarket
    url: str
    http: aiohttp.ClientSession
    clock: ShiftedClock

    def nobody(self) -> Person:
        return Person(self)

    async def paper(self) -> Person:
        """Somebody new on paper."""
        answer = await self.nobody().post("/api/auth/paper", {"deliver": "body"}, 201)
        return Person(self, answer["access_token"], answer.body)

    async def challenge(self, wallet: Wallet) -> Answer:
        return await self.nobody().post("/api/auth/challenge", {"address": wallet.address}, 200)

    async def with_wallet(self, wallet: Wallet) -> Person:
        """The owner of *wallet*, signed in."""
        asked = await self.challenge(wallet)
        proof = {"nonce": asked["nonce"], "signature": wallet.sign(asked["message"]), "deliver": "body"}
        answer = await self.nobody().post("/api/auth/wallet", proof, 201)
        return Person(self, answer["access_token"], answer.body)

    async def key(self, person: Person, *scopes: str, **more: Any) -> Person:
        """A program of *person*'s."""
        made = await person.post("/api/api-keys", {"name": "program", "scopes": scopes, **more}, 201)
        return Person(self, made["secret"])

    async def hold(self, person: Person, market: str = "SOL-PERP", base: str = "2", entry: str = "148") -> None:
        await self.core.give_position(person.session["owner"], market, Decimal(base), Decimal(entry))


@asynccontextmanager
async def serving(dsn: str, home: Path, **settings: Any) -> AsyncIterator[Api]:
    """The API on a port of its own, with prices that the test moves; no engine watches or trades."""
    given = {"SAYWHEN_API_READS": "100000/minute", "SAYWHEN_API_WRITES": "100000/minute", **settings}
    given = {"SAYWHEN_API_SIGNINS": "100000/minute", "SAYWHEN_API_PORT": 0, **given}
    read = read_settings(_env_file=None, DATABASE_URL=dsn, SAYWHEN_HOME=str(home), **given)
    clock = ShiftedClock()
    async with open_core(read, role="api test", clock=clock) as core:
        core.parts.source = market = MovedMarket(PRICES)
        async with served(core, market, clock, follow=True) as api:
            while len(core.prices.latest()) < len(PRICES):  # noqa: ASYNC110 - the board rings no bell
                await asyncio.sleep(0.01)
            yield api


@asynccontextmanager
async def served(core: Core, market: MovedMarket, clock: ShiftedClock, *, follow: bool) -> AsyncIterator[Api]:
    """*core* over HTTP for the length of the block."""
    taken = listen(core)
    url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    task = asyncio.create_task(run_api(core, follow_prices=follow, listening=taken))
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            async with http.get(url + "/health") as response:  # the address is taken: this waits until it answers
                assert response.status == 200
            yield Api(core=core, market=market, url=url, http=http, clock=clock)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
