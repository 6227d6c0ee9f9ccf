"""The Telegram chat."""
