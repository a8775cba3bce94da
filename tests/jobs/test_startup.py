"""A start that would end badly is refused: one Chinese sentence with the cure, exit code not 0, no trace."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import spare_port

ROOT = Path(__file__).resolve().parents[2]


def start(folder, *, command=("manage.py", "serve", "--port", "0"), **environment):
    """Start the product in a process of its own, in a folder of its own."""
    inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=inherited
        | {
            "FEDERATION_DATA_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{folder}/start.sqlite3",
            "CELERY_BROKER_URL": "filesystem://",
            "DJANGO_SETTINGS_MODULE": "federation.settings",
        }
        | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def assert_refused(done, sentence: str):
    assert done.returncode != 0
    assert sentence in done.stderr, done.stderr
    assert "不能启动：" in done.stderr
    assert "请" in done.stderr, "the cure is missing"
    assert "Traceback" not in done.stderr


BAD_SETTINGS = {
    "a short secret": ({"SECRET_KEY": "secret"}, "SECRET_KEY 太短"),
    "a secret of one letter": ({"SECRET_KEY": "a" * 80}, "SECRET_KEY 太短或太简单"),
    "Django's default secret": ({"SECRET_KEY": "django-insecure-" + "x3b9k2m7q1" * 6}, "SECRET_KEY"),
    "any host": ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
    "debug in public": ({"DEBUG": "1", "ALLOWED_HOSTS": "cl.example.gov.cn"}, "DEBUG 已打开"),
    "an unknown cipher": ({"FEDERATION_SEALING_CIPHER": "rot13"}, "不认识加密方式 rot13"),
    "a database that is no database": ({"DATABASE_URL": "oracel://x/y"}, "不认识 DATABASE_URL"),
    "a number that is none": ({"FEDERATION_PROXY_COUNT": "many"}, "设置有误"),
}


@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_bad_settings_are_refused(tmp_path, name):
    environment, sentence = BAD_SETTINGS[name]
    assert_refused(start(tmp_path, **environment), sentence)


def test_debug_on_a_public_address_is_refused(tmp_path):
    command = ("manage.py", "serve", "--host", "192.0.2.1", "--port", "0")
    assert_refused(start(tmp_path, command=command, DEBUG="1"), "DEBUG 已打开")


def test_debug_on_this_computer_alone_is_allowed(tmp_path):
    done = start(tmp_path, command=("-c", "import federation.wsgi"), DEBUG="1")
    assert done.returncode == 0, done.stderr


def test_an_unreachable_postgresql_is_refused_without_its_password(tmp_path):
    done = start(tmp_path, DATABASE_URL=f"postgres://clerk:geheim@127.0.0.1:{spare_port()}/fed")
    assert_refused(done, "连不上数据库")
    assert "geheim" not in done.stderr


def test_a_database_file_that_cannot_be_opened_is_refused(tmp_path):
    assert_refused(start(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/missing/start.sqlite3"), "连不上数据库")


def test_a_data_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    assert_refused(start(tmp_path / "file"), "数据目录不能写入")


def test_a_broken_key_file_is_refused(tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "keys.json").write_text("{}")
    assert_refused(start(tmp_path), "密钥文件")


def test_an_unreachable_redis_is_refused(tmp_path):
    assert_refused(start(tmp_path, CELERY_BROKER_URL=f"redis://127.0.0.1:{spare_port()}/0"), "连不上 Redis")


@pytest.mark.redis
def test_a_redis_that_forgets_under_pressure_is_refused(tmp_path, forgetful_redis):
    assert_refused(start(tmp_path, CELERY_BROKER_URL=forgetful_redis), "noeviction")


def test_a_port_in_use_is_refused_with_another_one_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = start(tmp_path, command=("manage.py", "serve", "--port", str(port)))
    assert done.returncode != 0
    assert f"端口 {port} 已被占用" in done.stderr and f"--port {port + 1}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("-c", "import federation.wsgi"), ("manage.py", "migrate", "--plan")])
def test_every_way_in_says_what_is_wrong_with_the_key_file(tmp_path, command):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "keys.json").write_text("not json")
    assert_refused(start(tmp_path, command=command), "密钥文件")


def test_a_worker_refuses_a_weak_secret_too(tmp_path):
    command = ("-m", "celery", "-A", "federation", "worker", "-P", "solo")
    assert_refused(start(tmp_path, command=command, SECRET_KEY="short"), "SECRET_KEY")


def test_the_deployment_check_has_no_warning_behind_https(tmp_path):
    done = start(
        tmp_path,
        command=("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        FEDERATION_HTTPS="1",
        ALLOWED_HOSTS="cl.example.gov.cn",
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_the_deployment_check_names_a_weak_secret(tmp_path):
    done = start(tmp_path, command=("manage.py", "check"), SECRET_KEY="short")
    assert done.returncode != 0
    assert "SECRET_KEY 太短" in done.stderr


def test_what_the_pages_need_is_loaded_at_the_start_and_not_looked_through_again(tmp_path):
    script = "import federation.wsgi, gc, sys; print(gc.get_freeze_count(), 'ledgers.views.listing' in sys.modules)"
    count, loaded = start(tmp_path, command=("-c", script)).stdout.split()
    assert int(count) > 50_000
    assert loaded == "True"


def test_readiness_names_what_is_missing(tmp_path):
    """On an empty database nothing is migrated: not ready, in words; alive all the same."""
    script = (
        "import federation.wsgi, json; from django.test import Client; c = Client();"
        "print(json.dumps([c.get('/healthz').status_code, c.get('/readyz').status_code, c.get('/readyz').json()]))"
    )
    done = start(tmp_path, command=("-c", script), LOG_LEVEL="CRITICAL", ALLOWED_HOSTS="testserver")
    alive, ready, body = json.loads(done.stdout.splitlines()[-1])
    assert (alive, ready, body["status"]) == (200, 503, "unready")
    assert "migrate" in body["parts"]["migrations"]


def test_a_database_that_goes_away_later_is_a_503_in_chinese_and_not_a_fault(tmp_path):
    script = (
        "import federation.wsgi, json; from django.test import Client; c = Client(raise_request_exception=False);"
        "c.cookies['sessionid'] = 'x' * 32; a = c.get('/jobs/');"
        "print(json.dumps([a.status_code, a.headers.get('Retry-After'), '暂时不能使用' in a.content.decode(),"
        "Client().get('/readyz').status_code, Client().get('/healthz').status_code]))"
    )
    away = f"postgres://clerk@127.0.0.1:{spare_port()}/fed"
    done = start(
        tmp_path,
        command=("-c", script),
        DATABASE_URL=away,
        LOG_LEVEL="CRITICAL",
        ALLOWED_HOSTS="testserver",
        FEDERATION_STATIC_STORAGE="django.contrib.staticfiles.storage.StaticFilesStorage",
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [503, "10", True, 503, 200], done.stderr[-2000:]
