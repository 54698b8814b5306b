"""Programs that want to talk to somebody."""

import platform

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAMILIES = ("INET", "INET6", "UNIX", "NETLINK", "PACKET", "VSOCK", "ALG", "CAN", "QIPCRTR", "RDS", "TIPC")
SPEAKING = {
    "http": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:1/', timeout=1)",
    "metadata_service": "import urllib.request\nurllib.request.urlopen('http://169.254.169.254/latest', timeout=1)",
    "https": "import http.client\nhttp.client.HTTPSConnection('192.0.2.1', timeout=1).request('GET', '/')",
    "name_lookup": "import socket\nsocket.getaddrinfo('example.com', 80)",
    "name_of_a_number": "import socket\nsocket.gethostbyaddr('127.0.0.1')",
    "mail": "import smtplib\nsmtplib.SMTP('127.0.0.1', timeout=1)",
    "ftp": "import ftplib\nftplib.FTP('127.0.0.1', timeout=1)",
    "asyncio_client": "import asyncio\nasyncio.run(asyncio.open_connection('127.0.0.1', 1))",
    "asyncio_server": "import asyncio\nprint(asyncio.run(asyncio.start_server(print, '127.0.0.1', 0)).sockets[0])",
    "server": "import socketserver\nsocketserver.TCPServer(('127.0.0.1', 0), None)",
    "unix_server": "import asyncio\nasyncio.run(asyncio.start_unix_server(print, 'socket'))",
    "abstract_socket": "import socket\nsocket.socket(socket.AF_UNIX).bind('\\0sandbox')",
    "manager": "import multiprocessing.managers as m\nm.BaseManager(('127.0.0.1', 0)).get_server()",
    "listener": "import multiprocessing.connection as c\nc.Listener(family='AF_UNIX')",
    "raw": "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)",
    "pair_of_datagram_sockets": "import socket\nsocket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "socket_over_standard_input": "import socket\nsocket.socket(fileno=0).connect(('127.0.0.1', 1))",
    "connect_on_a_pair": "import socket\nsocket.socketpair()[0].connect('/run/socket')",
    "list_of_interfaces": "import socket\nprint(socket.if_nameindex())",
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", ["STREAM", "DGRAM"])
async def test_no_socket_of_this_family_can_be_made(run, family, kind):
    result = await run(f"import socket\nsocket.socket(socket.AF_{family}, socket.SOCK_{kind})\nprint('made')")
    assert (result.termination, result.stdout) == ("error", "")
    assert "PermissionError" in result.stderr


@pytest.mark.parametrize("code", SPEAKING.values(), ids=SPEAKING.keys())
async def test_nobody_is_reached_by(run, code):
    result = await run(code)
    assert (result.termination, result.stdout) == ("error", "")
    assert result.duration_s < 2


async def test_a_connected_pair_of_sockets_within_the_script_works(run):
    code = "import socket\na, b = socket.socketpair()\na.sendall(b'x')\nprint(b.recv(1), b.getpeername(), b.family)"
    assert (await run(code)).stdout.startswith("b'x'")


async def test_the_name_of_the_host_is_hidden_where_it_can_be(run, has_namespaces):
    name = (await run("import os\nprint(os.uname().nodename)")).stdout.strip()
    assert name == ("sandbox" if has_namespaces else platform.node())
