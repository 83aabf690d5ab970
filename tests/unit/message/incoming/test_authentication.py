"""Authentication-Results: read by the grammar of RFC 8601, and only where our server can have written."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.message.incoming import mime
from mailer.message.incoming.authentication import Method, Proof, Result, Results, parse, proofs

SERVER = "mx.example.org"
TRUE = f"Authentication-Results: {SERVER}; dkim=pass header.d=example.com\n"
DKIM = Proof(Method.DKIM, "example.com")
BORDER = (
    "Received: from mail.example.com (mail.example.com [203.0.113.9])\n"
    "\tby mx.example.org (Postfix) with ESMTPS id 4Q for <bulletin@lists.example.org>;\n"
    "\tMon, 30 Nov 2026 09:00:00 +0000\n"
)


def found(header: str, server: str = SERVER) -> set[Proof]:
    """Return the proofs in a mail with that header."""
    content = f"{header}From: ana@example.com\n\nbody\n".encode()
    return set(proofs(mime.read(content), server).found)


def results(value: str, server: str = SERVER) -> set[Proof]:
    """Return the proofs in one field of our server."""
    return found(f"Authentication-Results: {value}\n", server)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("mx.example.org; none", Results(SERVER)),
        ("mx.example.org 1; none", Results(SERVER)),
        ("mx.example.org 2; dkim=pass header.d=example.com", None),
        ('"mx.example.org" ; dkim=pass', Results(SERVER, (Result("dkim", "pass"),))),
        ("(who) mx.example.org (a; b (c)) ;(d) none", Results(SERVER)),
        ("MX.Example.ORG", Results(SERVER)),
        ("", None),
        (";", None),
        ("(mx.example.org; dkim=pass", None),
        ("mx.example.org x=y; dkim=pass", None),
        (
            'mx.example.org; dkim/1=pass (a; b) reason="a; b=c" header . d = example.com header.b=abc/+==; spf = fail smtp.mailfrom=a=b@example.com',
            Results(
                SERVER,
                (
                    Result(
                        "dkim",
                        "pass",
                        (
                            ("reason", "a; b=c"),
                            ("header.d", "example.com"),
                            ("header.b", "abc/+=="),
                        ),
                    ),
                    Result("spf", "fail", (("smtp.mailfrom", "a=b@example.com"),)),
                ),
            ),
        ),
        (
            'mx.example.org; spf=pass smtp.mailfrom="a b; dkim=pass header.d=x"@example.com',
            Results(
                SERVER,
                (
                    Result(
                        "spf",
                        "pass",
                        (("smtp.mailfrom", "a b; dkim=pass header.d=x@example.com"),),
                    ),
                ),
            ),
        ),
        (
            "mx.example.org; dmarc=pass action=none header.from=example.com;compauth=pass",
            Results(
                SERVER,
                (
                    Result("dmarc", "pass", (("action", "none"), ("header.from", "example.com"))),
                    Result("compauth", "pass"),
                ),
            ),
        ),
        ("mx.example.org; dkim/2=pass header.d=example.com", Results(SERVER)),
        ("mx.example.org; dkim=pass header.d", Results(SERVER)),
        ("mx.example.org; dkim=pass =x; spf=none", Results(SERVER, (Result("spf", "none"),))),
        ('mx.example.org; ""; spf=none', Results(SERVER, (Result("spf", "none"),))),
    ],
)
def test_a_field_is_read_by_its_grammar(value: str, expected: Results | None) -> None:
    """Section 2.2: comments and quoted strings may hold anything, and mean nothing."""
    assert parse(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("dkim=pass header.d=example.com", {DKIM}),
        ("dkim=pass header.i=@a.example.com", {Proof(Method.DKIM, "a.example.com")}),
        ("dkim=pass header.i=x@y.example header.d=example.com", {DKIM}),
        ("dkim=pass header.d=EXAMPLE.com.", {DKIM}),
        ("dkim=pass header.d=bücher.example", {Proof(Method.DKIM, "xn--bcher-kva.example")}),
        ("dmarc=pass (p=none) header.from=example.com", {Proof(Method.DMARC, "example.com")}),
        ("spf=pass smtp.mailfrom=a@example.com", {Proof(Method.SPF, "example.com")}),
        ('spf=pass smtp.mailfrom="a@b.example"@example.com', {Proof(Method.SPF, "example.com")}),
        ("dkim=fail header.d=a.example; dkim=pass header.d=example.com", {DKIM}),
        # A property of another method says nothing of that one.
        ("dkim=pass header.from=example.com", set()),
        ("dkim=pass smtp.mailfrom=a@example.com", set()),
        ("dmarc=pass header.d=example.com", set()),
        ("spf=pass header.from=example.com", set()),
        ("spf=pass smtp.helo=example.com", set()),
        ("auth=pass smtp.auth=a@example.com header.d=example.com", set()),
        ("x-dkim=pass header.d=example.com", set()),
        # What did not pass.
        ("dkim=fail header.d=example.com", set()),
        ("dkim=passed header.d=example.com", set()),
        ("dkim=pass-not header.d=example.com", set()),
        ("dkim=none (dkim=pass header.d=example.com)", set()),
        ('dkim=fail reason="; dkim=pass header.d=example.com"', set()),
        ('dkim=fail reason="\\"; dkim=pass header.d=example.com"', set()),
        ("dkim=fail (a \\) ; dkim=pass header.d=example.com)", set()),
        ("dkim=fail (never ends; dkim=pass header.d=example.com", set()),
        ('dkim=fail reason="never ends; dkim=pass header.d=example.com', set()),
        # What contradicts itself, or is cut.
        ("dkim=pass header.d=example.com header.d=other.example", set()),
        ("dkim=pass header.d=x@example.com", set()),
        ("dkim=pass header.d=", set()),
        ("dkim=pass header.d=example.com header.", set()),
    ],
)
def test_a_pass_proves_what_its_method_looks_at(value: str, expected: set[Proof]) -> None:
    """RFC 8601 section 2.7 names the property of each method that is authenticated."""
    assert results(f"{SERVER}; {value}") == expected


@pytest.mark.parametrize(
    ("header", "believed"),
    [
        (TRUE, True),
        (TRUE + BORDER, True),
        (f"Return-Path: <a@example.com>\nX-Original-To: b@example.org\n{TRUE}{BORDER}", True),
        (f"Authentication-Results: {SERVER}; spf=none\n{TRUE}{BORDER}", True),
        (
            "Authentication-Results:\n mx.example.org\n ;\n dkim=pass\n\theader.d=example.com\n",
            True,
        ),
        # By LMTP to the mailbox: within one mail system.
        (
            "Received: from mx.example.org ([192.0.2.1])\n\tby mail.example.org with LMTP id X\n"
            + TRUE
            + BORDER,
            True,
        ),
        (
            "Received: from localhost (localhost [127.0.0.1])\n"
            "\tby mx.example.org (Postfix) with ESMTP id X\n" + TRUE + BORDER,
            False,
        ),
        # Below where it came in, anybody may have written it.
        (BORDER + TRUE, False),
        (TRUE.replace("pass", "fail") + BORDER + TRUE, False),
        (f"Authentication-Results: {SERVER}; none\n{BORDER}{TRUE}", False),
        (f"Authentication-Results: mx.example.com; dkim=pass\n{TRUE}", False),
        ("Authentication-Results: ;\n" + TRUE, False),
        ("Received: by mx.example.org (Postfix, from userid 33)\n" + TRUE, False),
        ("Received: nonsense\n" + TRUE, False),
        # A client names itself as it likes, and so does its certificate.
        (
            "Received: from localhost (evil.example [203.0.113.9])\n"
            "\tby mx.example.org (Postfix) with ESMTP id X\n" + TRUE,
            False,
        ),
        (
            "Received: from evil.example ([203.0.113.9] helo=[127.0.0.1])\n"
            "\tby mx.example.org with esmtp\n" + TRUE,
            False,
        ),
        (
            "Received: from [127.0.0.1] (evil.example [203.0.113.9])\n"
            "\tby mx.example.org with ESMTP\n" + TRUE,
            False,
        ),
        (
            "Received: from x (evil.example [203.0.113.9]) (using TLSv1.3)\n"
            '\t(Client CN "x) by mx.example.org with LMTP (", Issuer "y")\n'
            "\tby mx.example.org (Postfix) with ESMTPS id X\n" + TRUE,
            False,
        ),
    ],
)
def test_only_what_our_server_wrote_is_believed(header: str, *, believed: bool) -> None:
    """Sections 5 and 7.1: any sender may write our server's name into a mail."""
    assert found(header) == ({DKIM} if believed else set())


