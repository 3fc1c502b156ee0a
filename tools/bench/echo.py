"""The yardstick: the least that an ASGI application on uvicorn, uvloop and httptools can do.

It reads the body and answers with as many bytes as the request asks for in `x-response-bytes`.
"""

import functools
import socket
import sys

import uvicorn


@functools.cache
def _body(size: bytes) -> bytes:
    return b'{"status":"success","fill":"'.ljust(int(size) - 2, b"x") + b'"}'


async def echo(scope, receive, send) -> None:  # noqa: ANN001
    """The ten lines."""
    more = True
    while more:
        more = (await receive())["more_body"]
    body = _body(dict(scope["headers"])[b"x-response-bytes"])
    length = str(len(body)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Listen on a free port and say which, as the product does."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    sys.stdout.write(f"ready http://127.0.0.1:{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        echo, loop="uvloop", http="httptools", lifespan="off", access_log=False, log_level="error"
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
