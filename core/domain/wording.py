"""The structured rule in words for people, made by code; decides how it reads, never what it means."""

from core.domain.wording_action import one_line, say_action, say_leg, say_order
from core.domain.wording_amounts import (
    base_of,
    say_amount,
    say_bps,
    say_duration,
    say_level,
    say_money,
    say_number,
    say_percent,
    say_price,
    say_rough_percent,
    say_signed_money,
    say_sol,
    say_time,
)
from core.domain.wording_condition import say_condition, say_gauge, trigger_prices
from core.domain.wording_consequence import Ground
from core.domain.wording_now import say_now
from core.domain.wording_readback import SHARES_OF_THE_MOMENT, read_back
from core.domain.wording_rule import say_live, say_rule, say_rules
from core.domain.wording_sentry import say_standing

__all__ = [
    "SHARES_OF_THE_MOMENT",
    "Ground",
    "base_of",
    "one_line",
    "read_back",
    "say_action",
    "say_amount",
    "say_bps",
    "say_condition",
    "say_duration",
    "say_gauge",
    "say_leg",
    "say_level",
    "say_live",
    "say_money",
    "say_now",
    "say_number",
    "say_order",
    "say_percent",
    "say_price",
    "say_rough_percent",
    "say_rule",
    "say_rules",
    "say_signed_money",
    "say_sol",
    "say_standing",
    "say_time",
    "trigger_prices",
]
