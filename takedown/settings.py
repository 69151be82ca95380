"""Settings of the project, read from the environment.

Without `DATABASE_URL` this is a development install: servers in `var/`, a generated key, cookies over plain HTTP.
"""

import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env, validate

from takedown import embedded
from takedown.ops.networks import networks

# One thread for linear algebra: the systems are small, and threads that wait for each other cost far more than they give.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# uvloop looks names up in a pool of threads, four by default: as many silent name servers would stop all other look-ups.
os.environ.setdefault("UV_THREADPOOL_SIZE", "256")

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.str("TAKEDOWN_VAR", str(BASE_DIR / "var")))


def _secret(name: str) -> str | None:
    """A secret from `NAME` or from the file that `NAME_FILE` names."""
    path = env.str(f"{name}_FILE", None)
    return Path(path).read_text().strip() if path else env.str(name, None)


def _development_key() -> str:
    path = VAR / "secret_key"
    if not path.exists():
        VAR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()


_database_url = _secret("DATABASE_URL")
DEVELOPMENT = env.bool("DEVELOPMENT", _database_url is None)
DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("DEMO", False)

_key = _secret("SECRET_KEY") or (_development_key() if DEVELOPMENT else None)
if not _key:
    raise ImproperlyConfigured("Set SECRET_KEY (or SECRET_KEY_FILE) to a long random string.")
SECRET_KEY = _key

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]", "testserver"] if DEVELOPMENT else [])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "rest_framework",
    "platforms",
    "takedown",
]

MIDDLEWARE = [
    "takedown.ops.middleware.Traced",
    "takedown.ops.middleware.Probes",
    "takedown.ops.middleware.JsonUnderApi",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "takedown.web.middleware.SessionLimits",
    "takedown.web.middleware.SecondStep",
    "takedown.web.middleware.Walls",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "takedown.urls"
WSGI_APPLICATION = "takedown.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "takedown.web.context.shell",
            ],
        },
    },
]

# Database -----------------------------------------------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **dj_database_url.parse(_database_url or embedded.database_url(VAR)),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "connect_timeout": 5,
    "options": "-c statement_timeout=60000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000",
}
DATABASES["default"]["TEST"] = {"NAME": env.str("TEST_DATABASE", "test_takedown")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
_redis_url = _secret("REDIS_URL")
REDIS_URL = _redis_url or embedded.redis_url(VAR)
EMBEDDED = [name for name, url in zip(embedded.SERVERS, (_database_url, _redis_url), strict=True) if url is None]
"""Servers that whoever starts a process must hold; see `takedown.embedded`."""

# Access -------------------------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "takedown.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"

PASSWORD_RESET_TIMEOUT = 48 * 3600
"""Seconds for which the link with which a new person chooses a password is good."""

SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", not DEMO)
"""Whether those who decide or administer, and everybody where an agency says so, need more than a password."""
if not (SECOND_FACTOR_REQUIRED or DEVELOPMENT):
    raise ImproperlyConfigured(
        "SECOND_FACTOR_REQUIRED can be switched off in a development install only. Neither can DEMO be on elsewhere."
    )

PROXY_COUNT = env.int("PROXY_COUNT", 0)
"""Proxies in front of us; each adds the address it was asked from to `X-Forwarded-For`."""

SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", 30 * 60)
SESSION_ABSOLUTE_SECONDS = env.int("SESSION_ABSOLUTE_SECONDS", 12 * 3600)
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
DEVICE_COOKIE_NAME = "device"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "takedown.ops.pages.forged"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"  # not stricter: browsers would send `Origin: null` with forms, which Django refuses
X_FRAME_OPTIONS = "DENY"
if not DEVELOPMENT:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    DEVICE_COOKIE_NAME = "__Host-device"
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    if PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Language, time, files ----------------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
if DEVELOPMENT:
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_AUTOREFRESH = True
else:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "takedown.web.storage.StaticStorage"},
    }

# Mail ---------------------------------------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "takedown@localhost")
if DEVELOPMENT:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR / "mail"
else:
    EMAIL_HOST = env.str("EMAIL_HOST", "localhost")
    EMAIL_PORT = env.int("EMAIL_PORT", 25)
    EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
    EMAIL_HOST_PASSWORD = _secret("EMAIL_HOST_PASSWORD") or ""
    EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", False)
    EMAIL_TIMEOUT = 20

