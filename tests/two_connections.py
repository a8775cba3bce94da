"""Several people at once, each with a connection of their own; and how to know that one waits for ours."""

import threading

import pytest
from django.db import connection, connections

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")


def all_at_once(works) -> list:
    """Run each of `works` in a thread with a connection of its own, from one starting line; what they raised."""
    line, raised = threading.Barrier(len(works)), []

    def run(work):
        try:
            line.wait(20)
            work()
        except Exception as error:  # noqa: BLE001 - what a user would be shown is what the test is about
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return raised


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
                # Not pg_stat_activity, which inside our transaction goes on showing what it first saw.
                cursor.execute("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", [self.process])
                if cursor.fetchone():
                    return "waits"
        raise AssertionError("neither waited nor ended")

    def ended(self):
        self.join(20)
        if self.error is not None:
            raise self.error
