"""The decoding process: frames of MessagePack on standard input, answers on standard output.

A batch is answered by two frames: what it holds, and its table. The process ends when its input
does, so also when the one that started it is killed.
"""

from __future__ import annotations

import gc
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

import msgspec
import pyarrow as pa

from dlt_pipelines.loading.batches import Batch, BatchDecoder, Done, Setup

LENGTH_BYTES = 8
READY = b"ready"


def send(stream: BinaryIO, message: bytes | pa.Buffer) -> None:
    """Writes a frame: its length, then the message."""
    stream.write(len(message).to_bytes(LENGTH_BYTES, "big"))
    stream.write(message)
    stream.flush()


def receive(stream: BinaryIO) -> bytes:
    """Reads a frame. Raises EOFError when the other side has gone."""
    head = stream.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        raise EOFError
    size = int.from_bytes(head, "big")
    message = stream.read(size)
    if len(message) < size:
        raise EOFError
    return message


def main() -> None:
    gc.disable()  # what is decoded refers to nothing that refers back
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing but frames goes where the frames go
    decode = msgspec.msgpack.Decoder(Setup | Batch).decode
    decoders: list[BatchDecoder] = []
    with ThreadPoolExecutor(1) as sending:
        sent: Future[object] = sending.submit(send, sink, READY)
        while True:
            try:
                asked = decode(receive(source))
            except EOFError:
                return
            if isinstance(asked, Setup):
                decoders.append(BatchDecoder(asked))
                continue
            decoded = decoders[asked.setup].decode(asked)
            sent.result()
            sent = sending.submit(_answer, sink, *decoded)


def _answer(sink: BinaryIO, done: Done, table: pa.Table) -> None:
    """Takes as long as the other side takes to read: the next batch is decoded meanwhile."""
    send(sink, msgspec.msgpack.encode(done))
    send(sink, _stream_of(table))


def _stream_of(table: pa.Table) -> pa.Buffer:
    """The table as Arrow's IPC stream."""
    buffer = pa.BufferOutputStream()
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
