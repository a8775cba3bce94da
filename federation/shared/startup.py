"""What must be right before anything is served: each fault one Chinese sentence with its cure, no trace.

Settings are looked at by every process that starts; what lies around them (database, broker) by the launcher
and by the first process of gunicorn and of a worker, so that a page process that is renewed while Redis is
away comes up all the same.
"""

import contextlib
import ipaddress
import os
import sys
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from federation.shared.keys import KeyFileError

SECRET_LENGTH = 50
ENGINES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")


class StartRefused(SystemExit):
    """Ends the process with the sentences on standard error and exit code 2."""

    def __init__(self, sentences: list[str]):
        for sentence in sentences:
            print(f"不能启动：{sentence}", file=sys.stderr)  # noqa: T201
        super().__init__(2)


def load_settings():
    """Read the settings; what is wrong in them is said, not traced."""
    try:
        settings.INSTALLED_APPS  # noqa: B018
    except KeyFileError as error:
        raise StartRefused([str(error)]) from None
    except OSError as error:
        where = error.filename or os.environ.get("FEDERATION_DATA_DIR", "var")
        raise StartRefused([folder_fault(where)]) from None
    except (ImproperlyConfigured, ValueError) as error:
        raise StartRefused([f"设置有误（{error}）。请对照 README.md 检查 .env 文件和环境变量。"]) from None
    if settings.DATABASES["default"]["ENGINE"] not in ENGINES:
        raise StartRefused(
            ["不认识 DATABASE_URL 里的数据库种类。请写成 sqlite:///文件 或 postgres://账号:密码@地址/库名。"]
        )


def folder_fault(where) -> str:
    return f"数据目录不能写入（{where}）。请检查 FEDERATION_DATA_DIR 指定的目录是否存在、运行账号能否写入。"


def refuse_bad_settings():
    """For every process: settings that no cure outside them can mend."""
    load_settings()
    django.setup()
    sentences = faults_in_settings()
    if sentences:
        raise StartRefused(sentences)


def refuse_bad_start(host: str = ""):
    """For the process that starts the others: settings, data folder, database and broker."""
    load_settings()
    django.setup()
    sentences = faults_in_settings(host) or faults_around()
    if sentences:
        raise StartRefused(sentences)


def is_local(host: str) -> bool:
    """True for names that only this computer answers to."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def faults_in_settings(host: str = "") -> list[str]:
    from federation.shared.sealed import CIPHERS

    faults = []
    if _is_weak(settings.SECRET_KEY):
        faults.append(
            f"SECRET_KEY 太短或太简单（至少 {SECRET_LENGTH} 个随机字符）。"
            "请删除这项设置，由程序自动生成，或改用足够长的随机字符。"
        )
    if any(name.strip() in ("*", ".", "") for name in settings.ALLOWED_HOSTS):
        faults.append("ALLOWED_HOSTS 不能写“*”或留空。请写明本系统的网址，例如 ALLOWED_HOSTS=cl.example.gov.cn。")
    public = [name for name in [*settings.ALLOWED_HOSTS, *([host] if host else [])] if not is_local(name)]
    if settings.DEBUG and public:
        faults.append(f"DEBUG 已打开，不能对外服务（{public[0]}）。请设 DEBUG=False，或只用 127.0.0.1 访问。")
    if settings.SEALING_CIPHER not in CIPHERS:
        known = "、".join(CIPHERS)
        faults.append(f"不认识加密方式 {settings.SEALING_CIPHER}。请把 FEDERATION_SEALING_CIPHER 设为 {known} 之一。")
    return faults


def _is_weak(secret: str) -> bool:
    return len(secret) < SECRET_LENGTH or len(set(secret)) < 10 or secret.startswith("django-insecure")


def faults_around() -> list[str]:
    """What the data folder, the database and the broker say now."""
    return [fault for fault in (_fault_of_folder(), _fault_of_database(), _fault_of_broker()) if fault]


def _fault_of_folder() -> str:
    probe = settings.DATA_DIR / f".write-{os.getpid()}"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError:
        return folder_fault(settings.DATA_DIR)
    return ""


def _fault_of_database() -> str:
    from django.db import DatabaseError, connection

    stored = settings.DATABASES["default"]
    try:
        connection.ensure_connection()
        version = connection.pg_version if connection.vendor == "postgresql" else None
    except (DatabaseError, ImproperlyConfigured):
        where = "/".join(str(stored.get(key, "")) for key in ("HOST", "NAME") if stored.get(key))
        return f"连不上数据库（{where}）。请确认数据库已启动，并检查 DATABASE_URL 中的地址、库名、账号和密码。"
    if version is not None and version < 150000:
        return f"PostgreSQL 版本过低（{version // 10000}）。请升级到 15 或更高版本。"
    return ""


def _fault_of_broker() -> str:
    url = settings.CELERY_BROKER_URL
    address = urlsplit(url)
    if address.scheme in ("redis", "rediss"):
        return _fault_of_redis(url, address)
    from kombu import Connection
    from kombu.exceptions import KombuError

    try:
        with Connection(url, transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS) as broker:
            broker.ensure_connection(max_retries=1, timeout=3)
    except (KombuError, OSError):
        return f"连不上消息服务（{address.hostname or url}）。请确认它已启动，并检查 CELERY_BROKER_URL。"
    return ""


def _fault_of_redis(url: str, address) -> str:
    import redis

    client = redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3)
    where = f"{address.hostname}:{address.port or 6379}"
    try:
        client.ping()
        policy = _policy(client)
    except (redis.RedisError, OSError):
        return f"连不上 Redis（{where}）。请确认 Redis 已启动，并检查 CELERY_BROKER_URL 中的地址和密码。"
    finally:
        client.close()
    if policy not in ("noeviction", None):
        return (
            f"Redis 的 maxmemory-policy 是 {policy}，内存满时会丢掉任务消息。"
            "请在 Redis 中执行 CONFIG SET maxmemory-policy noeviction，并写进它的配置文件。"
        )
    if not address.password and not is_local(address.hostname or "localhost"):
        return f"Redis（{where}）没有设密码。请给 Redis 设置密码，并写进 CELERY_BROKER_URL（redis://:密码@地址/0）。"
    return ""


def _policy(client) -> str | None:
    """The eviction policy; None where this account may not read it."""
    import redis

    with contextlib.suppress(redis.ResponseError):
        return client.config_get("maxmemory-policy").get("maxmemory-policy")
    return None


@checks.register(checks.Tags.security)
def settings_are_safe(app_configs, **options):
    """The same sentences for `manage.py check`."""
    return [checks.Error(sentence, id="federation.E001") for sentence in faults_in_settings()]
