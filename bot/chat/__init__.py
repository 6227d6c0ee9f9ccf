"""Chat platforms: each folder turns its platform's wire into commands and replies into its payloads."""
