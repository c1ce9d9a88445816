"""Accounts and candles that rules look at, as they were last read; decides when to read again, not what fires."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

from core.domain.errors import SayWhenError
from core.domain.ids import OwnerId
from core.domain.market import TIMEFRAME_S, Candle, Timeframe
from core.domain.position import Account
from core.flow.board import Board
from core.ports import Clock, Venue

READ_TIME_OUT_S = 5.0
ARM_TIME_OUT_S = 1.0
"""The longest that one thing to be read may keep whoever watches from looking at prices; it is read later then."""
CANDLES_TIME_OUT_S = 15.0
ACCOUNT_FRESH = timedelta(seconds=5)
"""How old an account may be by which a rule is armed: accounts that no armed rule looks at are not read again."""
HISTORY = 400
"""Closed candles that indicators are computed from."""

History = Callable[[str, Timeframe, datetime, datetime], Awaitable[list[Candle]]]
"""Closed candles of a market with `start <= candle.start < end`, oldest first."""
CandleOf = tuple[str, Timeframe]

_log = logging.getLogger(__name__)


class Readings:
    """What is read from outside and put on the board. Reading waits for others, so it is done where nobody waits."""

    def __init__(self, venue: Venue, clock: Clock, board: Board, history: History) -> None:
        self._venue = venue
        self._clock = clock
        self._board = board
        self._history = history
        self._read_at: dict[OwnerId, datetime] = {}

    async def account(self, owner: OwnerId, within_s: float = READ_TIME_OUT_S) -> tuple[Account, datetime]:
        """The account as the venue shows it, and when it was asked for. Raises VenueError, TimeoutError."""
        asked_at = self._clock.now()
        async with asyncio.timeout(within_s):
            return await self._venue.account(owner), asked_at

    def put(self, owner: OwnerId, account: Account, asked_at: datetime) -> bool:
        """Show *account*; False where one is shown that was asked for later."""
        read_at = self._read_at.get(owner)
        if read_at is not None and read_at > asked_at:
            return False
        self._read_at[owner] = asked_at
        self._board.put_account(owner, account)
        return True

    def is_read(self, owner: OwnerId) -> bool:
        """Whether the account on the board is of now."""
        read_at = self._read_at.get(owner)
        return read_at is not None and self._clock.now() - read_at <= ACCOUNT_FRESH

    def outdate(self, owner: OwnerId) -> None:
        """Something happened to the account that nobody looked at."""
        self._read_at.pop(owner, None)

    async def candles(self, wanted: Iterable[CandleOf]) -> bool:
        """Read what of *wanted* has closed and is not on the board; whether anything was."""
        now = self._clock.now()
        behind = [pair for pair in sorted(set(wanted)) if self._is_behind(*pair, now)]
        for market, timeframe in behind:
            try:
                await self.read_candles(market, timeframe, CANDLES_TIME_OUT_S)
            except (SayWhenError, TimeoutError, OSError) as problem:
                _log.warning("candles of %s are read later: %s", market, problem)
        return bool(behind)

    async def read_candles(self, market: str, timeframe: Timeframe, within_s: float) -> None:
        """Put the closed candles on the board. Raises what the history raises, and TimeoutError."""
        length = TIMEFRAME_S[timeframe]
        now = self._clock.now()
        end = datetime.fromtimestamp(now.timestamp() // length * length, now.tzinfo)
        async with asyncio.timeout(within_s):
            candles = await self._history(market, timeframe, end - timedelta(seconds=length * HISTORY), end)
        self._board.put_candles(market, timeframe, candles)

    def _is_behind(self, market: str, timeframe: Timeframe, now: datetime) -> bool:
        """Whether a candle has closed that is not on the board."""
        known = self._board.candles(market, timeframe)
        return not known or known[-1].start + timedelta(seconds=2 * TIMEFRAME_S[timeframe]) <= now
