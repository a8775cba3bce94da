"""Everything one office needs, in one command: database up to date, pages, background worker, scheduler."""

import hashlib
import io
import logging
import signal
import threading
import time

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from federation.shared import launcher, pdf
from federation.shared.jobs.owners import this_host
from federation.shared.models.jobs import DatabaseClock, WorkerHost
from federation.shared.startup import is_local, refuse_bad_start

logger = logging.getLogger(__name__)

# A worker sweeps every few seconds; one that was not heard for so long is deaf, whatever its process says.
DEAF_SECONDS = 90
LOOK_SECONDS = 15


class Command(BaseCommand):
    help = "启动本系统：更新数据库，启动网页和后台程序。按 Ctrl-C 停止。"
    # Done by refuse_bad_start, in sentences.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help="监听地址，默认只有本机能打开")
        parser.add_argument("--port", type=int, default=8000, help="端口，默认 8000")
        parser.add_argument("--demo", action="store_true", help="数据库为空时装入示范数据")

    def handle(self, *, host, port, demo, **options):
        refuse_bad_start(host)
        if not launcher.port_is_free(host, port):
            raise CommandError(f"端口 {port} 已被占用。请关闭占用它的程序，或换一个端口：serve --port {port + 1}")
        self.prepare(demo)
        self.stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *unused: self.stopping.set())
        folder = settings.BASE_DIR
        children = [launcher.web(folder, host, port), launcher.worker(folder, settings.DATA_DIR)]
        connection.close()
        try:
            for child in children:
                child.start()
            self.announce(host, port)
            self.watch(children)
        except launcher.GaveUp as error:
            raise CommandError(f"{error} 每次启动后立即退出，已停止。请查看上面的日志，改正后重新启动。") from None
        finally:
            for child in children:
                child.ask_to_stop()
            for child in children:
                child.stop()
            self.stdout.write("已停止。")

    def prepare(self, demo):
        self.stdout.write("正在准备数据库……")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        # Shipped texts of the policy, brought up to date like the tables; refuses nothing that is stored already.
        if "load_standards" in get_commands():
            call_command("load_standards", stdout=io.StringIO())
        self.collect_static()
        if demo and "demo" in get_commands():
            call_command("demo", if_empty=True)

    def collect_static(self):
        """Collect only where a file changed: compressing all of them takes most of a quick start."""
        stamp = settings.STATIC_ROOT / ".collected"
        now = static_fingerprint()
        if stamp.exists() and stamp.read_text() == now:
            return
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(now)

    def announce(self, host, port):
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
        until = time.monotonic() + 60
        while not launcher.answers(shown, port) and time.monotonic() < until and not self.stopping.wait(0.1):
            pass
        self.stdout.write(f"已启动。请用浏览器打开 http://{shown}:{port}/ （按 Ctrl-C 停止）")
        if not is_local(host) and all(is_local(name) for name in settings.ALLOWED_HOSTS):
            self.stdout.write("提醒：要让其他电脑打开，请把本机的网址写进设置 ALLOWED_HOSTS 后重新启动。")
        if pdf.fault():
            self.stdout.write(f"提醒：不能生成 PDF，只能用浏览器打印。{pdf.fault()}")

    def watch(self, children):
        looked_at = time.monotonic()
        while not self.stopping.wait(0.5):
            for child in children:
                if child.has_ended() and not self.stopping.is_set():
                    child.restart()
            if time.monotonic() - looked_at >= LOOK_SECONDS:
                looked_at = time.monotonic()
                self.wake_deaf(children[-1])

    def wake_deaf(self, worker):
        if worker.age < DEAF_SECONDS or worker_was_heard():
            return
        logger.error("the worker was not heard for %s s and is started again", DEAF_SECONDS)
        worker.stop()
        worker.start()


def worker_was_heard() -> bool:
    heard = WorkerHost.objects.filter(host=this_host(), seen_at__gt=DatabaseClock(-DEAF_SECONDS))
    try:
        return heard.exists()
    except DatabaseError:
        # With the database away a new worker would be as deaf.
        logger.warning("the database did not answer")
        return True
    finally:
        connection.close()


def static_fingerprint() -> str:
    """Changes with any static file of the product or its libraries, and with how they are stored."""
    digest = hashlib.sha256(str(settings.STORAGES["staticfiles"]["BACKEND"]).encode())
    for finder in get_finders():
        for path, storage in finder.list(["CVS", ".*", "*~"]):
            digest.update(f"{path} {storage.get_modified_time(path).timestamp()} {storage.size(path)}\n".encode())
    return digest.hexdigest()