# Credentials of platforms -------------------------------------------------------------------------------------------------------

_credentials_keys = (_secret("CREDENTIALS_KEYS") or "").split()
if not _credentials_keys and not DEVELOPMENT:
    raise ImproperlyConfigured("Set CREDENTIALS_KEYS (or CREDENTIALS_KEYS_FILE) to one or more long random strings, the current one first.")
CREDENTIALS_KEYS = _credentials_keys or [SECRET_KEY]
"""Keys that platform credentials are encrypted with: the first seals, all open. Add a new one in front to change it."""

# Links for platforms' answers ---------------------------------------------------------------------------------------------------

_answer_keys = (_secret("ANSWER_KEYS") or "").split()
if not _answer_keys and not DEVELOPMENT:
    raise ImproperlyConfigured("Set ANSWER_KEYS (or ANSWER_KEYS_FILE) to one or more long random strings, the current one first.")
ANSWER_KEYS = _answer_keys or [SECRET_KEY]
"""Keys that the links are signed with under which platforms answer orders: the first signs, all are accepted."""

# API ----------------------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["takedown.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["takedown.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["takedown.api.parsers.StrictJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "takedown.api.pagination.ById",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "takedown.api.problems.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": None,
}
DRF_STANDARDIZED_ERRORS = {"EXCEPTION_FORMATTER_CLASS": "takedown.api.problems.ProblemFormatter", "NESTED_FIELD_SEPARATOR": "/"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Takedown",
    "DESCRIPTION": "Report extremist content and follow what becomes of it.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {"Verdict": "takedown.choices.VerdictValue"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 12_000_000  # 500 reports with the longest notes

# Paper --------------------------------------------------------------------------------------------------------------------------

FONTS_DIR = env.str("FONTS_DIR", "")
"""A folder with more fonts for removal orders, for scripts that ours lack."""

# Engine -------------------------------------------------------------------------------------------------------------------------

BROKER_PREFIX = env.str("BROKER_PREFIX", "takedown:")
LOOK_LEASE_SECONDS = env.int("LOOK_LEASE_SECONDS", 60)
"""How long a claimed item waits before another worker may look at it. Longer than the slowest look."""
FETCH_SECONDS = min(15.0, LOOK_LEASE_SECONDS / 4)
"""Longest HTTP request, redirects included."""
LOOK_SECONDS = min(24.0, LOOK_LEASE_SECONDS * 0.4)
"""Longest look at one batch, which may take several requests. It must end well before its lease."""
LOOKS_IN_FLIGHT = env.int("LOOKS_IN_FLIGHT", 64)
DISPATCH_LEASE_SECONDS = env.int("DISPATCH_LEASE_SECONDS", 120)
FETCH_ALLOWED_HOSTS: frozenset[str] = frozenset(env.list("FETCH_ALLOWED_HOSTS", []))
"""`host:port` entries that the address guard lets through: the sandbox in development, nothing in production."""
VANTAGE = env.str("VANTAGE", "")
"""Country code of the address that looks leave from; part of every observation, for withholding differs by country."""
CONTACT = env.str("CONTACT", "https://takedown.invalid/contact")
"""Where a platform can reach whoever runs this install; part of the User-Agent."""

SENT_JOURNAL = env.str("SENT_JOURNAL", str(VAR / "sent.journal") if DEVELOPMENT else "")
"""File that says what left, for a database that is restored from a backup. On another disk than the database; empty: none is kept."""

# Running ------------------------------------------------------------------------------------------------------------------------

PROXY_COUNT = env.int("PROXY_COUNT", 0)
METRICS_NETWORKS = networks(env.list("METRICS_NETWORKS", ["127.0.0.0/8", "::1"]))
"""Who may read measurements, and what exactly is late."""

LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOG_FORMAT = env.str("LOG_FORMAT", "line" if DEVELOPMENT else "json", validate=validate.OneOf(("line", "json")))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_paths": {"()": "takedown.ops.logs.WithoutPaths"}},
    "formatters": {
        "line": {"()": "takedown.ops.logs.PlainLine", "format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "takedown.ops.logs.JsonLine"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["without_paths"]}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "celery": {"level": "WARNING"},
        # Ours carry ids, and no handler but the one above.
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "gunicorn.error": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # It writes paths as soon as any logging is configured, and a path may hold a token.
        "gunicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}
