"""Gathers the blocks of an edition's text into its numbered sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from mailer.content.parsing import blocks as b

_ENDERS: Final = (b.Coordinator, b.Dates, b.StandingBlock, b.Contents)
"""Blocks that stand by themselves: with them a section ends."""


@dataclass(frozen=True, slots=True)
class SectionTitle(b.Block):
    """A `##` heading before what follows it is gathered into its section."""

    inline: b.Inline = ()


def in_sections(found: Sequence[b.Block]) -> tuple[b.Block, ...]:
    """Gather what follows each `##` heading, up to the next or to a block that ends sections."""
    gathered: list[b.Block] = []
    number = 0
    within = False
    for block in found:
        if isinstance(block, SectionTitle):
            number += 1
            within = True
            section = b.Section(line=block.line, title=block.inline, blocks=(), number=number)
            gathered.append(section)
            continue
        within = within and not isinstance(block, _ENDERS)
        last = gathered[-1] if gathered else None
        if within and isinstance(last, b.Section):
            gathered[-1] = replace(last, blocks=(*last.blocks, block))
        else:
            gathered.append(block)
    return tuple(gathered)
