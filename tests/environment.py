"""Settings of the suite: a data folder and keys of its own, then the one settings module, on the database named."""

import os
import tempfile

_folder = os.environ.get("FEDERATION_DATA_DIR") or tempfile.mkdtemp(prefix="federation-test-")
os.environ["FEDERATION_DATA_DIR"] = _folder
os.environ.setdefault("FEDERATION_STATIC_STORAGE", "django.contrib.staticfiles.storage.StaticFilesStorage")
os.environ.setdefault("LOG_LEVEL", "ERROR")
os.environ.setdefault("CACHE_URL", "locmemcache://")
# A connection that a thread of the live server keeps would hold SQLite's tables while the next test empties them.
os.environ.setdefault("CONN_MAX_AGE", "0")

from federation.settings import *  # noqa: E402,F403

# No test cuts the power, so no commit waits for the disk.
if DATABASES["default"]["ENGINE"].endswith("postgresql"):  # noqa: F405
    DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"  # noqa: F405
else:
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"  # noqa: F405
    # A file, as in an office: the threads of a live server would share one connection to a database in memory.
    DATABASES["default"]["TEST"] = {"NAME": f"{_folder}/test.sqlite3"}  # noqa: F405
