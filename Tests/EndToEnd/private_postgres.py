"""A PostgreSQL of the tests' own: on a socket in a temporary folder, without any port."""

import itertools
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time


def find_binaries():
    """The newest of the installed versions."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"),
                   key=lambda path: int(path.parent.name))
    if found:
        return found[-1]
    return pathlib.Path(shutil.which("initdb") or "initdb").parent


BINARIES = find_binaries()


class PrivatePostgres:
    numbers = itertools.count(1)

    def __init__(self):
        # A socket's path may have 107 bytes, so that pytest's own folders are too deep.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sfpg", dir="/tmp"))
        self.data = self.folder / "data"
        self.owner = None
        if os.geteuid() == 0:
            # The server refuses to run as root.
            self.owner = pwd.getpwnam("postgres")
            os.chown(self.folder, self.owner.pw_uid, self.owner.pw_gid)
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-E", "UTF8",
                  "--locale=C.UTF-8")
        with open(self.data / "postgresql.conf", "a") as settings:
            settings.write(f"""
listen_addresses = ''
unix_socket_directories = '{self.folder}'
max_connections = 200
shared_buffers = '128MB'
max_wal_size = '4GB'
""")
        self.start()

    def _run(self, program, *arguments, **options):
        user = {"user": self.owner.pw_uid, "group": self.owner.pw_gid} if self.owner else {}
        return subprocess.run(
            [BINARIES / program, *arguments], check=True, capture_output=True, text=True,
            cwd=self.folder, **user, **options)

    def start(self):
        self._run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "start")

    def stop(self, mode="fast"):
        self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    @property
    def processes(self):
        """The server and its children, which are groups of their own."""
        server = int((self.data / "postmaster.pid").read_text().split()[0])
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(server)], capture_output=True, text=True).stdout
        return [server, *map(int, children.split())]

    def freeze(self):
        self.frozen = self.processes
        for process in self.frozen:
            self._signal(process, signal.SIGSTOP)

    def thaw(self):
        for process in self.frozen:
            self._signal(process, signal.SIGCONT)

    @staticmethod
    def _signal(process, number):
        try:
            os.kill(process, number)
        except ProcessLookupError:
            pass  # A server's process for one connection may have ended.

    def database(self):
        """A new, empty database; returns its name."""
        name = f"d{next(self.numbers)}_{os.getpid()}"
        self.query("postgres", f"CREATE DATABASE {name}")
        return name

    def url(self, database):
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def query(self, database, sql, check=True):
        """The rows of a statement as lists of texts."""
        done = subprocess.run(
            [BINARIES / "psql", "-X", "-q", "-A", "-t", "-F", "\x1f", "-R", "\x1e", "-v",
             "ON_ERROR_STOP=1", "-h", self.folder, "-U", "postgres", "-d", database, "-c", sql],
            capture_output=True, text=True)
        if check and done.returncode:
            raise AssertionError(done.stderr)
        text = done.stdout.removesuffix("\n")
        return [row.split("\x1f") for row in text.split("\x1e")] if text else []

    def typed(self, url, sql):
        """Rows as the embedded store's driver gives them: whole numbers as numbers."""
        def value(text):
            return int(text) if text.lstrip("-").isdigit() else {"t": 1, "f": 0}.get(text, text)
        name = url.split("/")[3].split("?")[0]
        return [tuple(map(value, row)) for row in self.query(name, sql)]

    def run_file(self, database, path, **variables):
        settings = [part for item in variables.items() for part in ("-v", "=".join(item))]
        done = subprocess.run(
            [BINARIES / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U",
             "postgres", "-d", database, *settings, "-f", path], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def remove(self):
        try:
            self.stop("immediate")
        except subprocess.CalledProcessError:
            pass  # A test has stopped it.
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def wait_until(condition, seconds, what):
    deadline = time.time() + seconds
    while not condition():
        assert time.time() < deadline, what
        time.sleep(0.05)
