"""Prices as pages show them."""

from __future__ import annotations

from decimal import Decimal

MICRO = Decimal(1_000_000)


def cost(micros: int) -> str:
    """A price in dollars, as exact as prices are: to a tenth of a cent."""
    return f"US$ {Decimal(micros) / MICRO:,.3f}"
