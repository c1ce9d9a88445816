"""What goes in and out over HTTP, as OpenAPI and the dashboard's types know it; decides shapes, not values."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from core.domain.market import Timeframe
from core.domain.money import read_decimal
from core.domain.owner import DraftState
from core.domain.preference import Loudness, Topic
from core.domain.rule import RuleState


def _exact(text: str) -> str:
    read_decimal(text)
    return text


RULE_SPEC = {"x-stands-for": "RuleSpec"}
"""Where a rule of the rule language goes; `api.app` puts the language's own schema there."""
Amount = Annotated[str, Field(examples=["149.9"], pattern=r"^-?[0-9]+(\.[0-9]+)?$")]
"""A decimal number as a string, never a float."""
Given = Annotated[str, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,12})?$", examples=["25"]), AfterValidator(_exact)]
Address = Annotated[
    str,
    Field(
        min_length=32,
        max_length=44,
        pattern="^[1-9A-HJ-NP-Za-km-z]+$",
        examples=["9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin"],
    ),
]
Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
Id = Annotated[str, Field(pattern=r"^[0-9A-Za-z_]{1,40}$", examples=["r_064qj3w4m8x2v5k7p0"])]
MarketName = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,12}-PERP$", examples=["SOL-PERP"])]
Token = Annotated[str, Field(pattern=r"^[0-9.-]{0,64}$", examples=["1.7421.388"])]
Spec = Annotated[Any, WithJsonSchema(dict(RULE_SPEC))]
Specs = Annotated[
    list[Any],
    Field(min_length=1, max_length=20),
    WithJsonSchema({"type": "array", "items": dict(RULE_SPEC), "minItems": 1, "maxItems": 20}),
]
Scope = Literal["read", "write", "trade", "auto_confirm"]
WORDS = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position. "
    "If it goes up by 0.2, take profit on the entire position."
)


class In(BaseModel):
    """A body that is sent to us; a field that we do not know is an error."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """RFC 9457; `code` is stable, the words are for people."""

    type: str
    title: str
    status: int
    code: str = Field(examples=["conflict"])
    detail: str
    hint: str | None = None
    errors: list[dict[str, str]] | None = None


# --- rules and drafts ----------------------------------------------------------------------------------------------


class RuleIn(In):
    """A rule in words, or rules in the rule language; one of the two."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": WORDS}]})
    text: Annotated[Text, Field(min_length=1, max_length=4_000)] | None = None
    rules: Specs | None = None


class RulePut(In):
    """What the rule shall say from now on, in words or in the rule language; one of the two."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "if SOL drops below $120, sell half my position"}]}
    )
    text: Annotated[Text, Field(min_length=1, max_length=4_000)] | None = None
    rule: Spec | None = None


class TriggerOut(BaseModel):
    """A price at which the rule would fire now. `distance` and `percent` are from the price now, below zero where it
    must fall; they are missing where no fresh price is known."""

    market: str
    price: Amount
    distance: Amount | None = None
    percent: Amount | None = None


class RuleOut(BaseModel):
    """A rule that its owner confirmed."""

    id: str
    label: str = Field(examples=["r7"])
    number: int
    version: int
    state: RuleState
    says: str
    words: str
    spec: Spec
    references: dict[str, Amount]
    trigger_no: int
    set_id: str
    draft_id: str
    created_at: datetime
    armed_at: datetime | None = None
    fired_at: datetime | None = None
    after_rule: str | None = None
    held_by: str | None = None
    reason: str | None = None
    triggers: list[TriggerOut] = Field(
        default=[], description="of a rule that is watched and hangs on fixed prices, or trails one"
    )
    stands: str | None = Field(
        default=None, description="the order that is proven to rest at the venue for it; without one SayWhen watches"
    )


class RulesOut(BaseModel):
    """Rules by number."""

    rules: list[RuleOut]


class QuestionOut(BaseModel):
    """Something that only the owner can say."""

    about: str
    text: str
    options: list[str]


class DraftOut(BaseModel):
    """What was understood and is not agreed to yet. Nothing of it is armed before it is confirmed."""

    draft_id: str
    revision: int
    state: DraftState
    words: str
    read_back: list[str]
    questions: list[QuestionOut]
    assumptions: list[str]
    rules: Specs
    rule_ids: list[str] = Field(description="ids of the rules that it became, once it is confirmed")
    replaces: str | None = None
    created_at: datetime
    expires_at: datetime


class ReadingOut(BaseModel):
    """What words come to, or rules in words; nothing of it is kept."""

    kind: Literal["rules", "question", "command", "unsupported", "not_understood"]
    sentence: str = Field(description="the rules in our own words, which read back to the very same rules")
    rules: Annotated[list[Any], WithJsonSchema({"type": "array", "items": dict(RULE_SPEC)})]
    questions: list[QuestionOut]
    assumptions: list[str]
    reason: str | None = None


class DraftsOut(BaseModel):
    """Drafts that wait."""

    drafts: list[DraftOut]


class AnswerIn(In):
    """An option by its number, or the answer in words; one of the two."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"revision": 1, "option": 0}]})
    revision: Annotated[int, Field(ge=1, le=10**6)] | None = None
    question: Annotated[int, Field(ge=0, le=50)] = 0
    option: Annotated[int, Field(ge=0, le=50)] | None = None
    text: Annotated[Text, Field(min_length=1, max_length=4_000)] | None = None


