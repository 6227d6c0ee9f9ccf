"""The Discord test server, by the real discord.py: what a bot does on a good day."""

from __future__ import annotations

import io

import discord
import pytest
from discord.http import Route

from tests.servers.discord_people import NotPossible
from tests.servers.discord_permissions import BOT, Perm
from tests.servers.tiny_bot import running


@pytest.fixture
async def bot(discord_server):
    async with running(discord_server) as tiny:
        yield tiny


async def test_commands_are_synced_and_a_command_with_options_is_answered(bot):
    asked = await bot.discord.slash(bot.ann, "stock set", {"item": "lamp", "left": 3}, bot.team)
    done = await bot.discord.settled(asked)
    assert (done["answer"], done["messages"][0]["content"]) == (4, "lamp: 3, said Ann")
    assert done["acked_at"] - done["at"] < 1
    assert [each["name"] for each in await bot.discord.commands()] == ["stock", "slow", "form", "ask", "quiet"]


async def test_what_no_client_would_send_is_not_possible(bot):
    for line, options in (("stock", {}), ("stock set", {"item": "lamp"}), ("nope", {}), ("stock set", {"odd": 1})):
        with pytest.raises(NotPossible):
            await bot.discord.slash(bot.ann, line, options, bot.team)


async def test_choices_come_while_an_option_is_typed(bot):
    asked = await bot.discord.autocomplete(bot.ann, "stock set", {"item": "la"}, "item", bot.team)
    assert [each["name"] for each in (await bot.discord.settled(asked))["choices"]] == ["lamp", "lace"]


async def test_the_first_follow_up_becomes_what_was_deferred_and_the_second_is_new(bot):
    done = await bot.discord.settled(await bot.discord.slash(bot.ann, "slow", {}, bot.team))
    first, second = (await bot.discord.until_messages(2, bot.team))[-2:]
    assert (done["answer"], done["original"], first["content"], second["content"]) == (5, first["id"], "one", "two")
    assert first["only_for"] is None


async def test_what_is_private_is_seen_by_one_person(bot):
    await bot.discord.settled(await bot.discord.slash(bot.ann, "quiet", {}, bot.team))
    assert [each["content"] for each in await bot.discord.messages(bot.team, bot.ann)] == ["psst"]
    assert await bot.discord.messages(bot.team, bot.ben) == []
    assert [each async for each in bot.channel.history()] == []


async def test_a_press_edits_its_message_and_a_form_is_filled_in(bot):
    done = await bot.discord.settled(await bot.discord.slash(bot.ann, "ask", {}, bot.team))
    message = done["messages"][0]["id"]
    with pytest.raises(NotPossible):
        await bot.discord.press(bot.ben, message, "no-such")
    await bot.discord.settled(await bot.discord.press(bot.ben, message, "yes"))
    now = await bot.discord.message(message)
    assert (now["content"], [each["content"] for each in now["history"]]) == ("Ben said yes", ["Well?"])
    asked = await bot.discord.slash(bot.ann, "form", {}, bot.team)
    assert (await bot.discord.settled(asked))["modal"]["title"] == "Why"
    filled = await bot.discord.settled(await bot.discord.submit(bot.ann, asked, {"why": "because"}))
    assert filled["messages"][0]["content"] == "Ann: because"


async def test_a_press_may_be_answered_later_and_privately(bot):
    done = await bot.discord.settled(await bot.discord.slash(bot.ann, "ask", {}, bot.team))
    message = done["original"]
    picked = await bot.discord.press(bot.ben, message, "pick", ["B"])
    await bot.discord.until_requests(1, "DELETE", "/webhooks/*")
    (gone,) = (await bot.discord.interaction(picked))["messages"]
    assert (gone["content"], gone["deleted_at"] is None) == ("picked B", False)
    pressed = await bot.discord.press(bot.ben, message, "later")
    await bot.discord.until_messages(2, bot.team)
    edited, private = (await bot.discord.interaction(pressed))["messages"]
    assert (edited["id"], edited["content"], edited["components"]) == (message, "It is later", [])
    assert (private["content"], private["only_for"]) == ("only you", bot.ben)
    with pytest.raises(NotPossible):
        await bot.discord.press(bot.ben, message, "yes")


async def test_a_direct_message_a_command_in_it_and_one_who_wants_none(bot):
    ben = await bot.client.fetch_user(int(bot.ben))
    await ben.send("hello")
    there = await bot.discord.dm(bot.ben)
    assert [each["content"] for each in await bot.discord.messages(there)] == ["hello"]
    done = await bot.discord.settled(await bot.discord.slash(bot.ben, "quiet"))
    assert done["channel"] == there
    await bot.discord.refuse_dms(bot.ben)
    stranger = await bot.client.fetch_user(int(await bot.discord.add_person("Stranger")))
    for unwilling in (ben, stranger):
        with pytest.raises(discord.Forbidden) as refused:
            await unwilling.send("again")
        assert refused.value.code == 50007


