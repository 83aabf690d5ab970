"""Segments: audience rules with names."""

from __future__ import annotations

from mailer.client import reading
from mailer.client.answers.segments import Count, Reader, Segment, Use
from mailer.client.asking import Ask, Mode, Resource, call, listing
from mailer.client.reading import Tagged


class Segments(Resource[Mode]):
    """Segments, by their names; and rules that have none yet."""

    @listing("/segments")
    def list(self, *, limit: int = 100) -> Ask[Segment]:
        """Iterate over them, by name."""
        return Ask(reading.same, query={"limit": limit})

    @call("GET", "/audience/count")
    def count(self, rule: str) -> Ask[Count]:
        """Count whom a rule is about, by language. Changes nothing."""
        return Ask(reading.whole, query={"rule": rule})

    @listing("/audience/readers")
    def readers(self, rule: str, *, limit: int = 100) -> Ask[Reader]:
        """Iterate over those of whom a rule holds."""
        return Ask(reading.same, query={"rule": rule, "limit": limit})

    @call("GET", "/segments/{name}")
    def get(self, name: str) -> Ask[Tagged[Segment]]:
        """Tell the rule of a segment."""
        return Ask(reading.tagged, path={"name": name})

    @call("GET", "/segments/{name}/use")
    def use(self, name: str) -> Ask[Use]:
        """Tell what speaks of a segment."""
        return Ask(reading.whole, path={"name": name})

    @call("PUT", "/segments/{name}")
    def define(self, name: str, rule: str, *, etag: str = "") -> Ask[Tagged[Segment]]:
        """Give a rule a name, or a name another rule. Campaigns that have not begun follow it."""
        headers = {"If-Match": etag}
        return Ask(reading.tagged, path={"name": name}, json={"rule": rule}, headers=headers)

    @call("POST", "/segments/{name}/rename")
    def rename(self, name: str, to: str, *, etag: str = "") -> Ask[Tagged[Segment]]:
        """Give a segment another name; refused while something speaks of it."""
        headers = {"If-Match": etag}
        return Ask(reading.tagged, path={"name": name}, json={"name": to}, headers=headers)

    @call("DELETE", "/segments/{name}")
    def remove(self, name: str, *, etag: str = "") -> Ask[None]:
        """Forget a segment; refused while something speaks of it."""
        return Ask(reading.nothing, path={"name": name}, headers={"If-Match": etag})
