"""The command line (ARCHITECTURE section 7). Heavy parts are imported by the command that needs them."""
# ruff: noqa: PLC0415 - that is why imports stand inside the functions here

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from bot.core.errors import ShowcallerError, UserError

cli = typer.Typer(
    name="run.py",
    help="Showcaller calls the show for live-commerce teams. Without a subcommand it serves.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help and one-line errors, and half the time to --help
)

Language = Literal["en", "zh-CN"]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Settings file (default: showcaller.toml if there is one).")
]

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Exit 0 ok, 1 failed, 2 wrong usage; an error is one line on standard error."""
    try:
        code = cli(arguments, prog_name="run.py", standalone_mode=False)
    except typer.TyperException as error:  # what the command line itself refuses
        context = getattr(error, "ctx", None)
        command = "run.py" if context is None else context.command_path
        _fail(f"{error.format_message().rstrip('.')}; see: python {command} --help", error.exit_code)
    except UserError as error:
        from prompts.catalogue import Catalogues

        text = Catalogues.load().say(error.message, language="en")
        hint = f" (try: {error.try_instead})" if error.try_instead else ""
        _fail(f"{text}{hint}")
    except ShowcallerError as error:
        _fail(str(error))
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        _fail(f"{named}{error.strerror or error}")
    except KeyboardInterrupt:
        code = 130
    sys.exit(code if isinstance(code, int) else 0)


def _fail(text: str, code: int = 1) -> NoReturn:
    line = " ".join(text.split())
    sys.stderr.write(f"error: {line}\n")
    sys.exit(code)


@cli.callback(invoke_without_command=True)
def default(context: typer.Context, config: ConfigOption = None) -> None:
    name = context.invoked_subcommand
    if name is None:
        serve(config)
    elif config is not None:  # the subcommand would not see it
        raise typer.BadParameter(f"stands after the subcommand: run.py {name} --config {config}", param_hint="--config")


@cli.command()
def serve(config: ConfigOption = None) -> None:
    """Run the bot and its web chat.

    With no chat configured that is all there is: the page on loopback.
    """
    from bot.config import load

    settings = load(config)
    _logging(settings.log)
    asyncio.run(_serve(settings))


async def _serve(settings: Any) -> None:
    from bot.app import App
    from bot.rehearsal import clock_routes

    stop = _stop_signal()
    async with App(settings, extra_routes=clock_routes if settings.clock is not None else None) as app:
        sys.stderr.write(f"Showcaller is ready: {app.address}/\n")
        if app.first_admin_link is not None:  # never through the logger: whoever has it can do anything
            sys.stderr.write(
                "No admin is signed in anywhere. Become one with this link; it works once, within a day (another start "
                f"makes a new one): {app.first_admin_link}\n"
            )
        elif app.first_admin_code is not None:
            sys.stderr.write(claim_line(app.first_admin_code, tuple(app.clients)))
        sys.stderr.flush()
        await stop.wait()


def claim_line(code: str, chats: Sequence[str]) -> str:
    """What to do with the first admin's code, as it is typed in the chats there are."""
    if not chats:
        return f"Nobody is admin yet. Within a day, type in the chat: /claim {code} name=YOU\n"
    ways = {
        "discord": f"on Discord, where the bot is: /claim code:{code}",
        "telegram": f"on Telegram, to the bot in private: /claim {code}",
    }
    names = " or ".join(chat.capitalize() for chat in chats)
    how = "".join(f"  {ways[chat]}\n" for chat in chats)
    return f"Nobody on {names} is admin yet. Become one within a day (another start makes a new code):\n{how}"


async def _until_stopped() -> None:
    await _stop_signal().wait()


