"""The product's own work killed at every SQL statement: each kind of job, and the long services that are no jobs.

    python -m tests.jobs.product_run --scene rosters.confirm --every 1

Needs SQLite: the database as it stood before is copied back for every kill, with the files beside it, so that each
starts alike. What is left in the end is compared with an undisturbed run: rows, history, audit, in every table.
"""

import argparse
import json
import shutil
from pathlib import Path

import django
from django.conf import settings

from tests.jobs.crash_run import killed_at
from tests.jobs.kill_run import prepare


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scene", required=True)
    parser.add_argument("--every", type=int, default=1, help="kill at every nth statement only")
    parser.add_argument("--first", type=int, default=1, help="the first statement to kill at")
    options = parser.parse_args()
    django.setup()
    from tests.jobs.product_scenes import SCENES

    prepare()
    scene = SCENES[options.scene]()
    snapshot = Snapshot()
    scene.work()
    undisturbed = scene.left_behind()
    killed, wrong, statement = 0, [], options.first
    while True:
        snapshot.restore()
        if not killed_at(statement, scene.work):
            break
        killed += 1
        scene.work()
        if scene.left_behind() != undisturbed:
            wrong.append(statement)
        statement += options.every
    print(json.dumps({"scene": options.scene, "killed": killed, "wrong": wrong, "rows": undisturbed[0]}))


class Snapshot:
    """The database file and what is kept beside it, as they stand now."""

    def __init__(self):
        from django.db import connection

        self.path = connection.settings_dict["NAME"]
        self.beside = [Path(settings.MEDIA_ROOT), Path(settings.FEDERATION_ERASURE_LIST).parent / "erasures"]
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        shutil.copy(self.path, f"{self.path}.before")
        for folder in self.beside:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copytree(folder, f"{folder}.before")

    def restore(self):
        from django.db import connection

        connection.close()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        shutil.copy(f"{self.path}.before", self.path)
        for folder in self.beside:
            shutil.rmtree(folder)
            shutil.copytree(f"{folder}.before", folder)


if __name__ == "__main__":
    main()
