"""A second connection beside the test's own, and how to know that it waits for ours."""

import threading

import pytest
from django.db import connection

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")


class Other(threading.Thread):
    """A second connection; what it raised is raised by `ended`."""

    def __init__(self, act):
        super().__init__()
        self.act, self.error = act, None
        self.process, self.begun, self.done = None, threading.Event(), threading.Event()

    def run(self):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.process = cursor.fetchone()[0]
            self.begun.set()
            self.act()
        except BaseException as error:
            self.error = error
        finally:
            self.begun.set()
            self.done.set()
            connection.close()

    def waits_or_is_done(self) -> str:
        """Returns when the other stands before a lock of ours, or has ended without waiting."""
        assert self.begun.wait(20)
        for _ in range(2000):
            if self.done.wait(0.01):
                return "done"
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'", [self.process]
                )
                if cursor.fetchone():
                    return "waits"
        raise AssertionError("neither waited nor ended")

    def ended(self):
        self.join(20)
        if self.error is not None:
            raise self.error
