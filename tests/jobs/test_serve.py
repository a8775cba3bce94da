"""The launcher with its real children: it serves, restarts what dies, stops in order, and leaves nobody behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from federation.shared import launcher
from federation.shared.jobs import sweeping
from federation.shared.management.commands.serve import DEAF_SECONDS, Command
from tests.processes import spare_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.kill


class Served:
    def __init__(self, folder):
        self.port = spare_port()
        self.log = folder / "serve.log"
        environment = os.environ | {
            "FEDERATION_DATA_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{folder}/serve.sqlite3",
            "CELERY_BROKER_URL": "filesystem://",
            "CACHE_URL": "dbcache://federation_cache",
            "PYTHONUNBUFFERED": "1",
        }
        with self.log.open("wb") as log:
            self.launcher = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port)],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: "已启动" in self.log.read_text() or self.launcher.poll(), 240, "the address is printed")
        assert self.launcher.poll() is None, self.log.read_text()

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.launcher.pid).children(recursive=True)

    def worker(self) -> psutil.Process | None:
        return next((one for one in psutil.Process(self.launcher.pid).children() if is_worker(one)), None)

    def ready(self) -> bool:
        """True where everything, worker and broker included, is well."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz?strict=1", timeout=5) as answer:
                return json.load(answer)["status"] == "ready"
        except urllib.error.HTTPError:
            return False


@pytest.fixture(scope="module")
def started_before(tmp_path_factory):
    """A folder in which the product was started once, from nothing: tables, texts of the policy, static files."""
    folder = tmp_path_factory.mktemp("started")
    first = Served(folder)
    first.launcher.send_signal(signal.SIGTERM)
    assert first.launcher.wait(60) == 0
    return folder


@pytest.fixture
def served(tmp_path, started_before):
    shutil.copytree(started_before, tmp_path, dirs_exist_ok=True)
    served = Served(tmp_path)
    family = served.children()
    yield served
    for one in [psutil.Process(served.launcher.pid)] if served.launcher.poll() is None else []:
        family += one.children(recursive=True)
    served.launcher.kill()
    served.launcher.wait()
    for one in family:
        if one.is_running():
            one.kill()


def gone(family) -> bool:
    return not any(living(one) for one in family)


def is_worker(one: psutil.Process) -> bool:
    try:
        return living(one) and "celery" in " ".join(one.cmdline())
    except psutil.NoSuchProcess:
        # It ended between the two questions.
        return False


def living(one: psutil.Process) -> bool:
    try:
        return one.is_running() and one.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_pages_and_worker_come_up_and_a_killed_worker_comes_back(served):
    wait_until(served.ready, 30, "worker and broker are heard")
    first = served.worker()
    beat = first.children(recursive=True)
    first.kill()
    second = wait_until(
        lambda: served.worker() and served.worker().pid != first.pid and served.worker(), 20, "a worker"
    )
    wait_until(lambda: gone(beat), 5, "the killed worker's scheduler is gone")
    assert second.is_running()
    assert "worker ended with code -9 and is started again" in served.log.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_in_order(served, number):
    wait_until(served.ready, 30, "worker and broker are heard")
    family = served.children()
    assert len(family) >= 3, "pages, worker, scheduler"
    served.launcher.send_signal(number)
    assert served.launcher.wait(30) == 0
    assert gone(family)
    log = served.log.read_text()
    assert log.rstrip().endswith("已停止。")
    assert "Traceback" not in log
    assert "is ended" not in log, "a child had to be forced"


def test_a_launcher_killed_outright_takes_its_children_with_it(served):
    family = served.children()
    served.launcher.kill()
    served.launcher.wait()
    wait_until(lambda: gone(family), 5, "no child is left")
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", served.port), timeout=1)


def idler(tmp_path, script="import time; time.sleep(60)"):
    return launcher.Child("idler", [sys.executable, "-c", script], tmp_path, gently=signal.SIGTERM, patience=5)


@pytest.mark.django_db(transaction=True)  # the launcher closes its connection between two looks
def test_a_worker_that_lives_but_is_not_heard_is_started_again(tmp_path):
    child = idler(tmp_path)
    child.start()
    try:
        first = child.process.pid
        Command().wake_deaf(child)
        assert child.process.pid == first, "it is too young to be called deaf"
        child.started_at -= DEAF_SECONDS
        Command().wake_deaf(child)
        second = child.process.pid
        assert second != first
        child.started_at -= DEAF_SECONDS
        sweeping.sweep()
        Command().wake_deaf(child)
        assert child.process.pid == second, "it was heard"
    finally:
        child.stop()


def test_a_child_that_ends_at_once_every_time_is_given_up(tmp_path):
    child = idler(tmp_path, "raise SystemExit(3)")
    child.start()
    with pytest.raises(launcher.GaveUp):
        for _ in range(launcher.FAILED_STARTS):
            child.process.wait(10)
            child.restart()
    assert child.failed_starts == launcher.FAILED_STARTS
