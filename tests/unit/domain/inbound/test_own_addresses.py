"""Our own addresses: each is known, in whatever form it arrives, and no other is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.access.token import Purpose, Signer
from mailer.domain.inbound.own_addresses import OwnAddress, OwnAddresses, Role
from mailer.domain.subscribers.bearer import short
from mailer.message.outgoing.verp import ReturnPath

SIGNER = Signer(b"a secret of thirty-two octets ...")
RETURN_PATH = ReturnPath("bulletin", "lists.example.org", SIGNER)
OWN = OwnAddresses(
    "bulletin",
    "lists.example.org",
    languages=("en", "fr", "pt-BR"),
    topics=("bulletin", "meetings", "calls-for-papers"),
    signer=SIGNER,
    return_path=RETURN_PATH.read,
)
NUMBERS = st.integers(0, 2**32 - 1)


def read(local: str) -> OwnAddress | None:
    """Read an address at the list's domain."""
    return OWN.read(f"{local}@lists.example.org")


@pytest.mark.parametrize(
    ("local", "meant"),
    [
        ("bulletin", OwnAddress(Role.LIST)),
        ("BULLETIN", OwnAddress(Role.LIST)),
        ('"bulletin"', OwnAddress(Role.LIST)),
        ("bulletin-help", OwnAddress(Role.HELP)),
        ("bulletin-owner", OwnAddress(Role.OWNER)),
        ("Postmaster", OwnAddress(Role.POSTMASTER)),
        ("abuse", OwnAddress(Role.POSTMASTER)),
        ("bulletin-subscribe", OwnAddress(Role.SUBSCRIBE)),
        ("bulletin-subscribe+fr", OwnAddress(Role.SUBSCRIBE, language="fr")),
        ("Bulletin-Subscribe+PT-br", OwnAddress(Role.SUBSCRIBE, language="pt-BR")),
        ("bulletin-subscribe+fr-CA", OwnAddress(Role.SUBSCRIBE, language="fr")),
        ("bulletin-subscribe+de", OwnAddress(Role.SUBSCRIBE)),
        ("bulletin-subscribe+meetings", OwnAddress(Role.SUBSCRIBE, "meetings")),
        ("bulletin-subscribe+meetings+fr", OwnAddress(Role.SUBSCRIBE, "meetings", "fr")),
        ("bulletin-subscribe+fr+meetings", OwnAddress(Role.SUBSCRIBE, "meetings", "fr")),
        ("bulletin-meetings-subscribe", OwnAddress(Role.SUBSCRIBE, "meetings")),
        ("bulletin-calls-for-papers-subscribe+fr", OwnAddress(Role.SUBSCRIBE, "calls-for-papers", "fr")),
        ("bulletin-leave", OwnAddress(Role.LEAVE)),
        ("bulletin-leave+meetings", OwnAddress(Role.LEAVE, "meetings")),
        ("bulletin-meetings-leave", OwnAddress(Role.LEAVE, "meetings")),
        ("bulletin-confirm", OwnAddress(Role.CONFIRM)),
        ("bulletin-calendar", OwnAddress(Role.CALENDAR)),
        ("bulletin-calendar+fr", OwnAddress(Role.CALENDAR, language="fr")),
        ("bulletin-calendar+de", OwnAddress(Role.CALENDAR)),
    ],
)  # fmt: skip
def test_each_of_our_addresses_is_known(local: str, meant: OwnAddress) -> None:
    """The address says what a mail asks for, before any word of it is read."""
    assert read(local) == meant


@pytest.mark.parametrize(
    "local",
    [
        "", "x", "bulletins", "bulletin+x", "bulletin-", "bulletin-x", "bulletin-list", "abulletin",
        "bulletin-postmaster", "bulletin-bounces", "bulletin-bounces+x", "bulletin-leave+",
        "bulletin-leave+fr", "bulletin-leave+1-2-0123456789abcdef", "bulletin-confirm+1",
        "bulletin-rsvp", "bulletin-rsvp+", "bulletin-rsvp+fr", "bulletin-rsvp+1-2-0123456789abcdef",
        "bulletin-calendar+meetings", "bulletin-meetings-calendar", "bulletin-calendar+fr+en",
        "bulletin-help+x", "bulletin-subscribe+", "bulletin-subscribe+x", "bulletin-subscribe+fr+en",
        "bulletin-subscribe+nonsense!", "bulletin-subscribe+meetings+meetings", "bulletin-x-subscribe",
        "bulletin-meetings-help", "bulletin-meetings-confirm", "bulletin--subscribe", "x-subscribe",
        "bulletin@bulletin", "bulletin-subscribe\0", "bulletin-subscribe+fr\r\n",
    ],
)  # fmt: skip
def test_no_other_address_is_ours(local: str) -> None:
    """A sender who mistypes one learns it at once, from their own mail server."""
    assert read(local) is None


