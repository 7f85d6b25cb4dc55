"""A pgbouncer in transaction mode before a private PostgreSQL, on a socket of its own."""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import time


class PrivatePooler:
    def __init__(self, server, connections=4):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sfpb", dir="/tmp"))
        owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        user = {"user": owner.pw_uid, "group": owner.pw_gid} if owner else {}
        if owner:
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        (self.folder / "users").write_text('"postgres" ""\n"spendfuse_service" ""\n')
        (self.folder / "ini").write_text(f"""[databases]
* = host={server.folder}
[pgbouncer]
listen_addr =
unix_socket_dir = {self.folder}
listen_port = 6432
auth_type = trust
auth_file = {self.folder}/users
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 500
ignore_startup_parameters = extra_float_digits
pidfile = {self.folder}/pid
logfile = {self.folder}/log
""")
        binary = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
        self.process = subprocess.Popen(
            [binary, "-q", self.folder / "ini"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, **user)
        deadline = time.time() + 10
        while not (self.folder / ".s.PGSQL.6432").exists():
            assert time.time() < deadline and self.process.poll() is None, "no pooler"
            time.sleep(0.05)

    def url(self, database, user="postgres"):
        return f"postgresql://{user}@/{database}?host={self.folder}&port=6432"

    def remove(self):
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
