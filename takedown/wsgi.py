"""Entry point of the web server."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from takedown import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takedown.settings")

embedded.hold(settings.VAR, settings.EMBEDDED)

application = get_wsgi_application()