OPENDKIM = BORDER + TRUE


@pytest.mark.parametrize(
    ("header", "believed"),
    [
        (OPENDKIM, True),
        (OPENDKIM + BORDER, True),
        (BORDER + f"Authentication-Results: {SERVER}; spf=none\n" + TRUE, True),
        (TRUE + BORDER, True),
        (BORDER + BORDER + TRUE, False),
        (BORDER + TRUE.replace("pass", "fail") + BORDER + TRUE, False),
        (f"Authentication-Results: {SERVER}; none\n{BORDER}{TRUE}", False),
        (f"{BORDER}Authentication-Results: mx.example.com; dkim=pass\n{TRUE}", False),
        ("Received: from a ([192.0.2.1]) by b with LMTP id X\n" + OPENDKIM, True),
    ],
)
def test_a_server_that_writes_below_its_own_hop_is_believed_there(
    header: str, *, believed: bool
) -> None:
    """Milters that insert at 1, as OpenDKIM does, write below the field that Postfix writes."""
    message = mime.read(f"{header}From: ana@example.com\n\n".encode())
    assert (proofs(message, SERVER, below=True).found == {DKIM}) is believed


def test_nothing_is_believed_without_the_name_of_a_server() -> None:
    """Nor of a server that only resembles it."""
    for server in ("", " ", "example.org", "mx.example.org.example.net"):
        assert found(TRUE, server) == set()


