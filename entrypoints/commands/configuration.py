"""What every command does first: read the settings, say what is odd about them, and set logging up."""

from __future__ import annotations

import faulthandler
import os

import click

from entrypoints.log import setup_logging
from entrypoints.printable import make_printable
from entrypoints.settings import Settings, read_settings

_STDERR = 2


def load_settings(*, is_service: bool = False) -> Settings:
    """Read the settings and warn of what nothing reads.

    A service logs as the settings say. Anything else logs for people, in text, and by default only what is wrong: a
    LOG_LEVEL of info, the default, counts as none. A service also tells where it
    was when native code crashes it.

    Raises:
        SettingsError: Something is set that can't be used.
    """
    settings, warnings = read_settings(os.environ)
    for warning in warnings:
        click.echo(f"galley: {make_printable(warning)}", err=True)
    if is_service:
        setup_logging(settings.log_level, settings.log_format)
        faulthandler.enable(_STDERR)
    else:
        setup_logging("warning" if settings.log_level == "info" else settings.log_level, settings.log_format or "text")
    return settings
