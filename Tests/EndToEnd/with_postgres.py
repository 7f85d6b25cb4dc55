"""Runs a command beside a PostgreSQL and a pooler of its own, and removes both.

The command finds them by SPENDFUSE_TEST_POSTGRES and SPENDFUSE_TEST_POOLER.
"""

import os
import subprocess
import sys

from private_pooler import PrivatePooler
from private_postgres import PrivatePostgres

server = PrivatePostgres()
try:
    pooler = PrivatePooler(server)
    try:
        sys.exit(subprocess.run(sys.argv[1:], env=dict(
            os.environ, SPENDFUSE_TEST_ALL_STORES="yes",
            SPENDFUSE_TEST_POSTGRES=server.url("postgres"),
            SPENDFUSE_TEST_POOLER=pooler.url("postgres"))).returncode)
    finally:
        pooler.remove()
finally:
    server.remove()
