"""Threads that are the first to read what is stored, in interpreters that have read nothing yet."""

import pickle
import subprocess
import sys

import pytest

from tests.examples import EVENTS, make_record, make_spec

READ_AT_ONCE = """
import pickle, sys, threading
from domain.run.codec import decode_event, decode_spec, encode_spec

spec, records = pickle.loads(sys.stdin.buffer.read())
stored = encode_spec(spec)
begin = threading.Barrier(8)
sys.setswitchinterval(1e-6)

def read():
    begin.wait()
    decode_spec(stored)
    for record in records:
        decode_event(record)

threads = [threading.Thread(target=read) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
# One interpreter in three died of the race that this is about.
INTERPRETERS = 12


@pytest.mark.parametrize("number", range(INTERPRETERS))
def test_first_reads_of_many_threads_at_once_leave_the_process_alive(number: int) -> None:
    given = pickle.dumps((make_spec(), [make_record(event, seq=2) for event in EVENTS]))

    done = subprocess.run(
        [sys.executable, "-c", READ_AT_ONCE], input=given, capture_output=True, timeout=60, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")
