"""The Discord chat."""
