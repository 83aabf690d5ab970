"""Mail that is made to keep a reader busy, or to take its memory (case 72)."""

from __future__ import annotations

from typing import Final

HEAD: Final = (
    b"From: MAILER-DAEMON@example.net\nTo: b@lists.example.org\nSubject: Undelivered mail\n"
)
LARGE: Final = 25 * 2**20
NESTED: Final = b"".join(
    b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (depth, depth)
    for depth in range(2000)
)
HOSTILE: Final = {
    "25 MB of text": HEAD + b"\n" + b"a" * LARGE,
    "25 MB of addresses": HEAD + b"\n" + b"a@example.net " * (LARGE // 14),
    "25 MB of reasons": HEAD + b"\n" + b"user a@example.net is unknown 550\n" * (LARGE // 34),
    "25 MB of header": b"X-A: b\n" * (LARGE // 7),
    "25 MB of tags": HEAD + b"Content-Type: text/html\n\n" + b"<style " * (LARGE // 7),
    "25 MB of quotation marks": HEAD + b"\n" + b'"a' * (LARGE // 2),
    "a long subject": b"Subject: " + b"your message " * 20_000 + b"\n\nx",
    "10,000 parts": HEAD
    + b'Content-Type: multipart/mixed; boundary="x"\n\n'
    + b"--x\nContent-Type: text/plain\n\nfailed a@example.net\n" * 10_000,
    "2,000 levels of parts": HEAD + NESTED,
    "2,000 levels of messages": HEAD + b"Content-Type: message/rfc822\n\n" * 2000,
    "500,000 recipients": HEAD
    + b"Content-Type: message/delivery-status\n\n"
    + b"Final-Recipient: rfc822; a@example.net\nAction: failed\n\n" * 500_000,
}
