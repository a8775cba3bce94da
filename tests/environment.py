"""Settings of the suite: a data folder and keys of its own, then the one settings module, on the database named."""

import os
import tempfile

_folder = os.environ.get("FEDERATION_DATA_DIR") or tempfile.mkdtemp(prefix="federation-test-")
os.environ["FEDERATION_DATA_DIR"] = _folder
os.environ.setdefault("FEDERATION_STATIC_STORAGE", "django.contrib.staticfiles.storage.StaticFilesStorage")
os.environ.setdefault("LOG_LEVEL", "ERROR")
os.environ.setdefault("CACHE_URL", "locmemcache://")

from federation.settings import *  # noqa: E402,F403
