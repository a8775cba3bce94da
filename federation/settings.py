"""The one settings module. Every value comes from the environment (or a .env file) and fails loudly.

Two ways to run share it: the embedded default (SQLite, filesystem broker, one folder of data) and
production (PostgreSQL by DATABASE_URL, Redis by CELERY_BROKER_URL). README.md lists the variables.
"""

from pathlib import Path

import environ

from federation.shared.keys import KeyFile

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

DATA_DIR = Path(env("FEDERATION_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
# True when a TLS proxy stands in front: secure cookies, HSTS and the redirect need it.
HTTPS = env.bool("FEDERATION_HTTPS", default=False)

# What pages show before anybody has logged in, and where the footer says to ask for help (also by message:
# deaf users do not telephone).
FEDERATION_UNIT_NAME = env("FEDERATION_UNIT_NAME", default="")
FEDERATION_CONTACT = env("FEDERATION_CONTACT", default="")

KEYS = KeyFile.load_or_create(Path(env("FEDERATION_KEY_FILE", default=str(DATA_DIR / "keys" / "keys.json"))))
# Who was erased, as keyed hashes: outside what a restore puts back, so that a restored backup erases again.
FEDERATION_ERASURE_LIST = Path(env("FEDERATION_ERASURE_LIST", default=str(DATA_DIR / "erasures.txt")))
SECRET_KEY = env("SECRET_KEY", default=KEYS.django_secret)
# "aes-256-gcm" or "sm4-gcm": what new sealed values are written with; both are always readable.
SEALING_CIPHER = env("FEDERATION_SEALING_CIPHER", default="aes-256-gcm")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "treebeard",
    "django_filters",
    "django_htmx",
    "import_export",
    "rest_framework",
    "drf_spectacular",
    "drf_standardized_errors",
    "axes",
    "csp",
    "django_structlog",
    "federation.shared",
    "orgs",
    "accounts",
    "committees",
    "ledgers",
    "assessments",
    "campaigns",
    "federation.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "federation.shared.logs.RequestLogMiddleware",
    "federation.shared.audit.RequestContextMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.sessions.SessionLimitMiddleware",
    "federation.shared.permissions.PermissionMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "federation.urls"
WSGI_APPLICATION = "federation.wsgi.application"

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
                "federation.shared.context.page_context",
            ],
            "builtins": ["federation.shared.templatetags.ui"],
        },
    }
]

# --- database -------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'federation.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE takes the write lock at BEGIN, so two writers wait instead of failing half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # A page cache of 32 MB instead of 2: in a large table every row looked up begins with the same upper pages.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
        "PRAGMA cache_size=-32768;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Compiling a query takes longer than our queries do; the planner expects the opposite of a wide page.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
# Opening one costs SQLite 3 ms of reading its schema, PostgreSQL a process.
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people who log in ----------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name", "phone_extension")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_IPWARE_PROXY_COUNT = env.int("FEDERATION_PROXY_COUNT", default=0)
AXES_VERBOSE = False
# Whatever somebody typed or searched for is not kept in the tables of attempts.
AXES_USERNAME_CALLABLE = "accounts.attempts.name_to_count"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "next"]
# The longest a login lasts; without a request it ends after FEDERATION_IDLE_SECONDS, and its page warns some
# seconds before (accounts.sessions). The session outlives the login by name only: a form sent too late can wait in it.
FEDERATION_LOGIN_SECONDS = 8 * 3600
FEDERATION_IDLE_SECONDS = 30 * 60
FEDERATION_WARNING_SECONDS = 180
SESSION_COOKIE_AGE = 24 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "federation.shared.errors.csrf_failure"

# --- language and time ----------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
DATE_FORMAT = "Y 年 n 月 j 日"

# --- files ----------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env("FEDERATION_STATIC_STORAGE", default="federation.shared.static_storage.GzippedManifestStorage")
    },
}
FORM_RENDERER = "federation.shared.forms.HouseRenderer"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Where uploads lie open while they are read (federation.shared.private_temp).
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "temp"
FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, exist_ok=True)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- security headers -----------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # Those who watch ask from inside, without the proxy.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 31536000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if not host.startswith("[")]

