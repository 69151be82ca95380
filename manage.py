#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line

from takedown import embedded

NEED_NO_SERVER = {"check", "collectstatic", "spectacular"}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takedown.settings")
    if len(sys.argv) > 1 and sys.argv[1] not in NEED_NO_SERVER:
        embedded.hold(settings.VAR, settings.EMBEDDED)
    execute_from_command_line(sys.argv)
