"""The use cases. COMMANDS and EVENT_HANDLERS are the map of the program: what can be typed, and what falls due."""

from __future__ import annotations

from bot.core import events
from bot.core.command import Command, CommandTable
from bot.core.handling import EventHandlers, Prepared
from bot.core.model import Role
from handlers import (
    alerts,
    audit,
    checklists,
    manual,
    now,
    nudging,
    people,
    products,
    prompting,
    reports,
    rooms,
    rundowns,
    sessions,
    shows,
    signals,
    status,
    tuning,
    upcoming,
    why,
)

HOST, OPERATOR, MANAGER, VIEWER = Role.HOST, Role.OPERATOR, Role.MANAGER, Role.VIEWER

COMMANDS = CommandTable(
    (
        Command("show", "plan", shows.PlanShow, shows.plan, OPERATOR),
        Command("show", "list", shows.ListShows, shows.list_shows, VIEWER),
        Command("show", "start", shows.OneShow, shows.start, OPERATOR),
        Command("show", "end", shows.OneShow, shows.end, OPERATOR),
        Command("show", "cancel", shows.CancelShow, shows.cancel, OPERATOR),
        Command("checklist", "show", checklists.OneChecklist, checklists.show_checklist, HOST),
        Command("checklist", "tick", checklists.OneItem, checklists.tick, HOST),
        Command("checklist", "untick", checklists.OneItem, checklists.untick, HOST),
        Command("checklist", "block", checklists.ItemReason, checklists.block, HOST),
        Command("checklist", "waive", checklists.ItemReason, checklists.waive, OPERATOR),
        Command("checklist", "go", checklists.OneChecklist, checklists.go, OPERATOR),
        Command("checklist", "no_go", checklists.NoGo, checklists.no_go, OPERATOR),
        Command("cue", "done", rundowns.OneCue, rundowns.done, HOST),
        Command("cue", "skip", rundowns.OneCue, rundowns.skip, HOST),
        Command("cue", "delay", rundowns.DelayCue, rundowns.delay, OPERATOR),
        Command("now", "", now.Now, now.now, VIEWER),
        Command("note", "", signals.NoteFigures, signals.note, OPERATOR),
        Command("prompt", "", prompting.AskPrompt, prompting.ask, HOST),
        Command("prompt", "used", prompting.OnePrompt, prompting.used, HOST),
        Command("prompt", "another", prompting.OnePrompt, prompting.another, HOST),
        Command("prompt", "not_now", prompting.OnePrompt, prompting.not_now, HOST),
        Command("alert", "ack", alerts.OneAlert, alerts.ack, OPERATOR),
        Command("alert", "snooze", alerts.Snooze, alerts.snooze, OPERATOR),
        Command("alert", "not_useful", alerts.OneAlert, alerts.not_useful, OPERATOR),
        Command("alert", "useful", alerts.OneAlert, alerts.useful, OPERATOR),
        Command("alert", "tune", tuning.Tune, tuning.tune, OPERATOR),
        Command("summary", "show", reports.ShowSummary, reports.show_summary, VIEWER),
        Command("room", "add", rooms.AddRoom, rooms.add_room, MANAGER),
        Command("room", "edit", rooms.EditRoom, rooms.edit_room, MANAGER),
        Command("room", "list", rooms.ListRooms, rooms.list_rooms, VIEWER),
        Command("room", "info", rooms.OneRoom, rooms.room_info, VIEWER),
        Command("room", "archive", rooms.OneRoom, rooms.archive_room, MANAGER),
        Command("product", "add", products.AddProduct, products.add_product, OPERATOR),
        Command("product", "edit", products.EditProduct, products.edit_product, OPERATOR),
        Command("product", "list", rooms.OneRoom, products.list_products, VIEWER),
        Command("host", "add", rooms.AddHost, rooms.add_host, OPERATOR),
        Command("me", "", people.Me, people.me, VIEWER, private=True),
        Command("why", "", why.Why, why.why, VIEWER, private=True),
        Command("audit", "", audit.Audit, audit.audit, MANAGER, private=True),
        Command("status", "", status.Status, status.status, VIEWER),
        Command("help", "", manual.Help, manual.help_, VIEWER, private=True),
    )
)
"""Everything that can be typed or pressed, in the order /help shows it."""

EVENT_HANDLERS: EventHandlers = {
    events.ReminderDue: upcoming.on_reminder,
    events.ChecklistDue: checklists.on_checklist_due,
    events.OwnersDue: checklists.on_owners_due,
    events.GoDue: checklists.on_go_due,
    events.NoShowDue: upcoming.on_no_show,
    events.CueDue: rundowns.on_cue_due,
    events.NudgeDue: nudging.on_nudge_due,
    events.SnoozeOver: alerts.on_snooze_over,
    events.QuietEndDue: sessions.on_quiet_end,
    events.SummaryDue: Prepared(reports.prepare, reports.publish),
    events.SettleDue: Prepared(reports.prepare, reports.publish),
}
"""What happens when a timer fires."""
