"""Messages as files, for one office: kombu's transport, made safe against a process that dies while it writes.

kombu opens a file under its final name and writes afterwards. Who reads in between, or after the writer was
killed, finds half a message or an empty table of queues; the worker then stops at its start, for ever. Here a
file comes to be under its name by one rename, whole or not at all, and what cannot be read counts as lost: the
sweep posts every waiting job again (see `jobs/sweeping.py`).
"""

import fcntl
import uuid
from contextlib import contextmanager
from pathlib import Path
from time import monotonic_ns

from kombu.transport import filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue, payload, **kwargs):
        """A name that sorts by the time of posting, as the reader takes them."""
        name = f"{monotonic_ns():020}_{uuid.uuid4()}.{queue}.msg"
        _write_whole(Path(self.data_folder_out) / name, payload)

    def _get(self, queue):
        """The next message that can be read; half a one, of an older version or a full disk, is passed over."""
        while True:
            try:
                return super()._get(queue)
            except ValueError:
                continue

    def get_table(self, exchange):
        try:
            return super().get_table(exchange)
        except ValueError:
            return []

    def _queue_bind(self, exchange, routing_key, pattern, queue):
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._rewriting(exchange) as table:
            if row not in table:
                table.insert(0, row)

    def _delete(self, queue, exchange, routing_key, pattern, *args, **kwargs):
        # Past kombu's own, which rewrites the table in place.
        super(filesystem.Channel, self)._delete(queue, exchange, routing_key, pattern, *args, **kwargs)
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._rewriting(exchange) as table:
            if row in table:
                table.remove(row)

    @contextmanager
    def _rewriting(self, exchange):
        """The table of an exchange, written back whole if it was changed; one process at a time."""
        file = self._exchange_file(exchange)
        file.parent.mkdir(exist_ok=True)
        with file.with_suffix(".lock").open("a") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            table = self.get_table(exchange)
            before = list(table)
            yield table
            if table != before:
                _write_whole(file, table)


class Transport(filesystem.Transport):
    Channel = Channel


def _write_whole(file: Path, content):
    """Raises `OSError` where it cannot be written; nothing is left behind then."""
    part = file.with_name(f".{uuid.uuid4()}")
    try:
        part.write_bytes(str_to_bytes(dumps(content)))
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise filesystem.ChannelError(f"Cannot write {file}") from error
