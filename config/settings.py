"""All settings. Each comes from the environment; docs/install.md has the table.

Three ways to run: the embedded default of `bin/up` (ENISHI_ENV=embedded), tests (ENISHI_ENV=test) and production.
Production refuses to start without a secret key, a field key and allowed hosts.
"""

import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from . import env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.text("ENISHI_VAR", "") or BASE_DIR / "var")  # empty is as good as not set, as config/launch/places.py has it
TESTING = "pytest" in sys.modules or env.text("ENISHI_ENV") == "test"
MODE = "test" if TESTING else env.text("ENISHI_ENV", "production")
EMBEDDED = MODE in {"embedded", "test"}
DEBUG = env.flag("ENISHI_DEBUG")


def _needed(name: str, embedded: str) -> str:
    value = env.text(name)
    if value:
        return value
    if EMBEDDED:
        return embedded
    raise ImproperlyConfigured(f"{name} is not set. Production does not start without it; see docs/install.md.")


SECRET_KEY = _needed("SECRET_KEY", "embedded-only-key-bin-up-writes-a-real-one-into-var-secret-key")
# Keys for columns encrypted at rest, newest first, comma separated (Fernet keys).
FIELD_KEYS = [k.strip() for k in _needed("FIELD_KEYS", "ZW5pc2hpLXRlc3Qta2V5LW9ubHktMzItYnl0ZXMtISE=").split(",")]
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS") or (["localhost", "127.0.0.1", "[::1]", "testserver"] if EMBEDDED else [])
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is not set. Production does not start without it; see docs/install.md.")
# Links in mails and OAuth redirects are built from this, never from the Host header.
BASE_URL = env.text("BASE_URL", "http://localhost:8000").rstrip("/")
HTTPS = env.flag("HTTPS", default=not EMBEDDED)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "core",
    "crm",
    "automation",
    "social",
    "helpdesk",
    "campaigns",
    "admin_console",
]

MIDDLEWARE = [
    "core.web.middleware.RequestId",
    # Before what answers by itself: a redirect to HTTPS and a static file have a policy, too (W2).
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.web.middleware.Person",
    "core.web.seats.Seats",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "core.web.middleware.Saved",
    "core.web.middleware.ClosedDoor",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.web.menu.shell",
            ],
            "loaders": [
                (
                    "core.web.folding.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "builtins": [
                "core.web.tags",
                "core.web.drawing",
                "core.web.shell",
                "django.templatetags.i18n",
                "django.templatetags.l10n",
                "django.templatetags.static",
            ],
        },
    }
]

# The usual inputs are drawn in Python, the others from templates/ (core/web/widgets.py).
FORM_RENDERER = "core.web.inputs.Renderer"

DATABASES = {"default": env.database(env.text("DATABASE_URL"), VAR)}
REPLICA_URL = env.text("DATABASE_REPLICA_URL")
if REPLICA_URL:
    DATABASES["replica"] = env.database(REPLICA_URL, VAR)
    DATABASE_ROUTERS = ["config.replica.ReadReplica"]
    MIDDLEWARE.insert(0, "config.replica.FreshOrReplica")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "core.User"
# The plans an account admin chooses from: a table the installer edits.
PLANS = Path(env.text("ENISHI_PLANS") or BASE_DIR / "config" / "plans.toml")

REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
# redis-py spells a unix socket unix://, Celery redis+socket://.
_CELERY_REDIS = REDIS_URL.replace("unix://", "redis+socket://", 1)

CACHES = {
    "default": {
        "BACKEND": "core.web.cache.PatientCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "enishi",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1},
    }
}
# Where the Celery application stands: core.work.tasks loads it with the first message, since pages need none of it.
TASK_APP = "config.celery.app"
CELERY_BROKER_URL = _CELERY_REDIS
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# No task is longer than 120 s, so a lost message comes back after 5 minutes and nothing runs twice meanwhile.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "max_retries": 1,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_step": 0.2, "interval_max": 0.3}
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_TIME_LIMIT = 120
CELERY_BEAT_SCHEDULE = {"tick": {"task": "core.tick", "schedule": 5.0, "options": {"expires": 20}}}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat-schedule")

