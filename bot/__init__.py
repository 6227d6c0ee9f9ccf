"""Showcaller: a chat-ops bot that calls the show for cross-border live-commerce teams."""

__version__ = "0.1.0"
