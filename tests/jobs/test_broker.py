"""Messages as files: whole or not there, whatever dies while they are written."""

import multiprocessing
import os
import signal
import time
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection, Exchange, Queue
from kombu.transport import filesystem

from federation.shared.broker import Transport

pytestmark = pytest.mark.pure
QUEUE = Queue("celery", Exchange("celery", type="direct"), routing_key="celery")
BODY = {"filling": "字" * 20_000}


@pytest.fixture(autouse=True)
def as_in_a_new_process():
    """kombu remembers within a process which queues it has bound, whatever the folder."""
    for transport in (Transport, filesystem.Transport):
        transport.global_state.clear()


def connect(folder, transport=Transport):
    where = {"data_folder_in": str(folder), "data_folder_out": str(folder), "control_folder": str(folder / "control")}
    return Connection("filesystem://", transport=transport, transport_options=where)


def post(folder, times=1, transport=Transport):
    with connect(folder, transport) as broker:
        queue = broker.SimpleQueue(QUEUE)
        for number in range(times):
            queue.put(BODY | {"number": number})


def taken(folder, transport=Transport) -> list[int]:
    with connect(folder, transport) as broker:
        queue, numbers = broker.SimpleQueue(QUEUE), []
        while True:
            try:
                message = queue.get(block=False)
            except Empty:
                return numbers
            message.ack()
            numbers.append(message.payload["number"])


def messages(folder):
    return sorted(folder.glob("*.celery.msg"))


def test_what_is_posted_is_taken_once_in_its_order(tmp_path):
    post(tmp_path, 5)
    assert taken(tmp_path) == [0, 1, 2, 3, 4]
    assert taken(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == ["control"]


@pytest.mark.parametrize("left_by_a_dead_writer", ["", '{"body": "5LiA'])
def test_half_a_message_is_passed_over(tmp_path, left_by_a_dead_writer):
    post(tmp_path, 2)
    messages(tmp_path)[0].write_text(left_by_a_dead_writer)
    assert taken(tmp_path) == [1]


def test_half_a_message_ends_the_reader_of_kombu_itself(tmp_path):
    """What this class is for; once kombu mends it, the class can go."""
    post(tmp_path, transport=filesystem.Transport)
    messages(tmp_path)[0].write_text("")
    with pytest.raises(ValueError, match="Expecting value"):
        taken(tmp_path, filesystem.Transport)


@pytest.mark.parametrize("left_by_a_dead_writer", ["", '[["celery", "'])
def test_half_a_table_of_queues_is_written_anew(tmp_path, left_by_a_dead_writer):
    post(tmp_path)
    (tmp_path / "control" / "celery.exchange").write_text(left_by_a_dead_writer)
    Transport.global_state.clear()
    post(tmp_path)
    assert taken(tmp_path) == [0, 0]


def test_a_queue_that_goes_leaves_the_others_bound(tmp_path):
    other = Queue("other", QUEUE.exchange, routing_key="other")
    with connect(tmp_path) as broker:
        channel = broker.default_channel
        for queue in (QUEUE, other):
            queue(channel).declare()
        other(channel).delete()
        assert [row.queue for row in channel.get_table("celery")] == ["celery"]


def test_a_full_disk_leaves_no_piece_behind(tmp_path, monkeypatch):
    post(tmp_path)

    def full(*unused):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(filesystem.ChannelError, match="Cannot write"):
        post(tmp_path)
    assert len([path for path in tmp_path.iterdir() if path.is_file()]) == 1


def test_writers_that_are_killed_leave_only_whole_messages(tmp_path):
    """Forty writers killed at their work while another process reads: what arrives is whole and never twice."""
    processes = multiprocessing.get_context("fork")
    arrived = []
    for number in range(40):
        writer = processes.Process(target=post, args=(tmp_path, 10_000))
        writer.start()
        time.sleep(0.02 + number % 7 * 0.004)
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        numbers = taken(tmp_path)
        assert numbers == list(range(len(numbers)))
        arrived += numbers
    assert len(arrived) > 40
    assert messages(tmp_path) == []
