"""The pages of the inbox: read safely, answered, dealt with; by rights, and in every language."""

from __future__ import annotations

import html
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mailer.content.language.web_words import texts_of
from mailer.domain.access.rights import Role
from mailer.domain.inbound.inbox import Deed, Group, Standing, Why
from mailer.domain.inbound.kinds import Kind
from mailer.message.incoming.enclosed import Type
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store
from support.service.console import Browser, add_user
from support.service.web_service import WebService

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"
XSS = (
    "From: =?utf-8?q?=3Cscript=3Ealert=281=29=3C/script=3E?= <ana@example.org>\n"
    "To: bulletin-owner@lists.example.org\nMessage-ID: <evil@example.org>\n"
    "Subject: =?utf-8?q?=22=3E=3Cimg_src=3Dx_onerror=3Dalert=282=29=3E?=\n"
    'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n'
    "--b\nContent-Type: text/html; charset=utf-8\n\n"
    f'<p>Hello {EVIL}<a href="javascript:alert(3)">x</a>'
    '<a href="https://evil.example/">bank</a></p></body></html></iframe><script>alert(4)</script>\n'
    "--b\nContent-Type: text/html; name=x\nContent-Disposition: attachment;"
    ' filename="\\"><svg onload=alert(5)>.html"\n\n<script>alert(6)</script>\n--b--\n'
)


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """Pages over a store with no mail yet."""
    return WebService(store, data_dir)


def signed_in(web: WebService, role: Role = Role.OWNER) -> Browser:
    """Sign in a user with a role."""
    browser = Browser(web)
    browser.sign_in(add_user(web, role=role).address)
    return browser


def letter(web: WebService, **given: str) -> int:
    """Take in a letter; returns its number."""
    told = {"subject": "Where do I register?", "body": "I cannot find the page."} | given
    author = told.pop("author", "ana@example.org")
    return web.mail.get(web.mail.own("owner"), author=author, **told).number  # type: ignore[arg-type]


def location(answer: object) -> str:
    """Return where an answer leads, without the host."""
    return urlsplit(answer.headers["location"]).path  # type: ignore[attr-defined]


def test_list_shows_what_waits_with_why_and_the_number_in_the_navigation(web: WebService) -> None:
    """Nobody should have to open a mail to know what it is about."""
    browser = signed_in(web)
    assert "Nothing waits for you" in browser.get("/console/inbox").text
    number = letter(web)
    web.mail.get(
        web.mail.own(), subject="unsubscribe", body="Dear all, our delegate changed.\nMore."
    )
    page = browser.get("/console/inbox").text
    assert "A one-word subject over a letter: not acted on." in page
    assert 'class="badge">2<' in page
    assert f'/console/inbox/{number}"' in page
    found = browser.get("/console/inbox?q=REGISTER&group=letters").text
    assert f'/console/inbox/{number}?group=letters&amp;q=REGISTER"' in found
    assert "A one-word subject" not in found
    assert "No mail fits" in browser.get("/console/inbox?q=nobody").text
    odd = browser.get("/console/inbox?standing=x&group=y&before=-1&q=%00")
    assert odd.status_code == 200


