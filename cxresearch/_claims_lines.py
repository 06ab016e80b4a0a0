"""Where in the registry a field stands: TOML readers give values, a person needs lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FIELD = re.compile(r"([A-Za-z_]+)\s*=")


@dataclass(slots=True)
class Block:
    """Lines of one claim.

    Attributes
    ----------
    start : int
        Line of its ``[[claim]]``, from 1.
    fields : dict of str to int
        Line on which each field begins.
    items : dict of str to list of int
        Lines of the tables inside a list, where each has a line of its own.
    """

    start: int
    fields: dict[str, int] = field(default_factory=dict)
    items: dict[str, list[int]] = field(default_factory=dict)

    def line(self, name: str, item: int | None = None) -> int:
        """Return the line of a field, of one table in it where that has its own, or of the block."""
        items = self.items.get(name, [])
        if item is not None and item < len(items):
            return items[item]
        return self.fields.get(name, self.start)


class Lines:
    r"""The blocks of a registry and the lines of their fields.

    Examples
    --------
    >>> lines = Lines("# a comment\n[[claim]]\nid = 'A-1'\nfigures = [\n  { value = 3 },\n]")
    >>> lines.of(0).line("id"), lines.of(0).line("figures", 0), lines.of(0).line("seen")
    (3, 5, 2)
    """

    def __init__(self, text: str) -> None:
        self.blocks: list[Block] = []
        inside = ""
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip() == "[[claim]]":
                self.blocks.append(Block(number))
            elif self.blocks and (named := _FIELD.match(line)):
                inside = named[1]
                self.blocks[-1].fields.setdefault(inside, number)
            elif self.blocks and line.lstrip().startswith("{"):
                self.blocks[-1].items.setdefault(inside, []).append(number)

    def of(self, index: int) -> Block:
        """Return the lines of a claim by its place; line 1 where the text is laid out in another way."""
        return self.blocks[index] if index < len(self.blocks) else Block(1)
