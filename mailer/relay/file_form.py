"""A message as files and commands take it, made of what leaves by SMTP."""

from __future__ import annotations

from mailer.relay.envelope import Envelope


def file_form(envelope: Envelope) -> bytes:
    """Return a message with the line ends of this system, and without SMTP's doubled dots.

    What is signed stays so: verifiers read line ends as CRLF (RFC 6376 section 5.3).
    """
    content = envelope.content
    wire = content if isinstance(content, bytes) else b"".join(content)
    # RFC 5321 section 4.5.2.
    return (b"\r\n" + wire).replace(b"\r\n..", b"\r\n.").replace(b"\r\n", b"\n")[1:]


def address(written: str | bytes) -> str:
    """Return an envelope's address as text."""
    return written.decode() if isinstance(written, bytes) else written
