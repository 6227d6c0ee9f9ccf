"""Short names for the usual markets, so that nobody types a zone, a language and a currency for each room."""

from __future__ import annotations

from bot.core.model import Market

MARKETS: dict[str, Market] = {
    "us": Market("America/New_York", "en", "USD"),
    "us_west": Market("America/Los_Angeles", "en", "USD"),
    "ca": Market("America/Toronto", "en", "CAD"),
    "mx": Market("America/Mexico_City", "es", "MXN"),
    "br": Market("America/Sao_Paulo", "pt", "BRL"),
    "uk": Market("Europe/London", "en", "GBP"),
    "ie": Market("Europe/Dublin", "en", "EUR"),
    "de": Market("Europe/Berlin", "de", "EUR"),
    "fr": Market("Europe/Paris", "fr", "EUR"),
    "es": Market("Europe/Madrid", "es", "EUR"),
    "it": Market("Europe/Rome", "it", "EUR"),
    "jp": Market("Asia/Tokyo", "ja", "JPY"),
    "kr": Market("Asia/Seoul", "ko", "KRW"),
    "th": Market("Asia/Bangkok", "th", "THB"),
    "vn": Market("Asia/Ho_Chi_Minh", "vi", "VND"),
    "id": Market("Asia/Jakarta", "id", "IDR"),
    "my": Market("Asia/Kuala_Lumpur", "ms", "MYR"),
    "sg": Market("Asia/Singapore", "en", "SGD"),
    "ph": Market("Asia/Manila", "en", "PHP"),
    "tw": Market("Asia/Taipei", "zh-TW", "TWD"),
    "cn": Market("Asia/Shanghai", "zh-CN", "CNY"),
    "sa": Market("Asia/Riyadh", "ar", "SAR"),
    "ae": Market("Asia/Dubai", "ar", "AED"),
    "au": Market("Australia/Sydney", "en", "AUD"),
}
