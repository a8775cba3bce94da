"""Redis killed without its file, emptied, absent: run by test_kill.py as kill_run.py is.

    python -m tests.jobs.broker_run --kills 4 --seed 7 --pool prefork

Needs CELERY_BROKER_URL on a port where no Redis runs: this starts and kills one of its own there.
"""

import json
import os
import subprocess
import time
from urllib.parse import urlsplit

import django

from tests.jobs.kill_run import KillRun, options_of, prepare


class BrokerRun(KillRun):
    """The workers live; what dies is the broker, and with it every message it held."""

    def __init__(self, options):
        super().__init__(options)
        self.port = urlsplit(os.environ["CELERY_BROKER_URL"]).port
        self.kills = {"emptied": 0, "killed": 0}
        self.slowest_asking = 0.0
        self.start_redis()

    def start_redis(self):
        command = ["redis-server", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.redis = subprocess.Popen([*command, "--dir", str(self.folder)], stdout=subprocess.DEVNULL)

    def kill_one(self):
        self.wait_for_holders()
        time.sleep(self.random.uniform(0.0, 0.6))
        if sum(self.kills.values()) % 2:
            self.kill_redis()
            return
        subprocess.run(["redis-cli", "-p", str(self.port), "FLUSHALL"], check=True, stdout=subprocess.DEVNULL)
        self.kills["emptied"] += 1

    def kill_redis(self):
        """Away for some seconds, in which somebody asks for a job all the same."""
        self.redis.kill()
        self.redis.wait()
        began = time.monotonic()
        self.ask()
        self.slowest_asking = max(self.slowest_asking, round(time.monotonic() - began, 2))
        time.sleep(self.random.uniform(2, 5))
        self.start_redis()
        self.kills["killed"] += 1

    def stop(self):
        super().stop()
        self.redis.kill()
        self.redis.wait()

    def report(self):
        return super().report() | {"slowest_asking": self.slowest_asking}


def main():
    options = options_of()
    django.setup()
    prepare()
    run = BrokerRun(options)
    try:
        run.go()
    finally:
        run.stop()
    print(json.dumps(run.report()))


if __name__ == "__main__":
    main()