WORD = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,20}", fullmatch=True)
DOMAIN = st.sampled_from(["example.com", "a.example.com", "example.net", "x.example"])
ANYTHING = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=40
)


def quoted(text: str) -> str:
    """Write a quoted string (RFC 5322 section 3.2.4)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def comment(text: str) -> str:
    """Write a comment (RFC 5322 section 3.2.2)."""
    for sign in "\\()":
        text = text.replace(sign, f"\\{sign}")
    return f"({text})"


SPACE = st.one_of(st.sampled_from([" ", "\t", "  ", "\r\n "]), ANYTHING.map(comment))
PROPERTY = st.tuples(
    st.sampled_from(["header.d", "header.from", "smtp.mailfrom", "policy.x", "reason"]),
    st.one_of(WORD, DOMAIN, ANYTHING.filter(bool)),
)
RESULT = st.builds(
    lambda method, result, properties: Result(method, result, tuple(properties)),
    st.sampled_from(["dkim", "spf", "dmarc", "arc", "x-y"]),
    st.sampled_from(["pass", "fail", "none", "softfail"]),
    st.lists(PROPERTY, max_size=4),
)


@given(st.lists(RESULT, max_size=5), st.data())
def test_what_is_written_by_the_grammar_is_read_back(
    found: list[Result], data: st.DataObject
) -> None:
    """The grammar allows white space, folds and comments in all these places."""

    def gap() -> str:
        return data.draw(st.one_of(st.just(""), SPACE))

    def value(text: str) -> str:
        plain = all(sign.isascii() and (sign.isalnum() or sign in "._+-@") for sign in text)
        return text if plain and data.draw(st.booleans()) else quoted(text)

    written = f"{gap()}{SERVER}{gap()}"
    for one in found:
        written += f";{gap()}{one.method}{gap()}={gap()}{one.result}"
        for name, said in one.properties:
            ptype, dot, rest = name.partition(".")
            written += f" {gap()}{ptype}{gap()}{dot}{gap()}{rest}{gap()}={gap()}{value(said)}"
        written += gap()
    assert parse(written) == Results(SERVER, tuple(found))


@given(ANYTHING)
def test_what_a_sender_puts_between_quotes_or_into_comments_proves_nothing(text: str) -> None:
    """Addresses, subjects and reasons are the sender's words, whatever they say."""
    said = f"{text}; dkim=pass header.d=example.com; {text}"
    assert results(f"{SERVER}; spf=fail reason={quoted(said)}") == set()
    assert results(f"{SERVER}; spf=fail {comment(said)}") == set()


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    """A stranger's text must not end a worker, nor say that it is ours."""
    parse(text)
    assert results(text, "another.example.org") == set()


@pytest.mark.parametrize(
    "value",
    ["(" * 100_000, '"' * 99_999, "a;" * 50_000, "\\" * 100_000, f"{SERVER};" + "a=b " * 50_000,
     f"{SERVER}; dkim=pass " + "header.d=" * 20_000, "a " * 50_000],
)  # fmt: skip
def test_hostile_fields_take_bounded_time(value: str) -> None:
    """One mail must not keep a worker busy (case 72)."""
    began = time.process_time()
    assert results(value) == set()
    for _ in range(20):
        parse(value)
    assert time.process_time() - began < 2