def test_nothing_that_a_stranger_wrote_acts(web: WebService) -> None:
    """Subject, name, HTML, names of files and the source: all of it is text here."""
    browser = signed_in(web)
    raw = XSS.replace("\n", "\r\n").encode()
    number = web.mail.get(web.mail.own("owner"), raw=raw).number
    for path in ("", f"/{number}", f"/{number}?view=formatted", f"/sure?deed=add&mail={number}"):
        text = browser.get(f"/console/inbox{path}").text
        assert "<img src=x" not in text
        assert "<script>alert" not in text
        assert "<svg" not in text
        assert "javascript:" not in text
    framed = browser.get(f"/console/inbox/{number}?view=formatted")
    assert "frame-src 'self'" in framed.headers["content-security-policy"]
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in framed.text
    page = browser.get(f"/console/inbox/{number}/page")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "; sandbox allow-popups" in policy
    assert page.headers["x-frame-options"] == "SAMEORIGIN"
    body = page.text.partition("<body>")[2]
    assert not re.search(r"<(?:script|img|svg|iframe|form)|onerror=|javascript:", body)
    assert '<a href="https://evil.example/"' in body
    assert "[evil.example]" in body
    source = browser.get(f"/console/inbox/{number}/source")
    assert source.headers["content-type"] == "text/plain; charset=utf-8"
    assert "sandbox" in source.headers["content-security-policy"]
    [address] = set(re.findall(rf"/console/inbox/{number}/files/\d+", framed.text))
    given = browser.get(address)
    assert given.headers["content-type"] == "application/octet-stream"
    assert given.headers["content-disposition"].startswith("attachment; filename=")
    assert given.headers["x-content-type-options"] == "nosniff"
    assert browser.get(f"/console/inbox/{number}/files/99").status_code == 404


def test_answer_is_sent_once_and_what_was_typed_stays_where_it_is_refused(web: WebService) -> None:
    """A form that is sent twice, and one with a mistake."""
    browser = signed_in(web)
    number = letter(web)
    path = f"/console/inbox/{number}"
    typed = "Dear Ana,\n\nhere <b>it</b> is."
    refused = browser.press(path, f"{path}/answer", text=typed, subject="a\tb", form="f")
    assert refused.status_code == 422
    assert html.escape(typed) in refused.text
    assert 'href="#subject"' in refused.text
    assert browser.press(path, f"{path}/answer", text="", form="f").status_code == 422
    for _ in range(2):
        answer = browser.press(path, f"{path}/answer", text=typed, subject="Re: you", form="f")
        assert (answer.status_code, location(answer)) == (303, "/console/inbox")
    assert "Your answer to ana@example.org is on its way." in browser.get("/console/inbox").text
    sent = [one for one in web.mail.posted() if one.sender]
    assert len(sent) == 1
    page = browser.get(path).text
    assert "Answer by Ada" in page
    assert "here &lt;b&gt;it&lt;/b&gt; is." in page
    assert f"/console/inbox/{number}" in browser.get("/console/inbox?standing=answered").text


def test_drop_can_be_undone_and_several_are_done_at_once(web: WebService) -> None:
    """Nothing is asked where it can be taken back."""
    browser = signed_in(web)
    numbers = [letter(web), letter(web), letter(web)]
    act = "/console/inbox/act"
    browser.press("/console/inbox", act, deed="drop", mail=[str(one) for one in numbers[:2]])
    page = browser.get("/console/inbox").text
    assert "2 mails are in the bin, for seven days." in page
    mails = ",".join(map(str, numbers[:2]))
    assert f'name="mails" value="{mails}"' in page
    assert f"/console/inbox/{numbers[0]}" not in page
    browser.press("/console/inbox", act, deed="waiting", mails=mails)
    assert f"/console/inbox/{numbers[0]}" in browser.get("/console/inbox").text
    answer = browser.press("/console/inbox", act, deed="done", mail=[str(numbers[2]), "999"])
    assert answer.status_code == 200
    assert "One mail is done." in answer.text
    assert "Mail 999" in answer.text
    item = inbound.get(web.store, numbers[2]).item
    assert item is not None
    assert (item.standing, item.by_name) == (Standing.DONE, "Ada")
    browser.press("/console/inbox", act, deed="done")
    assert "No mail was chosen." in browser.get("/console/inbox").text
    assert browser.press("/console/inbox", act, deed="explode", mail="1").status_code == 400


