"""Values offered on Discord while somebody types."""

from __future__ import annotations

from unittest.mock import patch

from tests.chat.discord_app import on_discord


async def with_rooms(town, count):
    boss = await town.member("boss")
    for number in range(count):
        await town.bot.ok(f"/room add us_room{number} us")
    return boss


async def offered(person, town, typed, command="room info", option="room"):
    return await person.autocomplete(town.team, command, option, typed)


async def test_nothing_fits(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await with_rooms(town, 1)
        assert await offered(boss, town, "zzz") == []


async def test_three_of_many_fit_and_are_shown_with_their_values(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await with_rooms(town, 4)
        await town.bot.ok("/room add de_main de")
        await town.bot.ok("/room add uk_main uk")
        found = await offered(boss, town, "us_room")
        assert [choice["value"] for choice in found] == ["us_room0", "us_room1", "us_room2", "us_room3"]
        assert all(choice["value"] in choice["name"] for choice in found)


async def test_of_sixty_the_25_best_are_shown(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await with_rooms(town, 60)
        found = await offered(boss, town, "")
        assert len(found) == 25
        (one,) = await offered(boss, town, "room59")
        assert one["value"] == "us_room59"
        assert all(1 <= len(choice["name"]) <= 100 for choice in found)


async def test_who_may_not_use_a_command_is_offered_nothing(tmp_path):
    async with on_discord(tmp_path) as town:
        await with_rooms(town, 3)
        vera, ned = await town.member("vera"), await town.member("ned", linked=False)
        assert len(await offered(vera, town, "us")) == 3
        assert await offered(vera, town, "us", "room archive") == []
        assert await offered(ned, town, "us") == []


async def test_zones_are_found_by_city(tmp_path):
    async with on_discord(tmp_path) as town:
        olga = await town.member("olga")
        found = await offered(olga, town, "sao paulo", "host add", "zone")
        assert [choice["value"] for choice in found] == ["America/Sao_Paulo"]


async def test_a_database_in_trouble_offers_nothing_and_breaks_nothing(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await with_rooms(town, 1)

        async def broken(_work):
            raise OSError

        with patch.object(town.app.store, "read", broken):
            assert await offered(boss, town, "us") == []
        assert len(await offered(boss, town, "us")) == 1
