"""Places of tables on this machine: an S3 server, web servers, a PostgreSQL server."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyarrow as pa
import pyarrow.fs as fs
import pyarrow.parquet as pq
import pytest

SECRET = "wJalrXUtnFEMI"
AWS = {
    "AWS_ACCESS_KEY_ID": "tester",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ALLOW_HTTP": "true",
}
BUCKET = "trips"


class Bucket:
    """A bucket of an S3 server."""

    def __init__(self, system: fs.FileSystem) -> None:
        self.system = system

    def write(self, path: str, content: bytes | pa.Table) -> str:
        """Write bytes, or a table as Parquet; its URL."""
        if isinstance(content, pa.Table):
            pq.write_table(content, f"{BUCKET}/{path}", filesystem=self.system)
        else:
            with self.system.open_output_stream(f"{BUCKET}/{path}") as file:
                file.write(content)
        return f"s3://{BUCKET}/{path}"


@contextmanager
def s3_server() -> Iterator[Bucket]:
    """An S3 server with one bucket; the environment names it, and holds credentials for it."""
    server_of = pytest.importorskip("moto.server", reason="moto's S3 server is not installed")
    server = server_of.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        with pytest.MonkeyPatch.context() as patched:
            for name, value in (AWS | {"AWS_ENDPOINT_URL": f"http://{host}:{port}"}).items():
                patched.setenv(name, value)
            system, _ = fs.FileSystem.from_uri(f"s3://{BUCKET}/?allow_bucket_creation=true")
            system.create_dir(BUCKET)
            yield Bucket(system)
    finally:
        server.stop()


Answer = Callable[[BaseHTTPRequestHandler], tuple[int, Mapping[str, str], bytes]]


@contextmanager
def web_server(answer: Answer) -> Iterator[str]:
    """A web server; `answer` gives the status, the headers and the body for each request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def google_storage(files: Mapping[str, bytes]) -> Iterator[None]:
    """A bucket `trips` behind what reading takes of Google Cloud Storage's protocol; the environment names it."""

    def about(name: str) -> dict[str, str]:
        return {"kind": "storage#object", "bucket": BUCKET, "name": name, "size": str(len(files[name]))}

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, Mapping[str, str], bytes]:
        url = urlsplit(request.path)
        query, name = (
            parse_qs(url.query),
            unquote(url.path.removeprefix(f"/storage/v1/b/{BUCKET}/o").strip("/")),
        )
        if name and name not in files:
            return 404, {}, b'{"error": {"code": 404, "message": "No such object"}}'
        if "alt" in query:
            return 200, {}, files[name]
        prefix = query.get("prefix", [""])[0]
        below = [file for file in files if file.startswith(prefix)]
        if "delimiter" in query:
            below = [file for file in below if "/" not in file.removeprefix(prefix)]
        listed = {"items": [about(file) for file in below]}
        return 200, {"Content-Type": "application/json"}, json.dumps(about(name) if name else listed).encode()

    with web_server(answer) as url, pytest.MonkeyPatch.context() as patched:
        patched.setenv("CLOUD_STORAGE_EMULATOR_ENDPOINT", url)
        yield


@contextmanager
def iceberg_catalog(folder: Path) -> Iterator[Any]:
    """The Iceberg catalog `shop` with a namespace `sales`, in a folder; the environment describes it."""
    catalogs = pytest.importorskip("pyiceberg.catalog", reason="pyiceberg is not installed")
    pytest.importorskip("sqlalchemy", reason="SQLAlchemy, for a catalog in a file, is not installed")
    known = {"TYPE": "sql", "URI": f"sqlite:///{folder}/catalog.db", "WAREHOUSE": f"file://{folder}/lake"}
    with pytest.MonkeyPatch.context() as patched:
        for name, value in known.items():
            patched.setenv(f"PYICEBERG_CATALOG__SHOP__{name}", value)
        # It is read once, when the module is imported.
        patched.setattr(catalogs, "_ENV_CONFIG", catalogs.Config())
        catalog = catalogs.load_catalog("shop")
        catalog.create_namespace("sales")
        yield catalog
        catalog.close()


@contextmanager
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server of Debian's package; its URL without the password, which is in the environment."""
    pytest.importorskip("adbc_driver_postgresql.dbapi", reason="the driver for PostgreSQL is not installed")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with tempfile.TemporaryDirectory(prefix="netable-postgresql-") as folder:
        # PostgreSQL does not run as root.
        user = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}
        if user:
            shutil.chown(folder, **user)

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [programs[-1].with_name(program), "-D", f"{folder}/data", *arguments],
                **user,
                cwd=folder,
                check=True,
                stdout=subprocess.DEVNULL,
                timeout=60,
            )

        password = Path(folder, "password")
        password.write_text(SECRET, encoding="utf-8")
        password.chmod(0o644)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        run(
            "initdb", "-U", "tester", "-A", "scram-sha-256", f"--pwfile={password}", "--no-sync", "--locale=C"
        )
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-w", "-o", options, "-l", f"{folder}/log", "start")
        try:
            with pytest.MonkeyPatch.context() as patched:
                patched.setenv("PGPASSWORD", SECRET)
                yield f"postgresql://tester@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")
