"""Asks OpenAI's Chat Completions, or a server that speaks it, once; decides what errors mean, not what answers do.

Chat Completions rather than Responses, since self-hosted models are served that way.
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.domain.reading import ParserName
from core.parse.failures import failure
from core.parse.model import BUDGET_S, NoAnswer

if TYPE_CHECKING:
    from openai import AsyncOpenAI

URL = "https://api.openai.com/v1"
MOST_TOKENS = 4096


class OpenAI:
    """The Backend of OpenAI. The SDK is imported, and the client made, with the first question."""

    name: ParserName = "openai"

    def __init__(self, *, api_key: str, model: str, base_url: str | None = None, budget_s: float = BUDGET_S) -> None:
        self._api_key = api_key
        self._model = model
        self._base_url = base_url or URL
        self._budget_s = budget_s
        self._client: AsyncOpenAI | None = None
        self._opening = asyncio.Lock()

    async def complete(self, instructions: str, message: str, form: Mapping[str, Any]) -> str:
        """The text of the answer. Raises NoAnswer or Busy."""
        client = await self._opened()
        try:
            answer = await client.chat.completions.create(
                model=self._model,
                max_completion_tokens=MOST_TOKENS,
                # Unchanging text first: what requests begin with alike is kept by the provider, and answered sooner.
                messages=[{"role": "system", "content": instructions}, {"role": "user", "content": message}],
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "extraction", "strict": True, "schema": dict(form)},
                },
            )
            choice = answer.choices[0]
            stopped, refusal, text = choice.finish_reason, choice.message.refusal, choice.message.content
        except Exception as problem:  # noqa: BLE001 - whatever an answer breaks, the grammar answers instead
            raise failure(problem) from None
        if refusal or stopped == "content_filter":
            raise NoAnswer("it refused to answer")
        if stopped != "stop" or not text:
            raise NoAnswer("its answer was cut off")
        return text

    async def _opened(self) -> "AsyncOpenAI":
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._open)
            return self._client

    def _open(self) -> "AsyncOpenAI":
        from openai import AsyncOpenAI

        return AsyncOpenAI(api_key=self._api_key, base_url=self._base_url, max_retries=0, timeout=self._budget_s)

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None