async def test_a_file_is_sent_with_an_embed_that_shows_it(bot):
    picture = discord.File(io.BytesIO(b"png"), "chart.png")
    shown = discord.Embed(title="Sales").set_image(url="attachment://chart.png")
    sent = await bot.channel.send(embed=shown, file=picture)
    assert await sent.attachments[0].read() == b"png"
    assert sent.embeds[0].image.url == sent.attachments[0].url
    assert (await bot.discord.requests("POST", "/channels/*/messages"))[0]["files"] == {"chart.png": 3}


async def test_a_message_is_listed_edited_and_removed(bot):
    first = await bot.channel.send("one")
    second = await bot.channel.send("two")
    assert [each.content async for each in bot.channel.history(after=first)] == ["two"]
    assert [each.content async for each in bot.channel.history(before=second)] == ["one"]
    await first.edit(content="uno")
    await second.delete()
    assert [each["content"] for each in await bot.discord.messages(bot.team)] == ["uno"]
    with pytest.raises(discord.NotFound) as gone:
        await second.edit(content="zwei")
    assert gone.value.code == 10008


async def test_only_who_may_be_pinged_is(bot):
    nobody, ann = discord.AllowedMentions.none(), discord.Object(int(bot.ann))
    text = f"<@{bot.ann}> <@{bot.ben}> @everyone"
    for allowed in (nobody, discord.AllowedMentions(everyone=False, users=[ann], roles=False)):
        await bot.channel.send(text, allowed_mentions=allowed)
    assert [each["pinged"] for each in await bot.discord.messages(bot.team)] == [[], [bot.ann]]


async def test_a_message_has_one_thread_and_that_has_its_id(bot):
    message = await bot.channel.send("the show")
    thread = await message.create_thread(name="show")
    await thread.send("in it")
    assert str(thread.id) == str(message.id)
    assert [each["name"] for each in await bot.discord.threads(bot.team)] == ["show"]
    with pytest.raises(discord.HTTPException) as again:
        await message.create_thread(name="show")
    assert again.value.code == 160004
    alone = await bot.channel.create_thread(name="talk", type=discord.ChannelType.public_thread)
    assert [each["id"] for each in await bot.discord.threads(bot.team)] == [str(thread.id), str(alone.id)]
    await message.pin()
    assert (await bot.discord.message(str(message.id)))["pinned"]
    await thread.edit(archived=True)
    await thread.send("awake")
    assert not (await bot.discord.channel(str(thread.id)))["thread_metadata"]["archived"]


async def test_a_scheduled_event_is_made_changed_and_removed(bot):
    begin = discord.utils.utcnow().replace(year=2099)
    end = begin.replace(year=2100)
    event = await bot.guild.create_scheduled_event(
        name="Show", start_time=begin, end_time=end, entity_type=discord.EntityType.external, location="TikTok",
        privacy_level=discord.PrivacyLevel.guild_only,
    )  # fmt: skip
    await event.edit(name="Late show")
    assert [each["name"] for each in await bot.discord.scheduled_events(str(bot.guild.id))] == ["Late show"]
    await bot.discord.bot_permissions(str(bot.guild.id), BOT & ~Perm.CREATE_EVENTS & ~Perm.MANAGE_EVENTS)
    with pytest.raises(discord.Forbidden):
        await event.delete()
    await bot.discord.bot_permissions(str(bot.guild.id), BOT)
    await event.delete()
    assert await bot.discord.scheduled_events(str(bot.guild.id)) == []


async def test_what_the_bot_may_not_do_where_is_refused(bot):
    await bot.discord.overwrite(bot.team, deny=Perm.SEND_MESSAGES)
    with pytest.raises(discord.Forbidden) as refused:
        await bot.channel.send("x")
    assert refused.value.code == 50013
    await bot.discord.overwrite(bot.team, deny=Perm.VIEW_CHANNEL)
    with pytest.raises(discord.Forbidden) as unseen:
        await bot.client.fetch_channel(int(bot.team))
    assert unseen.value.code == 50001
    await bot.discord.remove_channel(bot.team)
    with pytest.raises(discord.NotFound) as gone:
        await bot.client.fetch_channel(int(bot.team))
    assert gone.value.code == 10003


async def test_a_nonce_makes_one_message_until_it_is_forgotten(bot):
    async def post():
        body = {"content": "once", "nonce": "sc1", "enforce_nonce": True}
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=bot.channel.id)
        return (await bot.client.http.request(route, json=body))["id"]

    assert await post() == await post()
    await bot.discord.limits(nonce_s=0)
    assert await post() not in {each["id"] for each in (await bot.discord.messages(bot.team))[:1]}
    assert len(await bot.discord.messages(bot.team)) == 2


async def test_nothing_of_this_breaks_discords_rules(bot):
    await bot.channel.send("fine")
    assert await bot.discord.violations() == []
    assert (await bot.discord.checked())["requests"] >= 3
