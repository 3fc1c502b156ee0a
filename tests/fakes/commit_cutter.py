"""A line to PostgreSQL that breaks at the worst moment: a COMMIT was sent, its answer is lost."""

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def cutting_line(server: Path, path: Path) -> Iterator[None]:
    """Listen on a socket and relay to the server's. The first commit of an insert breaks the line.

    Connections that are made afterwards last.
    """
    carriers: list[threading.Thread] = []
    is_cut = threading.Event()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def accept() -> None:
            # Accepting fails when the listener is shut down.
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    carriers.append(threading.Thread(target=_carry, args=(client, server, is_cut)))
                    carriers[-1].start()

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for thread in (acceptor, *carriers):
                thread.join()


def _carry(client: socket.socket, path: Path, is_cut: threading.Event) -> None:
    has_inserted = False
    # Either side may be gone while it is written to.
    with contextlib.suppress(OSError), client, socket.socket(socket.AF_UNIX) as server:
        server.connect(str(path))
        while True:
            source = select.select([client, server], [], [])[0][0]
            data = source.recv(65536)
            if not data:
                return
            if source is server:
                client.sendall(data)
                continue
            server.sendall(data)
            has_inserted = has_inserted or b"INSERT" in data
            if has_inserted and b"COMMIT" in data and not is_cut.is_set():
                is_cut.set()
                server.recv(65536)
                return
