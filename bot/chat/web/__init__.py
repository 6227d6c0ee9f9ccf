"""The web chat: a chat server of our own and its page, needing no account anywhere."""