# --- jobs -----------------------------------------------------------------------------------
CELERY_BROKER_URL = env("CELERY_BROKER_URL", default="filesystem://")
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
# Kilobytes after which a pool process is renewed, between two tasks.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 800_000
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
if CELERY_BROKER_URL.startswith("filesystem"):
    CELERY_BROKER_TRANSPORT = "federation.shared.broker:Transport"
    _broker = DATA_DIR / "broker"
    for _name in ("messages", "processed", "control"):
        (_broker / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker / "messages"),
        "data_folder_out": str(_broker / "messages"),
        "processed_folder": str(_broker / "processed"),
        "control_folder": str(_broker / "control"),
        "store_processed": False,
        "polling_interval": 0.3,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 600,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        # A page that starts a job must not wait for a broker that is away: the sweep posts it later.
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        "max_retries": 1,
        "interval_start": 0,
        "connect_retries_timeout": 1,
    }

CACHES = {"default": env.cache("CACHE_URL", default="dbcache://federation_cache")}

# --- REST -----------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api_auth.MachineKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api_auth.GrantedResource"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_standardized_errors.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api_auth.KeyRate"],
    "UNAUTHENTICATED_USER": None,
    # One format, so that no parameter of an address or query chooses another.
    "URL_FORMAT_OVERRIDE": None,
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_FORMATTER_CLASS": "federation.shared.rest.Sentences",
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
    "ERROR_SCHEMAS": dict.fromkeys(
        ("400", "401", "403", "404", "405", "406", "415", "429", "500"), "federation.shared.rest.ErrorAnswer"
    ),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "残联基层组织管理 REST 接口",
    "DESCRIPTION": "供上级残联按年度读取机构、达标率、考核结果的接口；只给出统计数，不给出个人信息。",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

# --- logs: structured, one line of JSON each, never personal data --------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "federation.shared.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    # They say again what the line of the request and the audit log say.
    "loggers": {"django.request": {"level": "CRITICAL"}, "axes": {"level": "WARNING"}},
}
# The line at the end of a request is enough; the address stands in the audit log alone.
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = 10
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False

# What a roster file may be at most (domain limit; a clear message above it).
ROSTER_MAX_BYTES = 50 * 1024 * 1024
ROSTER_MAX_ROWS = 200_000

# Lists that leave as files: from how many rows on, or with any whole number in it, a second person must agree; and for
# how long the file can be fetched.
FEDERATION_EXPORT_SECOND_PERSON_ROWS = env.int("FEDERATION_EXPORT_SECOND_PERSON_ROWS", default=1000)
# Lists without personal data are given at once up to so many rows, above it as a job.
FEDERATION_EXPORT_AT_ONCE_ROWS = env.int("FEDERATION_EXPORT_AT_ONCE_ROWS", default=5000)
FEDERATION_EXPORT_HOURS = 24

# How many days before a contract or certificate of a committee member runs out the office is warned.
FEDERATION_MEMBER_WARNING_DAYS = env.int("FEDERATION_MEMBER_WARNING_DAYS", default=60)

# How many working days a member has to object to a published appraisal, and a nomination is made public at least.
FEDERATION_OBJECTION_WORKING_DAYS = env.int("FEDERATION_OBJECTION_WORKING_DAYS", default=10)
FEDERATION_PUBLICITY_WORKING_DAYS = env.int("FEDERATION_PUBLICITY_WORKING_DAYS", default=5)
# Days off between Monday and Friday, and worked weekends, as announced for each year: 2026-10-01,2026-10-02.
FEDERATION_HOLIDAYS = frozenset(env.list("FEDERATION_HOLIDAYS", default=[]))
FEDERATION_WORKED_WEEKENDS = frozenset(env.list("FEDERATION_WORKED_WEEKENDS", default=[]))
