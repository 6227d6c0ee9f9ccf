"""Amounts of money: integer minor units and an ISO 4217 code, never floats, never without a currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

CURRENCIES = frozenset(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG "
    "HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD "
    "RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX "
    "USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG".split()
)
"""Active ISO 4217 codes (list one, without funds and metals)."""

_EXPONENTS = dict.fromkeys(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0
) | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)


def exponent(currency: str) -> int:
    """Decimal places of the minor unit by ISO 4217 (USD 2, JPY 0, KWD 3)."""
    return _EXPONENTS.get(currency, 2)


def example_price(currency: str) -> str:
    """A price that can be typed as it is: 19.90, in a currency without minor units 1990."""
    digits = exponent(currency)
    return f"19.9{'0' * (digits - 1)}" if digits else "1990"


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`minor` units (cents) of `currency`. Adding two currencies is a ValueError: there is no silent rate."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, amount: str | float | Decimal, currency: str) -> Money:
        """Reads a decimal amount exactly; a part below the minor unit is rounded half to even.

        Raises:
            ValueError: not a finite number, or not an ISO 4217 code.
        """
        if currency not in CURRENCIES:
            raise ValueError(f"{currency!r} is not an ISO 4217 currency code")
        try:
            value = Decimal(str(amount))
        except InvalidOperation:
            raise ValueError(f"{amount!r} is not an amount") from None
        if not value.is_finite() or abs(value) >= Decimal(10) ** 15:
            raise ValueError(f"{amount!r} is not an amount")
        scaled = value.scaleb(exponent(currency)).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
        return cls(int(scaled), currency)

    @property
    def amount(self) -> Decimal:
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __mul__(self, factor: int) -> Money:
        return Money(self.minor * factor, self.currency)

    def per(self, count: int | Decimal) -> Money:
        """This amount divided by a positive count, to the nearest minor unit (half to even)."""
        return Money(int((Decimal(self.minor) / Decimal(count)).quantize(Decimal(1), ROUND_HALF_EVEN)), self.currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"cannot combine {self.currency} and {other.currency}")
