"""The settings in force."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from pydantic import Field, JsonValue

from mailer.services.operation.settings_shown import shown
from mailer.web.api.models import Model
from mailer.web.api.operation import operation
from mailer.web.site import site_of

router = APIRouter(tags=["settings"])


class Setting(Model):
    """One setting."""

    value: JsonValue = Field(description="Passwords are masked.")
    origin: str = Field(description="Where it was given.")


class Settings(Model):
    """All settings, by name."""

    settings: Mapping[str, Setting]


@router.get("/settings", **operation("settings.show"))
def show(request: Request) -> Settings:
    """Show each setting in force, and its origin; passwords are masked."""
    found = shown(site_of(request).settings)
    return Settings(
        settings={name: Setting(value=one.value, origin=one.origin) for name, one in found.items()}
    )
