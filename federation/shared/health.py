"""Two pages for those who watch: alive (this process answers) and ready (what it needs is there).

Broker and worker away leave the pages working: they are named and the answer stays 200, so that a proxy does
not take the pages away as well; `?strict=1`, for monitoring, answers 503 for them too.
"""

import shutil
import time

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse
from kombu import Connection
from kombu.exceptions import KombuError

from federation.shared.jobs import gate
from federation.shared.models.jobs import DatabaseClock, WorkerHost
from federation.shared.permissions import PUBLIC, requires

FREE_BYTES = 500 * 1024 * 1024
WORKER_SECONDS = 60
# The page is public: however often it is asked, the look around is taken at most once in this time.
KEEP_SECONDS = 2

NEEDED = ("database", "migrations", "disk")


@requires(PUBLIC)
def healthz(request):
    return JsonResponse({"status": "ok"})


@requires(PUBLIC)
def readyz(request):
    faults = look_around()
    needed = [name for name in NEEDED if faults.get(name)]
    status = "unready" if needed else "degraded" if any(faults.values()) else "ready"
    unwell = needed or (any(faults.values()) and request.GET.get("strict"))
    body = {"status": status, "parts": {name: fault or "ok" for name, fault in faults.items()}}
    return JsonResponse(body, status=503 if unwell else 200, json_dumps_params={"ensure_ascii": False})


_seen: tuple[float, dict] = (0.0, {})
_migrated = False


def look_around() -> dict[str, str]:
    """Each part's fault in words, "" where it is well."""
    global _seen
    at, faults = _seen
    if faults and time.monotonic() - at < KEEP_SECONDS:
        return faults
    faults = {"database": _database()}
    faults["migrations"] = _migrations() if not faults["database"] else "数据库连不上，无法检查。"
    faults["worker"] = _worker() if not faults["migrations"] else "数据库没有就绪，无法检查。"
    faults["jobs"] = _jobs() if not faults["migrations"] else "数据库没有就绪，无法检查。"
    faults["broker"] = _broker()
    faults["disk"] = _disk()
    _seen = (time.monotonic(), faults)
    return faults


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "数据库连不上。请检查数据库是否在运行。"
    return ""


def _migrations() -> str:
    global _migrated
    if _migrated:
        return ""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return "数据库结构还没有更新。请运行 manage.py migrate。"
    # The code of this process does not change any more; nor does this.
    _migrated = True
    return ""


def _worker() -> str:
    if WorkerHost.objects.filter(seen_at__gt=DatabaseClock(-WORKER_SECONDS)).exists():
        return ""
    return "后台程序超过 1 分钟没有动静，导入和考核会停着。请检查 worker 是否在运行。"


def _jobs() -> str:
    return "" if gate.jobs_may_run() else gate.HELD


def _broker() -> str:
    try:
        with Connection(
            settings.CELERY_BROKER_URL, transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS
        ) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (KombuError, OSError):
        return "消息服务连不上，新任务会晚一些开始。请检查 Redis 是否在运行。"
    return ""


def _disk() -> str:
    try:
        free = shutil.disk_usage(settings.DATA_DIR).free
    except OSError:
        return "数据目录打不开。请检查 FEDERATION_DATA_DIR。"
    return "" if free >= FREE_BYTES else "数据目录所在的磁盘快满了（不足 500 MB）。请清理或扩容。"
