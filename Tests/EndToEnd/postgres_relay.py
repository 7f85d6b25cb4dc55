"""Stands between a gateway and its PostgreSQL, reads their messages, and makes things go wrong."""

import asyncio
import pathlib
import shutil
import struct
import tempfile
import threading


class PostgresRelay:
    """Of the protocol it knows the frames: a type, a length, a body. See the chapter
    "Frontend/Backend Protocol" of PostgreSQL's documentation."""

    def __init__(self, server_folder):
        self.target = str(pathlib.Path(server_folder) / ".s.PGSQL.5432")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sfrl", dir="/tmp"))
        self.writers = set()
        self.commits_to_lose = 0
        self.fail_each = 0
        self.statements = 0
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self._call(self._listen())

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    async def _listen(self):
        self.server = await asyncio.start_unix_server(
            self._serve, self.folder / ".s.PGSQL.5432", backlog=100)

    async def _serve(self, reader, writer):
        try:
            server_reader, server_writer = await asyncio.open_unix_connection(self.target)
        except OSError:
            writer.close()
            return
        self.writers |= {writer, server_writer}
        state = {"lose": False, "fail": False}
        try:
            await asyncio.gather(
                self._requests(reader, server_writer, writer, state),
                self._answers(server_reader, writer, state))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for side in (writer, server_writer):
                side.close()
                self.writers.discard(side)

    async def _requests(self, reader, server_writer, writer, state):
        # The first message has no type.
        length = await reader.readexactly(4)
        server_writer.write(length + await reader.readexactly(struct.unpack("!I", length)[0] - 4))
        while True:
            head = await reader.readexactly(5)
            body = await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
            if head[:1] == b"P":
                statement = body.split(b"\0")[1]
                if statement == b"COMMIT" and self.commits_to_lose > 0:
                    self.commits_to_lose -= 1
                    state["lose"] = True
                self.statements += 1
                if self.fail_each and self.statements % self.fail_each == 0:
                    # A statement that the server refuses, in its place.
                    name, rest = body.split(b"\0", 1)
                    body = name + b"\0SELECT no_such_column\0" + struct.pack("!H", 0)
                    head = b"P" + struct.pack("!I", len(body) + 4)
            server_writer.write(head + body)
            await server_writer.drain()

    async def _answers(self, server_reader, writer, state):
        while True:
            head = await server_reader.readexactly(5)
            body = await server_reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
            if head[:1] == b"C" and body == b"COMMIT\0" and state["lose"]:
                raise ConnectionResetError
            writer.write(head + body)
            await writer.drain()

    def lose_commits(self, count):
        self.commits_to_lose = count

    def fail_statements(self, each):
        self.fail_each = each

    def cut(self):
        async def close():
            for writer in list(self.writers):
                writer.close()
        self._call(close())

    def calm(self):
        self.commits_to_lose = self.fail_each = 0

    def stop(self):
        self.cut()
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        shutil.rmtree(self.folder, ignore_errors=True)