class AmendIn(In):
    """The whole of what is meant, said anew."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "if SOL drops below $120, sell half my position"}]}
    )
    text: Annotated[Text, Field(min_length=1, max_length=4_000)]


class ConfirmIn(In):
    """The revision that was seen; an older card than the last change confirms nothing."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"revision": 1}]})
    revision: Annotated[int, Field(ge=1, le=10**6)]


class ConfirmedOut(BaseModel):
    """What was armed."""

    draft_id: str
    rule_ids: list[str]
    rules: list[RuleOut]


class BulkIn(In):
    """What to do to which rules: by id, or all of a market, or all."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"do": "pause", "market": "SOL-PERP"}]})
    do: Literal["pause", "resume", "cancel"]
    ids: Annotated[list[Id], Field(min_length=1, max_length=200)] | None = None
    market: MarketName | None = None
    all: bool = False


class CloseIn(In):
    """How much of the position, in percent."""

    amount_percent: Given = "100"


class ReplayIn(RuleIn):
    """What would this have done?"""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "buy 1 SOL when SOL drops 1 %", "market": "SOL-PERP"}]},
    )
    market: MarketName
    timeframe: Timeframe = "1m"
    start: datetime | None = None
    end: datetime | None = None
    position: Annotated[str, Field(max_length=80, pattern=r"^[+-]?[0-9.]+@[0-9.]+$", examples=["+2@148"])] | None = None
    equity: Given = "10000"


# --- the rest of what is sent --------------------------------------------------------------------------------------


class QuietHoursIn(In):
    """Hours of the owner's day in which everything comes silently; over midnight where the end is earlier."""

    start: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["23:00"])]
    end: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["07:00"])]


class SettingsIn(In):
    """What to change; what is left out stays. `quiet_hours` null = never quiet."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"notices": {"triggers": "silent"}, "quiet_hours": {"start": "23:00", "end": "07:00"}}]
        },
    )
    timezone: Annotated[Text, Field(min_length=1, max_length=64)] | None = None
    notices: dict[Topic, Loudness] = {}
    quiet_hours: QuietHoursIn | None = None
    slippage_bps: Annotated[int, Field(ge=1, le=10_000)] | None = None
    show_in_groups: bool | None = None


class LimitsIn(In):
    """Limits to change. Lower ones hold at once; higher ones wait for a wallet's signature where there is a wallet."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"max_order_usd": "500", "max_orders_a_day": 10}]}
    )
    max_order_usd: Given | None = None
    max_position_usd: Given | None = None
    max_leverage: Given | None = None
    max_slippage_bps: Annotated[int, Field(ge=0, le=10_000)] | None = None
    max_orders_a_day: Annotated[int, Field(ge=0, le=10**6)] | None = None


class ReadIn(In):
    """How far the inbox was read: the token of its page."""

    token: Annotated[Token, Field(min_length=1)]


def whole(value: str) -> Decimal:
    """A Given as the number that it is."""
    return read_decimal(value)
