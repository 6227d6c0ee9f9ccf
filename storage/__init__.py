"""SQLite behind the ports of bot.core.ports: the only place that knows SQL. One file per noun."""
