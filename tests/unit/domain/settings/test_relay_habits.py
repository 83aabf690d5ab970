"""Knowledge about some providers' relays, by the names of their hosts."""

from __future__ import annotations

import pytest

from mailer.domain.settings.relay_habits import HABITS, habit_of
from mailer.domain.settings.setting import UNSIGNED

HOSTS = {
    "email-smtp.eu-west-1.amazonaws.com": "Amazon SES",
    "EMAIL-SMTP.us-east-1.amazonaws.com.": "Amazon SES",
    "email-smtp-fips.us-gov-west-1.amazonaws.com": "Amazon SES",
    "email-smtp.cn-north-1.amazonaws.com.cn": "Amazon SES",
    "vpce-0a1b-2c3d.email-smtp.us-west-2.vpce.amazonaws.com": "Amazon SES",
    "smtp.mail.eu-west-1.awsapps.com": "Amazon SES",
    "smtp.postmarkapp.com": "Postmark",
    "smtp-broadcasts.postmarkapp.com": "Postmark",
    "ec2-203-0-113-7.eu-west-1.compute.amazonaws.com": None,
    "email-smtp.eu-west-1.amazonaws.com.example.net": None,
    "mail.example.org": None,
    "127.0.0.1": None,
}


@pytest.mark.parametrize("host", HOSTS)
def test_relays_of_providers_are_known_by_their_names(host: str) -> None:
    """An operator who is not warned learns of it from the bounces."""
    found = habit_of(host)
    assert (found.provider if found else None) == HOSTS[host]


def test_what_a_provider_writes_anew_can_be_left_out() -> None:
    """Advice that the settings refuse would be none."""
    assert all(set(habit.rewrites) <= set(UNSIGNED) for habit in HABITS)
