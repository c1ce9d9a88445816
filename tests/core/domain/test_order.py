"""What an order says of itself."""

from dataclasses import replace
from decimal import Decimal

from core.domain.ids import OwnerId
from tests import samples

D = Decimal


def test_an_order_has_no_average_price_before_its_first_fill() -> None:
    planned = samples.order(samples.rule(OwnerId(1)))
    assert planned.average_price is None
    filled = replace(planned, filled_base=D(3), filled_quote=D("451.5"))
    assert filled.average_price == D("150.5")