@given(NUMBERS, NUMBERS)
def test_tokens_that_we_signed_are_read_and_others_refused(one: int, other: int) -> None:
    """A token lets its bearer unsubscribe somebody, so a guess must be worth nothing."""
    roles = {Role.LEAVE: Purpose.LEAVE, Role.CONFIRM: Purpose.CONFIRM, Role.RSVP: Purpose.RSVP}
    for role, purpose in roles.items():
        token = SIGNER.sign(purpose, one, other)
        assert read(f"bulletin-{role}+{token}") == OwnAddress(role, numbers=(one, other))
        assert read(f"BULLETIN-{role}+{token}".upper()) == OwnAddress(role, numbers=(one, other))
        foreign = SIGNER.sign(Purpose.PREFERENCES, one, other)
        assert read(f"bulletin-{role}+{foreign}") is None


@given(st.integers(2**63, 2**64 - 1) | st.integers(0, 2**20 - 1), NUMBERS)
def test_bounce_addresses_are_read_whatever_mail_systems_made_of_them(
    mailing: int, subscriber: int
) -> None:
    """A forwarder rewrites them (SRS), and the bounce still comes from our delivery."""
    path = RETURN_PATH.write(mailing, subscriber)
    meant = OwnAddress(Role.BOUNCES, numbers=(short(mailing), subscriber))
    local = path.partition("@")[0]
    for form in (path, path.upper(), f"SRS0=x=y=example.net={local}@example.net", f"<{path}>"):
        assert OWN.read(form) == meant


@pytest.mark.parametrize("domain", ["LISTS.example.ORG", "lists.example.org."])
def test_the_domain_may_be_written_in_any_form(domain: str) -> None:
    """Domains have no case, and may end in a dot."""
    assert OWN.read(f"bulletin@{domain}") == OwnAddress(Role.LIST)


def test_a_domain_in_its_own_script_is_the_same_domain() -> None:
    """With SMTPUTF8 it arrives so (RFC 6531)."""
    own = OwnAddresses(
        "liste", "xn--bcher-kva.example", languages=("de",), topics=(), signer=SIGNER, return_path=RETURN_PATH.read
    )  # fmt: skip
    assert own.read("liste@bücher.example") == OwnAddress(Role.LIST)
    assert own.read("liste@BÜCHER.example") == OwnAddress(Role.LIST)


def test_other_domains_are_not_ours_and_postmaster_needs_none() -> None:
    """We carry nobody else's mail; but Postmaster must be heard (RFC 5321 section 4.5.1)."""
    assert OWN.read("bulletin@example.org") is None
    assert OWN.read("bulletin@lists.example.org.example.net") is None
    assert OWN.read("bulletin") is None
    assert OWN.read("POSTMASTER") == OwnAddress(Role.POSTMASTER)


@given(st.text(max_size=200) | st.text('bulletin-subscribe+@.\0"<>\udcff', max_size=60))
def test_nothing_that_strangers_write_makes_an_error(text: str) -> None:
    """Recipients come from anyone."""
    assert OWN.read(text) is None or isinstance(OWN.read(text), OwnAddress)
    assert read(text) is None or isinstance(read(text), OwnAddress)


@pytest.mark.parametrize(
    ("local", "meant"),
    [
        ("bulletin-board-subscribe", None),
        ("bulletin-subscribe+board", None),
        ("bulletin-subscribe+board+fr", None),
        ("bulletin-subscribe+vip", OwnAddress(Role.SUBSCRIBE)),
        ("bulletin-board-leave", OwnAddress(Role.LEAVE, "board")),
        ("bulletin-leave+board", OwnAddress(Role.LEAVE, "board")),
        ("bulletin-leave+bulletin", OwnAddress(Role.LEAVE, "bulletin")),
    ],
)
def test_a_hidden_topic_can_be_left_but_not_asked_for(local: str, meant: OwnAddress | None) -> None:
    """To a stranger it is as if there were none of that name; whoever has it gets off it."""
    own = OwnAddresses(
        "bulletin",
        "lists.example.org",
        languages=("en", "fr"),
        topics=("bulletin",),
        hidden=("board", "vip"),
        signer=SIGNER,
        return_path=RETURN_PATH.read,
    )
    assert own.read(f"{local}@lists.example.org") == meant