def _stop_signal() -> asyncio.Event:
    """Set by Ctrl-C or SIGTERM. Asked for before the start, so that a stop during it ends cleanly too."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(name, stop.set)
    return stop


@cli.command()
def demo(
    speed: Annotated[str, typer.Option(help="How fast the show runs: a number, or max for as fast as it goes.")] = "45",
    headless: Annotated[bool, typer.Option("--headless", help="No page: any free ports, nothing to look at.")] = False,
    exit_: Annotated[bool, typer.Option("--exit", help="Stop when the day is over.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write messages.jsonl, summary.json, summary.md and chart.png here.")
    ] = None,
    lang: Annotated[Language, typer.Option(help="The team's language.")] = "en",
) -> None:
    """Live through a sample show day.

    A sample matrix and one whole show day, from a recorded evening. Always starts fresh.
    """
    from bot.demo.play import play

    pace = _pace(speed)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)  # now, not after the whole day
    _logging("warning")
    asyncio.run(
        play(
            speed=pace,
            headless=headless,
            stop=exit_,
            out=out,
            language=lang,
            wait=_until_stopped,
        )
    )


def _pace(text: str) -> float | None:
    """How many times as fast as the clock on the wall; None: as fast as it goes."""
    if text == "max":
        return None
    try:
        pace = float(text)
    except ValueError:
        pace = 0
    if not 0 < pace <= 100_000:  # noqa: PLR2004
        raise typer.BadParameter(f"{text!r} is no speed; give a number like 45, or max", param_hint="--speed")
    return pace


@cli.command()
def replay(
    sessions: Annotated[list[Path], typer.Argument(help="Recordings, .jsonl or .jsonl.gz.")],
    out: Annotated[Path, typer.Option(help="Folder to write to; each recording gets its own.")],
    room: Annotated[
        Path | None,
        typer.Option(help="TOML file with what the recordings do not say of the room: zone, currency, sensitivity ..."),
    ] = None,
    chart: Annotated[bool, typer.Option("--chart", help="Draw chart.png too.")] = False,
    lang: Annotated[Language, typer.Option(help="Language of the texts.")] = "en",
) -> None:
    """Back-test the rules.

    The same rules over recorded sessions. No network, no model; same input, same bytes.
    """
    from bot.backtest import run

    run(sessions, out, room=room, chart=chart, language=lang)


@cli.command()
def preview(
    phrase: Annotated[str, typer.Argument(help="For example: every fri 20:00")],
    zone: Annotated[str, typer.Option(help="IANA time zone of the market.")],
    start: Annotated[str | None, typer.Option("--from", help="First day, like 2027-03-01 (default: now).")] = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many dates.")] = 8,
    as_json: JsonOption = False,
) -> None:
    """The instants a schedule phrase means.

    Each with what is to be noted: a clock change, a holiday, a sale day.
    """
    from bot.clock import RealClock
    from bot.core import schedule

    first: date | datetime
    if start is None:
        first = RealClock().now().astimezone(UTC)
    else:
        try:
            first = date.fromisoformat(start)
        except ValueError:
            raise typer.BadParameter(f"{start!r} is no date; write it like 2027-03-01", param_hint="--from") from None
    for row in schedule.preview(phrase, zone=zone, start=first, count=count, beside=_beside(zone)):
        if as_json:
            typer.echo(json.dumps(row, ensure_ascii=False))
        else:
            typer.echo(f"{row['local']}  {row['zone']}  {row['utc']}  {row['note'] or ''}".rstrip())


def _beside(zone: str) -> Callable[[date], list[str]]:
    """What a day is in the market of the zone, in English."""
    from bot.core.occasions import occasion_msg
    from prompts.catalogue import FALLBACK, Catalogues
    from prompts.occasions import Occasions

    words = Catalogues.load()
    occasions = Occasions.load(words.words[FALLBACK])
    return lambda day: [words.say(occasion_msg(item), language=FALLBACK) for item in occasions.on(zone, day, FALLBACK)]


@cli.command()
def check(
    config: ConfigOption = None,
    as_json: JsonOption = False,
    ping: Annotated[
        bool, typer.Option("--ping", help="Fetch watch.ping_url once too; out there that counts as a sign of life.")
    ] = False,
) -> None:
    """Say what would go wrong.

    Configuration, database, audit, disk, ports, fonts, zone data, clock, texts, queue, sources, secrets, Discord and
    Telegram where they are configured, watch: one line each, with the mend. LOOK is no trouble yet; exit 1 when a line
    is WRONG.
    """
    from bot.checkup import examine

    findings = asyncio.run(examine(config, ping=ping))
    for finding in findings:
        if as_json:
            typer.echo(json.dumps(dataclasses.asdict(finding), ensure_ascii=False))
        else:
            mark = "WRONG" if not finding.ok else "LOOK " if finding.look else "ok   "
            typer.echo(f"{mark} {finding.what}: {finding.detail}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@cli.command()
def init(force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False) -> None:
    """Write a commented showcaller.toml."""
    from bot.config import DEFAULT_FILE, TEMPLATE

    if DEFAULT_FILE.exists() and not force:
        _fail(f"{DEFAULT_FILE} is there already and was left alone; --force writes over it")
    DEFAULT_FILE.write_text(TEMPLATE, "utf-8")
    typer.echo(f"wrote {DEFAULT_FILE}; start the bot with: python run.py")


@cli.command()
def secret(
    room: Annotated[str, typer.Argument(help="The room's short name.")],
    rotate: Annotated[bool, typer.Option("--rotate", help="Make a new one; the old stays valid for a day.")] = False,
    config: ConfigOption = None,
) -> None:
    """The signing secret for a room's signals, shown once."""
    from bot.config import load
    from bot.keys import make

    typer.echo(asyncio.run(make(load(config), room, rotate=rotate)))


@cli.command()
def plan(
    file: Annotated[Path, typer.Argument(help="The plan: .csv, .xlsx or .ics.")],
    room: Annotated[str | None, typer.Option(help="The room of lines that name none.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Import it, if there is no problem in it.")] = False,
    config: ConfigOption = None,
) -> None:
    """What a plan file would plan, or every problem in it.

    Works beside the running bot; exit 1 when there is a problem, and then nothing is imported.
    """
    from bot.config import load
    from bot.planfile import run

    _logging("error")
    text, is_good = asyncio.run(run(load(config), file.name, file.read_bytes(), room=room, apply=apply))
    typer.echo(text)
    if not is_good:
        raise typer.Exit(1)


def _logging(level: str) -> None:
    """Events as key=value on standard error."""
    import structlog

    number = getattr(logging, level.upper())
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
