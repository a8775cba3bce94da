"""After a restore no job runs until somebody says so: work done since the backup would be done a second time.

A database knows that it was restored by its own mark: on PostgreSQL a restored database is another one (its
number in another cluster or another number), on SQLite the backup takes the mark out of its copy.
"""

from collections.abc import Callable

from django.db import connections

from federation.shared import audit
from federation.shared.models.periods import JobGate

RESTORED = "restored"
WHICH_DATABASE = (
    "SELECT system_identifier, (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "FROM pg_control_system()"
)
HELD = (
    "这是从备份恢复的数据库，后台任务还没有放行，排队的任务不会执行。"
    "请系统管理员核对恢复的数据后运行 manage.py release_jobs --as 账号。"
)


def this_database(using: str = "default") -> str:
    """What tells this database from a copy of it."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        return "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(WHICH_DATABASE)
        return ":".join(map(str, cursor.fetchone()))


def jobs_may_run() -> bool:
    mark = JobGate.objects.values_list("database", flat=True).first()
    return mark is not None and mark == this_database()


def open_at_first(using: str = "default"):
    """A new database is its own from the beginning; one that was restored already has a mark."""
    if JobGate._meta.db_table not in connections[using].introspection.table_names():
        # Only some other app was migrated.
        return
    if not JobGate.objects.using(using).exists():
        JobGate.objects.using(using).create(pk=1, database=this_database(using))


_before_release: dict[str, Callable] = {}


def before_release(name: str, act: Callable):
    """`act(by=…)` runs before jobs are released in a restored database, in the same transaction."""
    _before_release[name] = act


def release_jobs(*, by) -> bool:
    """Let jobs run in this database; False where they may already."""
    gate, _ = JobGate.objects.select_for_update().get_or_create(pk=1, defaults={"database": RESTORED})
    if gate.database == this_database():
        return False
    for act in _before_release.values():
        act(by=by)
    gate.database, gate.released_by = this_database(), by
    gate.save()
    audit.record("shared.jobs.released", actor=by)
    return True
