"""Reports of DMARC and TLS as receivers send them, in mails."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, Final

BEGIN: Final = datetime(2023, 4, 11, tzinfo=UTC)
DOMAIN: Final = "lists.example.org"

ROW: Final = """<record><row><source_ip>{source}</source_ip><count>{count}</count>
<policy_evaluated><disposition>{done}</disposition><dkim>{dkim}</dkim><spf>{spf}</spf></policy_evaluated>
</row><identifiers><header_from>{author}</header_from></identifiers></record>"""


def row(source: str, count: Any, dkim: str = "pass", spf: str = "fail", **other: str) -> str:
    """Write one row."""
    given = {"done": "none", "author": DOMAIN} | other
    return ROW.format(source=source, count=count, dkim=dkim, spf=spf, **given)


def dmarc(*rows: str, begin: datetime = BEGIN, id_: str = "r1", root: str = "<feedback>") -> bytes:
    """Write an aggregate report (RFC 7489 appendix C)."""
    seconds = int(begin.timestamp())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{root}<version>1.0</version>'
        "<report_metadata><org_name>receiver.example</org_name><email>r@receiver.example</email>"
        f"<report_id>{id_}</report_id><date_range><begin>{seconds}</begin>"
        f"<end>{seconds + 86399}</end></date_range></report_metadata>"
        f"<policy_published><domain>{DOMAIN}</domain><p>none</p></policy_published>"
        f"{''.join(rows)}</feedback>"
    ).encode()


def tls(good: int = 50, bad: int = 3, begin: str = "2023-04-11T00:00:00Z") -> bytes:
    """Write a report of TLS (RFC 8460 section 4)."""
    failure = {"result-type": "certificate-expired", "failed-session-count": bad}
    policy = {
        "policy": {"policy-type": "sts", "policy-domain": DOMAIN},
        "summary": {
            "total-successful-session-count": good,
            "total-failure-session-count": bad,
        },
        "failure-details": [failure],
    }
    dates = {"start-datetime": begin, "end-datetime": "2023-04-11T23:59:59Z"}
    told = {"organization-name": "Receiver Inc", "report-id": "t1", "date-range": dates}
    return json.dumps(told | {"policies": [policy]}).encode()


def zipped(*files: bytes) -> bytes:
    """Pack files into a zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, file in enumerate(files):
            archive.writestr(f"report{place}.xml", file)
    return made.getvalue()


def mail(data: bytes, name: str = "", subtype: str = "gzip", **fields: str) -> bytes:
    """Put a file into a mail as receivers do."""
    begin = int(BEGIN.timestamp())
    made = EmailMessage()
    made["From"] = "noreply-dmarc@receiver.example"
    made["To"] = f"postmaster@{DOMAIN}"
    made["Subject"] = f"Report Domain: {DOMAIN} Submitter: receiver.example Report-ID: <r1>"
    for field, value in fields.items():
        made[field.replace("_", "-")] = value
    made.set_content("This is a report.")
    name = name or f"receiver.example!{DOMAIN}!{begin}!{begin + 86399}.xml.gz"
    made.add_attachment(data, maintype="application", subtype=subtype, filename=name)
    return made.as_bytes()


def dmarc_mail(*rows: str, **options: Any) -> bytes:
    """Return a mail with an aggregate report."""
    return mail(gzip.compress(dmarc(*rows, **options)))


def tls_mail(**options: Any) -> bytes:
    """Return a mail with a report of TLS."""
    name = f"receiver.example!{DOMAIN}!1681171200!1681257599!001.json.gz"
    return mail(gzip.compress(tls(**options)), name, "tlsrpt+gzip")
