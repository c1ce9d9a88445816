"""Asks Claude through Anthropic's Messages API, once; decides what its errors mean, not what its answers do."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.domain.reading import ParserName
from core.parse.failures import failure
from core.parse.model import BUDGET_S, NoAnswer

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

URL = "https://api.anthropic.com"
MOST_TOKENS = 4096


class Claude:
    """The Backend of Anthropic. The SDK is imported, and the client made, with the first question."""

    name: ParserName = "claude"

    def __init__(self, *, api_key: str, model: str, base_url: str | None = None, budget_s: float = BUDGET_S) -> None:
        self._api_key = api_key
        self._model = model
        self._base_url = base_url or URL
        self._budget_s = budget_s
        self._client: AsyncAnthropic | None = None
        self._opening = asyncio.Lock()

    async def complete(self, instructions: str, message: str, form: Mapping[str, Any]) -> str:
        """The text of the answer. Raises NoAnswer or Busy."""
        client = await self._opened()
        try:
            answer = await client.messages.create(
                model=self._model,
                max_tokens=MOST_TOKENS,
                system=[{"type": "text", "text": instructions, "cache_control": {"type": "ephemeral"}}],
                messages=[{"role": "user", "content": message}],
                output_config={"format": {"type": "json_schema", "schema": dict(form)}},
            )
            stopped, pieces = answer.stop_reason, answer.content
            text = "".join(piece.text for piece in pieces if piece.type == "text")
        except Exception as problem:  # noqa: BLE001 - whatever an answer breaks, the grammar answers instead
            raise failure(problem) from None
        if stopped == "refusal":
            raise NoAnswer("it refused to answer")
        if stopped != "end_turn" or not text:
            raise NoAnswer("its answer was cut off")
        return text

    async def _opened(self) -> "AsyncAnthropic":
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._open)
            return self._client

    def _open(self) -> "AsyncAnthropic":
        from anthropic import AsyncAnthropic

        return AsyncAnthropic(api_key=self._api_key, base_url=self._base_url, max_retries=0, timeout=self._budget_s)

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None
