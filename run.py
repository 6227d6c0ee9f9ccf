"""The program's front door: everything it does is in bot.cli."""

from bot.cli import main

if __name__ == "__main__":
    main()
