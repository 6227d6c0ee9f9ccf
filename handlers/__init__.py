"""The use cases. COMMANDS and EVENT_HANDLERS are the map of the program: what can be typed, and what falls due."""

from __future__ import annotations

from bot.core import events
from bot.core.command import Command, CommandTable
from bot.core.handling import EventHandlers, Prepared
from bot.core.model import Role
from handlers import (
    alerts,
    archiving,
    audit,
    binding,
    cancelling,
    checklists,
    delivery,
    escalation,
    granting,
    handoffs,
    linking,
    manual,
    mapping,
    now,
    nudging,
    people,
    places,
    products,
    prompting,
    reports,
    rooms,
    rundowns,
    sessions,
    setup,
    shows,
    signals,
    signin,
    slots,
    status,
    takeback,
    tuning,
    upcoming,
    waiving,
    why,
)

NOBODY, VIEWER, HOST, OPERATOR, MANAGER = Role.NOBODY, Role.VIEWER, Role.HOST, Role.OPERATOR, Role.MANAGER

COMMANDS = CommandTable(
    (
        Command("show", "plan", shows.PlanShow, shows.plan, OPERATOR, places.ROOM),
        Command("show", "list", shows.ListShows, shows.list_shows, VIEWER, places.ROOM_IF_NAMED),
        Command("show", "start", shows.OneShow, shows.start, OPERATOR, places.SHOW),
        Command("show", "end", shows.OneShow, shows.end, OPERATOR, places.ON_AIR),
        Command("show", "cancel", cancelling.CancelShow, cancelling.cancel, OPERATOR, places.SHOW),
        Command("slot", "suggest", slots.SuggestSlots, slots.suggest, VIEWER, places.ROOM),
        Command("checklist", "show", checklists.OneChecklist, checklists.show_checklist, HOST, places.SHOW),
        Command("checklist", "tick", checklists.OneItem, checklists.tick, HOST, places.SHOW),
        Command("checklist", "untick", checklists.OneItem, checklists.untick, HOST, places.SHOW),
        Command("checklist", "block", checklists.ItemReason, checklists.block, HOST, places.SHOW),
        Command("checklist", "waive", checklists.ItemReason, waiving.waive, OPERATOR, places.SHOW),
        Command("checklist", "go", checklists.OneChecklist, checklists.go, OPERATOR, places.SHOW),
        Command("checklist", "no_go", checklists.NoGo, checklists.no_go, OPERATOR, places.SHOW),
        Command("cue", "done", rundowns.OneCue, rundowns.done, HOST, places.CUE),
        Command("cue", "skip", rundowns.OneCue, rundowns.skip, HOST, places.CUE),
        Command("cue", "delay", rundowns.DelayCue, rundowns.delay, OPERATOR, places.CUE),
        Command("now", "", now.Now, now.now, VIEWER, places.ROOM_IF_NAMED),
        Command("note", "", signals.NoteFigures, signals.note, OPERATOR, places.ONE_ROOM),
        Command("prompt", "", prompting.AskPrompt, prompting.ask, HOST, places.LIVE_ROOM, own_word="ask"),
        Command("prompt", "used", prompting.OnePrompt, prompting.used, HOST, places.PROMPT),
        Command("prompt", "another", prompting.OnePrompt, prompting.another, HOST, places.PROMPT),
        Command("prompt", "not_now", prompting.OnePrompt, prompting.not_now, HOST, places.PROMPT),
        Command("handoff", "send", handoffs.OneHandOff, handoffs.send, OPERATOR, places.HAND_OFF),
        Command("handoff", "used", handoffs.OneHandOff, handoffs.used, HOST, places.HAND_OFF),
        Command("alert", "ack", alerts.OneAlert, alerts.ack, OPERATOR, places.ALERT),
        Command("alert", "snooze", alerts.Snooze, alerts.snooze, OPERATOR, places.ALERT),
        Command("alert", "not_useful", alerts.OneAlert, alerts.not_useful, OPERATOR, places.ALERT),
        Command("alert", "useful", alerts.OneAlert, alerts.useful, OPERATOR, places.ALERT),
        Command("alert", "tune", tuning.Tune, tuning.tune, OPERATOR, places.ONE_ROOM),
        Command("summary", "show", reports.ShowSummary, reports.show_summary, VIEWER, places.REPORTED),
        Command("room", "add", rooms.AddRoom, rooms.add_room, MANAGER, places.MATRIX),
        Command("room", "edit", rooms.EditRoom, rooms.edit_room, MANAGER, places.ROOM_OR_ALL),
        Command("room", "list", rooms.ListRooms, rooms.list_rooms, VIEWER),
        Command("room", "info", rooms.OneRoom, rooms.room_info, VIEWER, places.ROOM),
        Command("room", "archive", rooms.OneRoom, archiving.archive_room, MANAGER, places.ROOM),
        Command("room", "restore", archiving.ArchivedRoom, archiving.restore_room, MANAGER, places.ROOM),
        Command("product", "add", products.AddProduct, products.add_product, OPERATOR, places.ROOM),
        Command("product", "edit", products.EditProduct, products.edit_product, OPERATOR, places.ROOM),
        Command("product", "list", rooms.OneRoom, products.list_products, VIEWER, places.ROOM),
        Command("host", "add", people.AddHost, people.add_host, OPERATOR, places.EVERYWHERE, places.TO_HOST),
        Command("host", "edit", people.EditHost, people.edit_host, OPERATOR, places.EVERYWHERE),
        Command("host", "list", people.ListHosts, people.list_hosts, VIEWER),
        Command("person", "add", people.AddPerson, people.add_person, MANAGER, places.EVERYWHERE),
        Command(
            "grant", "", granting.GrantRole, granting.grant, MANAGER, places.GRANTED, places.TO_GRANT, private=True
        ),
        Command(
            "revoke", "", granting.RevokeRole, granting.revoke, MANAGER, places.GRANTED, places.TO_REVOKE, private=True
        ),
        Command("roles", "", granting.Roles, granting.roles, VIEWER, places.ROOM_OR_OVERALL, private=True),
        Command("invite", "", signin.Invite, signin.invite, MANAGER, places.EVERYWHERE, signin.TO_INVITE, private=True),
        Command("sessions", "", signin.Nothing, signin.sessions, VIEWER, private=True),
        Command("signout", "", signin.SignOut, signin.sign_out, VIEWER, signin.SELF, signin.TO_SIGN_OUT, private=True),
        Command("undo", "", takeback.Undo, takeback.take_back, OPERATOR, takeback.WHERE, takeback.MORE),
        Command(
            "setup", "", setup.LookAtSetup, setup.look, MANAGER, places.ROOM_OR_OVERALL, private=True, own_word="show"
        ),
        Command("setup", "bind", binding.Bind, binding.bind, MANAGER, places.ROOM_OR_OVERALL, private=True),
        Command("setup", "unbind", binding.Unbind, binding.unbind, MANAGER, places.ROOM_OR_OVERALL, private=True),
        Command("setup", "role", mapping.MapRole, mapping.role, MANAGER, places.GRANTED, mapping.TO_MAP, private=True),
        Command(
            "setup",
            "unrole",
            mapping.UnmapRole,
            mapping.unrole,
            MANAGER,
            places.GRANTED,
            mapping.TO_UNMAP,
            private=True,
        ),
        Command("me", "", people.Me, people.me, VIEWER, private=True),
        Command("link", "", linking.Link, linking.link, NOBODY, signin.SELF, signin.TO_SIGN_OUT, private=True),
        Command("unlink", "", linking.Unlink, linking.unlink, VIEWER, private=True),
        Command("claim", "", linking.Claim, linking.claim, NOBODY, private=True),
        Command("why", "", why.Why, why.why, VIEWER, places.SUBJECT, private=True),
        Command("audit", "", audit.Audit, audit.audit, MANAGER, places.AUDITED, private=True),
        Command("delivery", "list", delivery.Look, delivery.look, OPERATOR, places.EVERYWHERE, private=True),
        Command("delivery", "resume", delivery.Resume, delivery.resume, OPERATOR, places.EVERYWHERE),
        Command("status", "", status.Status, status.status, VIEWER),
        Command("help", "", manual.Help, manual.help_, NOBODY, private=True),
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
    events.AskDue: escalation.on_ask_due,
    events.QuietEndDue: sessions.on_quiet_end,
    events.SummaryDue: Prepared(reports.prepare, reports.publish),
    events.SettleDue: Prepared(reports.prepare, reports.publish),
}
"""What happens when a timer fires."""
