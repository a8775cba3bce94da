"""`make test`: find or start what the suite needs, run it on both databases, say loudly what did not run.

Set FEDERATION_REQUIRE_ALL=1 (continuous integration does) to make a missing PostgreSQL, Redis or Chromium a failure.
"""

import atexit
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIRE_ALL = os.environ.get("FEDERATION_REQUIRE_ALL") == "1"
missing: list[str] = []
started: list[subprocess.Popen] = []


def say(text):
    print(f"==> {text}", flush=True)


def answers(host, port) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def spare_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, seconds=30) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answers("127.0.0.1", port):
            return True
        time.sleep(0.2)
    return False


def apt_install():
    """On Debian as root: what the suite drives and is not there yet."""
    wanted = {
        "postgresql": not (postgres_binaries() or answers("127.0.0.1", 5432)),
        "redis-server": not (shutil.which("redis-server") or answers("127.0.0.1", 6379)),
        "chromium": not shutil.which("chromium"),
        "fonts-noto-cjk": not Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").exists(),
        "libpango-1.0-0": not any(Path("/usr/lib").glob("*/libpango-1.0.so.0")),
        "libpangoft2-1.0-0": not any(Path("/usr/lib").glob("*/libpangoft2-1.0.so.0")),
        "libharfbuzz-subset0": not any(Path("/usr/lib").glob("*/libharfbuzz-subset.so.0")),
    }
    packages = [name for name, absent in wanted.items() if absent]
    if not packages:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        say(f"not installed and cannot be installed here: {', '.join(packages)}")
        return
    say(f"installing {', '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=environment, check=False)
    subprocess.run(["apt-get", "install", "-y", "-qq", *packages], env=environment, check=False)


def postgres_binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def reachable(url) -> bool:
    check = "import sys, psycopg2; psycopg2.connect(sys.argv[1], connect_timeout=3).close()"
    return subprocess.run([sys.executable, "-c", check, url], capture_output=True, check=False).returncode == 0


def find_postgres() -> str | None:
    """The address of a PostgreSQL in which databases may be made: given, standing, or started here."""
    given = os.environ.get("TEST_POSTGRES_URL")
    for url in filter(None, [given, "postgres://postgres@127.0.0.1:5432/postgres"]):
        if reachable(url):
            return url
    binaries = postgres_binaries()
    if binaries is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="federation-pg-"))
    port = spare_port()
    demote = None
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        demote = owner.pw_uid
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-D", data],
        check=True,
        user=demote,
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, "-p", str(port), "-k", folder, "-c", "listen_addresses=127.0.0.1"],
        user=demote,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    started.append(server)
    url = f"postgres://postgres@127.0.0.1:{port}/postgres"
    return url if wait_for(port) and reachable(url) else None


def find_redis() -> str | None:
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        return given
    if answers("127.0.0.1", 6379):
        return "redis://127.0.0.1:6379/9"
    if not shutil.which("redis-server"):
        return None
    port = spare_port()
    folder = tempfile.mkdtemp(prefix="federation-redis-")
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", folder, "--save", ""]
    command += ["--appendonly", "no", "--maxmemory-policy", "noeviction"]
    started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    return f"redis://127.0.0.1:{port}/0" if wait_for(port) else None


@atexit.register
def stop_servers():
    for process in started:
        process.terminate()
        process.wait(timeout=20)


def pytest(label, environment, *arguments) -> int:
    say(label)
    command = [sys.executable, "-m", "pytest", "-q", "--durations=15", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode


def main() -> int:
    os.chdir(ROOT)
    apt_install()
    postgres, redis = find_postgres(), find_redis()
    for name, found in (("PostgreSQL", postgres), ("Redis", redis), ("Chromium", shutil.which("chromium"))):
        if not found:
            missing.append(name)
    if missing and REQUIRE_ALL:
        say(f"FAILED: {', '.join(missing)} is required and could not be found or started")
        return 1
    environment = {"TEST_REDIS_URL": redis or "", "TEST_POSTGRES_URL": postgres or ""}
    if missing:
        environment["FEDERATION_ALLOW_MISSING"] = "1"
    extra = sys.argv[1:]
    processes = ["-n", os.environ.get("TEST_PROCESSES", "2")]
    # File by file, in the order of tests/order.py: the longest first.
    by_file = [*processes, "--dist", "loadfile", "--no-loadscope-reorder"]
    codes = [pytest("SQLite", environment, *by_file, "-m", "not kill", *extra)]
    # Killed workers, on both engines, have the machine to themselves: their leases are counted in seconds. Two runs at
    # a time fit on two cores, since each mostly waits for a start or a lease; every run has a broker of its own.
    codes.append(pytest("killed workers", environment, *processes, "--dist", "worksteal", "-m", "kill", *extra))
    if postgres:
        on_postgres = {**environment, "DATABASE_URL": postgres.rsplit("/", 1)[0] + "/federation_suite"}
        # What asks for no database has run above and could not end otherwise here.
        elsewhere = "not kill and not browser and not pure"
        codes.append(pytest("PostgreSQL", on_postgres, *by_file, "-m", elsewhere, *extra))
    for name in missing:
        say(f"DID NOT RUN: everything that needs {name}")
    # 5 = no test matched, which a filter given on the command line may cause.
    failed = [code for code in codes if code not in (0, 5 if extra else 0)]
    say("FAILED" if failed else "all green" + (" (with the parts named above left out)" if missing else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
