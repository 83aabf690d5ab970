"""The user's own account."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from mailer.content.language.words import first_upper
from mailer.content.rendering.service_mail import name_of
from mailer.domain.access.mails import Topic, offered
from mailer.services.access.signing_in.sessions import Signed
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.problems import PageError

router = APIRouter(route_class=ConsoleRoute)


@router.get("/console/account")
def account(request: Request, visit: Here, signed: SignedIn) -> Response:
    """Show the sessions, the ways to sign in, and the language."""
    return account_page(request, visit, signed)


def account_page(
    request: Request, visit: Visit, signed: Signed, *, problem: str = "", status: int = 200
) -> Response:
    """Make the page of the account, with what went wrong on it."""
    codes, password = visit.site.settings.languages, visit.site.passwords.of(signed)
    return show(
        request,
        visit,
        "account.html.j2",
        problem=problem,
        status=status,
        passkeys=visit.site.passkeys.of(signed),
        recovery=len(password.recovery) if password else None,
        sessions=visit.site.sessions.listed(signed),
        own=signed.session.id,
        mails=[
            (
                topic.value,
                visit.site.say(visit.language)(f"console.account.mails_{_key(topic)}"),
                "",
            )
            for topic in offered(signed.user.role)
        ],
        wanted={topic.value for topic in Topic if signed.user.wants(topic)},
        readable=[(code, first_upper(name_of(code, code))) for code in codes],
    )


@router.post("/console/account/language")
def speak(visit: Here, signed: SignedIn) -> Response:
    """Change the language of the console and of mails to the user."""
    language = visit.fields.one("language")
    if language not in visit.site.settings.languages:
        raise PageError(400)
    visit.site.sessions.speak(signed, language)
    return lead(visit, "/console/account")


@router.post("/console/account/mails")
def choose_mails(visit: Here, signed: SignedIn) -> Response:
    """Choose which mails about the service's work the user gets."""
    known = {topic.value: topic for topic in Topic}
    chosen = [known[name] for name in visit.fields.all("topics") if name in known]
    visit.site.sessions.choose_mails(signed, chosen)
    return lead(visit, "/console/account", Notice("console.account.mails_saved"))


def _key(topic: Topic) -> str:
    return topic.value.replace("-", "_")


@router.post("/console/account/sessions/end")
def end_all(visit: Here, signed: SignedIn) -> Response:
    """Sign out everywhere."""
    visit.site.sessions.end_all(signed)
    visit.ended = True
    return lead(visit, "/console/sign-in")


@router.post("/console/account/sessions/{name}/end")
def revoke(visit: Here, signed: SignedIn, name: str) -> Response:
    """End one session."""
    visit.site.sessions.revoke(signed, name)
    visit.ended = name == signed.session.id
    return lead(visit, "/console/account")
