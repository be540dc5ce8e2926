"""Serve the built book on localhost: serve.py [folder] [port]. Takes a free port when the wanted one is busy."""

import functools
import http.server
import os
import sys
from pathlib import Path


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")  # a rebuilt page shows at once
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet: a reader has no use for one line per request."""


def open_server(folder: Path, port: int) -> http.server.ThreadingHTTPServer:
    handler = functools.partial(Handler, directory=str(folder))
    host = os.environ.get("HOST", "127.0.0.1")
    try:
        return http.server.ThreadingHTTPServer((host, port), handler)
    except OSError:
        print(f"Port {port} is taken; using a free one.")
        return http.server.ThreadingHTTPServer((host, 0), handler)


def main(folder: str = "_build/html", port: str = "8000") -> None:
    if not (Path(folder) / "index.html").exists():
        sys.exit(f"There is no book in {folder} yet. Build it first: make html")
    with open_server(Path(folder), int(port)) as server:
        print(f"The book is at http://localhost:{server.server_address[1]}  (Ctrl-C stops it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nStopped.")


if __name__ == "__main__":
    main(*sys.argv[1:])