def test_taking_somebody_off_says_first_whom_and_that_the_address_may_be_forged(
    web: WebService,
) -> None:
    """Law 13: a word more where nobody vouches for the sender."""
    browser = signed_in(web)
    number = letter(web)
    act = "/console/inbox/act"
    led = browser.press("/console/inbox", act, deed="suppress", mail=str(number))
    assert location(led) == "/console/inbox/sure"
    path = f"/console/inbox/sure?deed=suppress&mail={number}"
    page = browser.get(path).text
    assert "Block 1 address" in page
    assert "ana@example.org" in page
    assert "sender not confirmed" in page
    refused = browser.press(path, act, deed="suppress", sure="yes", mails=str(number))
    assert refused.status_code == 409
    assert "The sender is not confirmed." in refused.text
    done = browser.press(path, act, deed="suppress", sure="yes", mails=str(number), unvouched="yes")
    assert location(done) == "/console/inbox"
    assert "never mailed, so it cannot be answered" in browser.get(f"/console/inbox/{number}").text


def test_mail_is_told_what_it_is(web: WebService) -> None:
    """A note of absence that was taken for a letter is done with."""
    browser = signed_in(web)
    number = letter(web)
    path = f"/console/inbox/{number}"
    browser.press(path, f"{path}/kind", kind="auto-reply")
    assert "It is an absence note now" in browser.get("/console/inbox").text
    header = "Auto-Submitted: auto-replied\n"
    other = web.mail.get(web.mail.own("owner"), header=header, subject="Not away").number
    assert f"/console/inbox/{other}" in browser.get("/console/inbox/others").text
    page = browser.get(f"/console/inbox/{other}").text
    assert "The service dealt with it by itself." in page
    assert "/answer" not in page
    browser.press(f"/console/inbox/{other}", f"/console/inbox/{other}/kind", kind="person")
    assert f"/console/inbox/{other}/answer" in browser.get(f"/console/inbox/{other}").text
    assert browser.press(path, f"{path}/kind", kind="challenge").status_code == 400


def test_whoever_may_only_read_sees_no_buttons_and_is_refused(web: WebService) -> None:
    """An editor reads the inbox; a reader sees none of it."""
    number = letter(web)
    browser = signed_in(web, Role.EDITOR)
    page = browser.get(f"/console/inbox/{number}").text
    assert "I cannot find the page." in page
    assert "/console/inbox/act" not in page
    assert f"/console/inbox/{number}/answer" not in page
    answer = browser.press("/console/account", f"/console/inbox/{number}/answer", text="x")
    assert answer.status_code == 403
    failed = browser.press("/console/account", "/console/inbox/act", deed="drop", mail=str(number))
    assert "Your role does not allow this." in failed.text
    other = Browser(web)
    other.sign_in(add_user(web, "ben@example.org", Role.READER, "Ben").address)
    for path in ("", f"/{number}", f"/{number}/page", f"/{number}/source", f"/{number}/files/1"):
        assert other.get(f"/console/inbox{path}").status_code == 403
    assert "/console/inbox" not in other.get("/console").text


def test_counts_in_the_navigation_do_not_break_the_page_of_an_error(web: WebService) -> None:
    """It is made where nobody acts any more."""
    letter(web)
    browser = signed_in(web)
    missing = browser.get("/console/inbox/99")
    assert missing.status_code == 404
    assert 'class="badge">1<' in missing.text


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_every_page_has_its_words(language: str) -> None:
    """No text is missing in any language, whatever a mail is there for."""
    texts = texts_of(language)
    wanted = [f"why.{one}" for one in Why] + [f"groups.{one}" for one in Group]
    wanted += [f"{group}.{one}" for group in ("deed", "bulk", "did") for one in Deed]
    wanted += [f"{group}.{one}" for group in ("tabs", "standing", "empty") for one in Standing]
    wanted += [f"kinds.{one}" for one in Kind]
    wanted += [f"type.{one}" for one in Type]
    assert [one for one in wanted if f"console_inbox.{one}" not in texts] == []
    english = {one for one in texts_of("en") if one.startswith("console_inbox.")}
    assert english == {one for one in texts if one.startswith("console_inbox.")}