AUTHENTICATION_BACKENDS = ["core.access.signin.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "core.signin.policy.Length"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_ADAPTER = "core.access.signin.Adapter"
# `key` is the account as seen from one known browser, or from all unknown ones (core.access.signin): so nobody can use up
# the tries of somebody else for good.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/m/ip,8/300s/key",
    "reset_password": "10/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "8/300s/user",
    "change_email": "5/3600s/user",
    "passkey": "30/m/ip",
}
ACCOUNT_FORMS = {
    "reset_password": "core.web.signing_in.ResetForm",
    "reset_password_from_key": "core.web.signing_in.NewPasswordForm",
    "change_password": "core.web.signing_in.ChangeForm",
}
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
PASSWORD_RESET_TIMEOUT = 3600
MFA_ADAPTER = "core.access.signin.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {"authenticate": "core.web.signing_in.CodeForm", "login_webauthn": "core.web.signing_in.PasskeyLoginForm"}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Our own pages ask for the password again (core.web.confirming).
MFA_REAUTHENTICATION_REQUIRED = False
MFA_RATE_LIMITS = {"webauthn_login": "20/m/ip"}
# How many proxies stand before us and add to X-Forwarded-For: only so many of its entries are believed (N7).
PROXIES = env.whole("PROXIES", 1 if env.flag("BEHIND_PROXY") else 0)

SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "enishi_session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "enishi_csrf"
CSRF_FAILURE_VIEW = "core.web.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

