"""Language models on loopback as their own SDKs speak to them: scripted answers, and every way to fail."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from aiohttp import web

from tests.emulators.llm.answers import Answer, text_of

Wire = Literal["anthropic", "openai"]
PATHS: Mapping[Wire, str] = {"anthropic": "/v1/messages", "openai": "/v1/chat/completions"}
_STOPS: Mapping[Wire, Mapping[str, str]] = {
    "anthropic": {"done": "end_turn", "cut": "max_tokens", "refused": "refusal"},
    "openai": {"done": "stop", "cut": "length", "refused": "content_filter"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]
    query: str
    body: Any
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the model does: an answer's text, or a failure. `delay_s` passes first."""

    text: str = ""
    stop: Literal["done", "cut", "refused"] = "done"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0
    reset: bool = False
    body: str | None = None
    """Sent as it is in place of the API's own envelope."""


def says(answer: Answer) -> Reply:
    """A model that answers."""
    return Reply(text=text_of(answer))


class Models:
    """A server of one provider's wire format; replies come in the order scripted, the last one again and again."""

    def __init__(self, wire: Wire, *replies: Reply) -> None:
        self.wire: Wire = wire
        self.asked: list[Asked] = []
        self.arrived = asyncio.Event()
        self._replies = list(replies)
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The base URL that an operator would set."""
        suffix = "/v1" if self.wire == "openai" else ""
        return f"http://127.0.0.1:{self._port}{suffix}"

    def script(self, *replies: Reply) -> None:
        """Answer with these from now on."""
        self._replies = list(replies)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post(PATHS[self.wire], self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.text()
        body = await request.json()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(path=request.path, headers=headers, query=request.query_string, body=body, raw=raw))
        self.arrived.set()
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if reply.delay_s:
            await asyncio.sleep(reply.delay_s)
        if reply.reset:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if reply.body is not None:
            return web.Response(text=reply.body, content_type="application/json", status=reply.status)
        if reply.status != 200:
            return web.json_response(_error(self.wire, reply.status), status=reply.status, headers=dict(reply.headers))
        problem = _problem(self.wire, body)
        if problem is not None:
            return web.json_response(_error(self.wire, 400, problem), status=400)
        return web.json_response(_envelope(self.wire, reply, str(body["model"])))


def _error(wire: Wire, status: int, message: str = "scripted") -> dict[str, Any]:
    kinds = {
        400: "invalid_request_error",
        401: "authentication_error",
        429: "rate_limit_error",
        529: "overloaded_error",
    }
    error = {"type": kinds.get(status, "api_error"), "message": message}
    return (
        {"type": "error", "error": error} if wire == "anthropic" else {"error": {**error, "code": None, "param": None}}
    )


def _envelope(wire: Wire, reply: Reply, model: str) -> dict[str, Any]:
    stop = _STOPS[wire][reply.stop]
    if wire == "anthropic":
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [{"type": "text", "text": reply.text}],
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": {"input_tokens": 10, "output_tokens": 10},
        }
    message = {"role": "assistant", "content": reply.text, "refusal": None}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": stop, "logprobs": None}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20},
    }


# --- what the real APIs would not accept -----------------------------------------------------------------------------

_KNOWN = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "$ref", "$defs"}
)
"""The keywords that both providers accept; they refuse limits on numbers and lengths, defaults, oneOf and the like."""


def _problem(wire: Wire, body: Mapping[str, Any]) -> str | None:
    """Why a provider would turn this request down; None where it would not."""
    if wire == "anthropic":
        form = body["output_config"]["format"]
        if form["type"] != "json_schema" or not isinstance(body["max_tokens"], int):
            return "no schema or no max_tokens"
        return schema_problem(form["schema"])
    form = body["response_format"]
    if form["type"] != "json_schema" or form["json_schema"]["strict"] is not True:
        return "no strict schema"
    return schema_problem(form["json_schema"]["schema"])


def schema_problem(schema: Mapping[str, Any]) -> str | None:
    """What in a schema is outside the subset of both providers; None where nothing is."""
    if schema.get("type") != "object" or "anyOf" in schema:
        return "the root is no object"
    return _node_problem(schema, schema, (), [0])


def _node_problem(
    node: Mapping[str, Any], root: Mapping[str, Any], path: tuple[str, ...], count: list[int]
) -> str | None:
    strange = set(node) - _KNOWN
    if strange:
        return f"unsupported keyword {min(strange)}"
    if "$ref" in node:
        name = node["$ref"].removeprefix("#/$defs/")
        if name in path:
            return f"recursion through {name}"
        return _node_problem(root["$defs"][name], root, (*path, name), count)
    children: list[Mapping[str, Any]] = list(node.get("anyOf", ()))
    if node.get("type") == "object":
        names = list(node["properties"])
        if node.get("additionalProperties") is not False or node.get("required") != names:
            return "an object that is open or has optional fields"
        count[0] += len(names)
        children += node["properties"].values()
    if node.get("type") == "array":
        children.append(node["items"])
    if "type" not in node and "anyOf" not in node:
        return "a value without a type"
    if count[0] > 5000 or len(path) > 9:
        return "too large"
    return next((found for child in children if (found := _node_problem(child, root, path, count))), None)
