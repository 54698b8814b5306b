"""Programs that want to talk to somebody."""

import platform

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAMILIES = ("INET", "INET6", "UNIX", "NETLINK", "PACKET", "VSOCK", "ALG", "CAN", "QIPCRTR", "RDS", "TIPC")
OWN = ("INET", "INET6", "UNIX")
OUTSIDE = {
    "metadata_service": "import urllib.request\nurllib.request.urlopen('http://169.254.169.254/latest', timeout=1)",
    "https": "import http.client\nhttp.client.HTTPSConnection('192.0.2.1', timeout=1).request('GET', '/')",
    "http_on_a_closed_port": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:1/', timeout=1)",
    "name_lookup": "import socket\nsocket.getaddrinfo('example.com', 80)",
    "name_server": "import socket\nsocket.create_connection(('8.8.8.8', 53), 1)",
    "datagram": "import socket\nsocket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
    "datagram_over_ipv6": (
        "import socket\nsocket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b'x', ('2001:db8::1', 53))"
    ),
    "broadcast": (
        "import socket\ns = socket.socket(type=socket.SOCK_DGRAM)\n"
        "s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)\ns.sendto(b'x', ('255.255.255.255', 9))"
    ),
    "mail": "import smtplib\nsmtplib.SMTP('192.0.2.1', timeout=1)",
    "ftp": "import ftplib\nftplib.FTP('127.0.0.1', timeout=1)",
    "asyncio_client": "import asyncio\nasyncio.run(asyncio.open_connection('127.0.0.1', 1))",
    "raw": "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)",
    "ping": "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)",
    "several_paths": "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)",
    "another_device": (
        "import socket\nsocket.socket().setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'eth0')"
    ),
    "socket_over_standard_input": "import socket\nsocket.socket(fileno=0).connect(('127.0.0.1', 1))",
    "connect_on_a_pair": "import socket\nsocket.socketpair()[0].connect('/run/socket')",
    "list_of_interfaces": "import socket\nprint(socket.if_nameindex())",
    "service_of_the_host": "import socket\nsocket.socket(socket.AF_UNIX).connect('/run/docker.sock')",
    "abstract_service_of_the_host": "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0/tmp/dbus')",
}
INSIDE = {
    "server": "import socketserver\nsocketserver.TCPServer(('127.0.0.1', 0), None)",
    "asyncio_server": """
import asyncio
async def answer(reader, writer):
    writer.write((await reader.readline()).upper())
    await writer.drain()
    writer.close()
async def main(host):
    server = await asyncio.start_server(answer, host, 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    writer.write(b"hello\\n")
    assert await reader.read() == b"HELLO\\n"
for host in ("127.0.0.1", "::1", "localhost"):
    asyncio.run(main(host))
""",
    "web_server": """
import http.server, threading, urllib.request
server = http.server.ThreadingHTTPServer(("localhost", 8000), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=server.serve_forever, daemon=True).start()
open("a.txt", "w").write("found")
assert urllib.request.urlopen("http://localhost:8000/a.txt").read() == b"found"
server.shutdown()
""",
    "unix_server": "import asyncio\nasyncio.run(asyncio.start_unix_server(print, 'socket'))",
    "abstract_socket": "import socket\nsocket.socket(socket.AF_UNIX).bind('\\0sandbox')",
    "manager": """
import multiprocessing
with multiprocessing.Manager() as manager:
    shared = manager.dict()
    shared["x"] = 1
    assert shared.copy() == {"x": 1}
""",
    "listener": "import multiprocessing.connection as c\nc.Listener(family='AF_UNIX')",
    "pair_of_datagram_sockets": """
import socket
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
a.send(b"x")
assert b.recv(1) == b"x"
""",
    "datagrams": """
import socket
a, b = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(2))
b.bind(("127.0.0.1", 0))
a.sendto(b"x", b.getsockname())
assert b.recv(1) == b"x"
""",
    "own_name": "import socket\nassert socket.gethostbyaddr('127.0.0.1')[0] == 'localhost'",
    "port_that_is_free_at_once": """
import socket
for _ in range(3):
    server = socket.socket()
    server.bind(("127.0.0.1", 9000))
    server.listen()
    client = socket.create_connection(("127.0.0.1", 9000))
    accepted, _ = server.accept()
    for end in (accepted, client, server):
        end.close()
""",
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", ["STREAM", "DGRAM"])
async def test_no_socket_of_this_family_can_be_made_but_in_a_network_of_its_own(
    run, family, kind, has_namespaces
):
    result = await run(f"import socket\nsocket.socket(socket.AF_{family}, socket.SOCK_{kind})\nprint('made')")
    if has_namespaces and family in OWN:
        assert (result.termination, result.stdout) == ("ok", "made\n"), result.stderr
    else:
        assert (result.termination, result.stdout) == ("error", "")
        assert "PermissionError" in result.stderr


@pytest.mark.parametrize("code", OUTSIDE.values(), ids=OUTSIDE.keys())
async def test_nobody_is_reached_by(run, code):
    result = await run(code)
    assert (result.termination, result.stdout) == ("error", "")
    assert result.duration_s < 20


@pytest.mark.parametrize("code", INSIDE.values(), ids=INSIDE.keys())
async def test_a_script_talks_to_itself_where_the_network_is_its_own(run, code, has_namespaces):
    result = await run(f"{code}\nprint('done')")
    if has_namespaces:
        assert (result.termination, result.stdout) == ("ok", "done\n"), result.stderr
    else:
        assert (result.termination, "done" in result.stdout) == ("error", False)


async def test_the_next_script_finds_no_server_and_no_port_of_the_last_one(run, has_namespaces):
    if not has_namespaces:
        pytest.skip("without namespaces there are no sockets")
    server = """
import os, socket
listening = socket.create_server(("127.0.0.1", 7777))
calling = socket.create_connection(listening.getsockname())
answering, _ = listening.accept()
calling.sendall(b"x" * 60_000)
socket.socket(socket.AF_UNIX).bind("\\0left")
print("served")
"""
    for _ in range(3):
        assert (await run(server)).stdout == "served\n"
    late = (await run("import socket\nsocket.create_connection(('127.0.0.1', 7777), 1)")).stderr
    assert "ConnectionRefusedError" in late
    assert (
        "left" not in (await run("print(open('/proc/net/unix').read(), open('/proc/net/tcp').read())")).stdout
    )


async def test_what_the_kernel_holds_for_a_connection_is_little(run, has_namespaces):
    if not has_namespaces:
        pytest.skip("without namespaces there are no sockets")
    # Both ends together: no more than the settings of the network allow, and nothing lingers.
    code = """
import socket
listening = socket.create_server(("127.0.0.1", 0))
calling = socket.create_connection(listening.getsockname())
answering, _ = listening.accept()
calling.setblocking(False)
held = 0
try:
    while True: held += calling.send(bytes(65536))
except BlockingIOError:
    print(held < 1_000_000)
for name in ("tcp_rmem", "tcp_wmem", "tcp_max_tw_buckets"):
    print(open("/proc/sys/net/ipv4/" + name).read().split())
"""
    assert (await run(code)).stdout.splitlines() == [
        "True",
        *["['4096', '65536', '131072']"] * 2,
        "['0']",
    ]


async def test_too_many_sockets_are_stopped(run, has_namespaces):
    if not has_namespaces:
        pytest.skip("without namespaces there are no sockets")
    code = """
import os, socket, time
for _ in range(12):
    if os.fork() == 0:
        break
sockets = []
while True:
    try:
        sockets.append(socket.socket())
    except OSError:
        time.sleep(9)
"""
    result = await run(code)
    assert (result.termination, result.message) == (
        "killed",
        "opened too many sockets: more than 1024 at a time",
    )


async def test_a_connected_pair_of_sockets_within_the_script_works(run):
    code = "import socket\na, b = socket.socketpair()\na.sendall(b'x')\nprint(b.recv(1), b.getpeername(), b.family)"
    assert (await run(code)).stdout.startswith("b'x'")


async def test_the_name_of_the_host_is_hidden_where_it_can_be(run, has_namespaces):
    name = (await run("import os\nprint(os.uname().nodename)")).stdout.strip()
    assert name == ("sandbox" if has_namespaces else platform.node())