SECURE_SSL_REDIRECT = HTTPS and env.flag("SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if env.flag("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ja", _("Japanese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.text("TIME_ZONE", "Asia/Tokyo")
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR / "media"
STORAGES = {
    # Any storage Django knows, object storage included, so that no file lives on one machine alone (docs/scaling.md).
    "default": {"BACKEND": env.text("FILE_STORAGE", "django.core.files.storage.FileSystemStorage")},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if MODE == "production"
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Without this every static file invites scripts of all other sites (N4).
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = MODE != "production"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# Mail. Without a server it goes to the mail tray, where one can look at it.
EMAIL_HOST = env.text("SMTP_HOST")
EMAIL_PORT = env.whole("SMTP_PORT", 587)
EMAIL_HOST_USER = env.text("SMTP_USER")
EMAIL_HOST_PASSWORD = env.text("SMTP_PASSWORD")
SMTP_SECURITY = env.text("SMTP_SECURITY", "starttls")
if SMTP_SECURITY not in {"starttls", "tls", "none"}:
    raise ImproperlyConfigured("SMTP_SECURITY is starttls, tls or none.")
EMAIL_USE_TLS, EMAIL_USE_SSL = SMTP_SECURITY == "starttls", SMTP_SECURITY == "tls"
EMAIL_TIMEOUT = 30
# What the files of one mail may weigh together; on the way they grow by a third, and most servers take 25 MB.
MAIL_MAX_MB = env.whole("MAIL_MAX_MB", 15)
# How many mails of mass mails may leave in a minute, all together. 0 is without limit.
MAIL_PER_MINUTE = env.whole("MAIL_PER_MINUTE", 120)
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else "core.mail.tray.Backend"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("MAIL_FROM") or f"enishi@{urlsplit(BASE_URL).hostname or 'localhost'}"
if TESTING:
    EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

# The house's own settings ------------------------------------------------------------------------------------------
HOME_CURRENCY = env.text("HOME_CURRENCY", "JPY")
IMPORT_MAX_MB = env.whole("IMPORT_MAX_MB", 100)
ATTACHMENT_MAX_MB = env.whole("ATTACHMENT_MAX_MB", 25)
# Seconds a list may take that no index answers, before it is shown in parts. 0 is without end.
LIST_SECONDS = env.whole("LIST_SECONDS", 3)
BIN_DAYS = env.whole("BIN_DAYS", 60)
# Where the networks live. `bin/up` points them at the sandbox; the real ones are a change of settings only.
X_API = env.text("X_API", "https://api.x.com").rstrip("/")
X_SITE = env.text("X_SITE", "https://x.com").rstrip("/")
X_CLIENT_ID = env.text("X_CLIENT_ID")
X_CLIENT_SECRET = env.text("X_CLIENT_SECRET")
# Key and secret for calls without a person and for webhooks, where X shows another pair than the client's.
X_APP_KEY = env.text("X_APP_KEY")
X_APP_SECRET = env.text("X_APP_SECRET")
X_LEVEL = env.text("X_LEVEL", "pay_per_use")
# Where people agree and tokens are given, if not below X_SITE and X_API.
X_AUTHORIZE_URL = env.text("X_AUTHORIZE_URL")
X_TOKEN_URL = env.text("X_TOKEN_URL")
X_REVOKE_URL = env.text("X_REVOKE_URL")
X_APP_TOKEN_URL = env.text("X_APP_TOKEN_URL")
# Names of fields, as they are sent: tweet or post. Both are read.
X_SPELLING = env.text("X_SPELLING", "tweet")
# What X charges, in dollars, where it differs from its price list of August 2026: "post_read=0.005,user_read=0.01".
X_PRICES = {name.strip(): round(float(price) * 1_000_000) for name, _sep, price in (one.partition("=") for one in env.words("X_PRICES"))}
# Seconds between two polls of one mentions stream at the busiest; X's own limit allows 300 calls in 15 minutes.
X_POLL_FLOOR = env.whole("X_POLL_FLOOR", 60)
# … and at the quietest. A mention of a quiet channel may wait this long to become a ticket.
X_POLL_CEILING = env.whole("X_POLL_CEILING", 900)
# Facebook: `bin/up` points these at the sandbox, too. A dead version is answered by the oldest living one; Facebook's page
# "Graph API changelog" says until when each lives (v25.0: July 2028).
FACEBOOK_API = env.text("FACEBOOK_API", "https://graph.facebook.com").rstrip("/")
FACEBOOK_SITE = env.text("FACEBOOK_SITE", "https://www.facebook.com").rstrip("/")
FACEBOOK_VERSION = env.text("FACEBOOK_VERSION", "v25.0")
FACEBOOK_APP_ID = env.text("FACEBOOK_APP_ID")
FACEBOOK_APP_SECRET = env.text("FACEBOOK_APP_SECRET")
# standard, advanced, ppca or human_agent; several with commas between them.
FACEBOOK_LEVEL = env.text("FACEBOOK_LEVEL", "standard")
FACEBOOK_AUTHORIZE_URL = env.text("FACEBOOK_AUTHORIZE_URL")
FACEBOOK_TOKEN_URL = env.text("FACEBOOK_TOKEN_URL")
# Seconds between two looks at one stream of a page, at the busiest and at the quietest.
FACEBOOK_POLL_FLOOR = env.whole("FACEBOOK_POLL_FLOOR", 60)
FACEBOOK_POLL_CEILING = env.whole("FACEBOOK_POLL_CEILING", 900)
# LinkedIn: `bin/up` points these at the sandbox, too. A version lives for about a year after its month.
LINKEDIN_API = env.text("LINKEDIN_API", "https://api.linkedin.com").rstrip("/")
LINKEDIN_SITE = env.text("LINKEDIN_SITE", "https://www.linkedin.com").rstrip("/")
LINKEDIN_VERSION = env.text("LINKEDIN_VERSION", "202608")
LINKEDIN_CLIENT_ID = env.text("LINKEDIN_CLIENT_ID")
LINKEDIN_CLIENT_SECRET = env.text("LINKEDIN_CLIENT_SECRET")
# The number of the app, which stands in the name of a webhook's subscription.
LINKEDIN_APP_ID = env.text("LINKEDIN_APP_ID")
# self_serve, cm_development, cm_standard, or partner by contract. historic is for the sandbox alone.
LINKEDIN_LEVEL = env.text("LINKEDIN_LEVEL", "self_serve")
LINKEDIN_AUTHORIZE_URL = env.text("LINKEDIN_AUTHORIZE_URL")
LINKEDIN_TOKEN_URL = env.text("LINKEDIN_TOKEN_URL")
LINKEDIN_INTROSPECT_URL = env.text("LINKEDIN_INTROSPECT_URL")
LINKEDIN_REVOKE_URL = env.text("LINKEDIN_REVOKE_URL")
# Seconds between two looks at a page, at the busiest and at the quietest: each is a call of the day's allowance.
LINKEDIN_POLL_FLOOR = env.whole("LINKEDIN_POLL_FLOOR", 300)
LINKEDIN_POLL_CEILING = env.whole("LINKEDIN_POLL_CEILING", 900)
# Hosts that may be called although they are on this machine or an inner network: "host:port", comma separated.
INNER_HOSTS = env.words("INNER_HOSTS")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}, "json": {"()": "core.web.logs.JsonLines"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "plain" if EMBEDDED else "json"}},
    "root": {"handlers": ["out"], "level": env.text("LOG_LEVEL", "WARNING" if TESTING else "INFO")},
    "loggers": {"celery": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}

if TESTING:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    CELERY_BROKER_URL = env.text("TEST_BROKER_URL", "memory://")
    STORAGES["default"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
