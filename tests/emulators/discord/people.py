"""What people do on the emulated Discord: commands, buttons, selects, forms, and words in private."""

from typing import Any

from tests.emulators.discord.world import ROOM, Interaction, World, iso, snowflake, user

_TYPES = {3: str, 4: int, 5: bool, 7: str}


class People(World):
    """Each deed brings the bot an event; what Discord's own app would not let anybody do fails the test."""

    async def tell(self, name: str, data: dict[str, Any]) -> bool:
        """Bring an event to the bot."""
        raise NotImplementedError

    async def slash(
        self, person: int, name: str, *, guild: bool = False, at: float | None = None, **fields: Any
    ) -> Interaction:
        """*person* uses a command, as it was registered."""
        command = next((one for one in self.commands if one["name"] == name), None)
        assert command is not None, f"Expected a command {name}, were {[one['name'] for one in self.commands]}"
        assert (0 if guild else 1) in (command.get("contexts") or [0, 1, 2])
        known = {option["name"]: option for option in command.get("options", ())}
        for option in known.values():
            assert not option.get("required") or option["name"] in fields, f"/{name} needs {option['name']}"
        given = []
        for field, value in fields.items():
            option = known[field]
            assert type(value) is _TYPES[option["type"]], f"/{name} {field} {value!r}"
            assert not option.get("choices") or value in {one["value"] for one in option["choices"]}
            given.append({"name": field, "type": option["type"], "value": value})
        data = {"id": command["id"], "name": name, "type": 1, "options": given}
        return await self._do(self.interact(person, 2, data, guild=guild, at=at))

    async def type_into(self, person: int, name: str, field: str, typed: str, *, guild: bool = False) -> Interaction:
        """*person* is typing into a command's field, and Discord asks for guesses."""
        command = next(one for one in self.commands if one["name"] == name)
        option = next(one for one in command["options"] if one["name"] == field)
        assert option.get("autocomplete")
        given = [{"name": field, "type": option["type"], "value": typed, "focused": True}]
        data = {"id": command["id"], "name": name, "type": 1, "options": given}
        return await self._do(self.interact(person, 4, data, guild=guild))

    async def press(self, person: int, message: dict[str, Any], label: str, *, at: float | None = None) -> Interaction:
        """*person* presses the button, or chooses the option, of *message* whose label begins with *label*."""
        shown = self.messages[message["channel_id"], message["id"]]
        parts = [part for row in shown["components"] for part in row["components"]]
        for part in parts:
            if part["type"] == 2 and part["label"].startswith(label):
                return await self.press_id(person, shown, part["custom_id"], at=at)
            for option in part.get("options", ()):
                if option["label"].startswith(label):
                    return await self.press_id(person, shown, part["custom_id"], [option["value"]], at=at)
        raise AssertionError(f"Expected a button {label!r}, were {[part.get('label') for part in parts]}")

    async def press_id(
        self, person: int, message: dict[str, Any], name: str, values: list[str] | None = None,
        *, at: float | None = None,
    ) -> Interaction:  # fmt: skip
        """*person* presses what carries *name*, whether it is shown or not."""
        data: dict[str, Any] = {"custom_id": name, "component_type": 2 if values is None else 3, "id": 1}
        if values is not None:
            data["values"] = values
        guild = message["channel_id"] == str(ROOM)
        return await self._do(self.interact(person, 3, data, guild=guild, above=message, at=at))

    async def submit(self, asked: Interaction, words: str) -> Interaction:
        """Whoever was shown a form writes *words* into its one field and sends it."""
        assert asked.callback is not None
        assert asked.callback["type"] == 9, f"Expected a form, was callback {asked.callback}"
        form = asked.callback["data"]
        [[field]] = [row["components"] for row in form["components"]]
        assert 0 < len(words) <= field.get("max_length", 4_000)
        written = [{"type": 1, "id": 1, "components": [
            {"type": 4, "id": 2, "custom_id": field["custom_id"], "value": words}]}]  # fmt: skip
        data = {"custom_id": form["custom_id"], "components": written, "resolved": {}}
        above = self.messages.get((asked.channel, asked.above or ""))
        return await self._do(self.interact(asked.person, 5, data, guild=not asked.private, above=above))

    async def type(self, person: int, text: str, **more: Any) -> None:
        """*person* writes to the bot in private."""
        channel = self.open_dm(person)
        message = {
            "id": snowflake(), "channel_id": channel, "type": 0, "content": text, "mentions": [],
            "mention_roles": [], "attachments": [], "embeds": [], "components": [], "timestamp": iso(),
            "edited_timestamp": None, "flags": 0, "author": user(person), "pinned": False,
            "mention_everyone": False, "tts": False, "channel_type": 1, **more,
        }  # fmt: skip
        kept = {name: value for name, value in message.items() if name != "channel_type"}
        self.typed[channel, message["id"]] = kept
        await self.tell("MESSAGE_CREATE", message)

    async def _do(self, asked: Interaction) -> Interaction:
        await self.tell("INTERACTION_CREATE", asked.payload)
        return asked
