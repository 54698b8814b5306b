"""What a script finds around it in a root of its own, besides Python: accounts, names of hosts, a shell's programs."""

import os

from .kernel.namespaces import SCRIPT_UID

_FOLDERS = ("/bin", "/usr/bin")
_NAMES = (
    "sh", "bash", "env", "echo", "printf", "test", "[", "true", "false", "sleep", "expr", "seq", "date", "id",
    "ls", "cat", "head", "tail", "wc", "sort", "uniq", "cut", "tr", "grep", "sed", "awk", "find", "xargs", "tee",
    "mkdir", "rmdir", "rm", "cp", "mv", "ln", "touch", "pwd", "uname", "basename", "dirname", "diff", "which",
)  # fmt: skip


def etc(home: str) -> dict[str, str]:
    """Files of /etc by name: the script's user and group, root's and nobody's; no names but its own; usual ports."""
    return {
        "passwd": f"root:x:0:0:root:/root:/bin/false\nscript:x:{SCRIPT_UID}:{SCRIPT_UID}::{home}:/bin/sh\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
        "group": f"root:x:0:\nscript:x:{SCRIPT_UID}:\nnogroup:x:65534:\n",
        "hosts": "127.0.0.1 localhost sandbox\n::1 localhost ip6-localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n",
        "services": "ftp 21/tcp\nssh 22/tcp\ntelnet 23/tcp\nsmtp 25/tcp\ndomain 53/tcp\ndomain 53/udp\n"
        "http 80/tcp www\npop3 110/tcp\nntp 123/udp\nimap2 143/tcp imap\nhttps 443/tcp\nimaps 993/tcp\npop3s 995/tcp\n",
    }


def program_files() -> tuple[str, ...]:
    """The programs' files on this machine, as far as it has them, links followed."""
    return tuple(sorted({os.path.realpath(place) for place in _places().values()}))


def program_links() -> dict[str, str]:
    """Where a script looks for each program that lies elsewhere, and the file that this leads to."""
    files = {name: os.path.realpath(place) for name, place in _places().items()}
    links = {f"{folder}/{name}": file for name, file in files.items() for folder in _FOLDERS}
    return {path: file for path, file in links.items() if path != file}


def _places() -> dict[str, str]:
    places = ((name, f"{folder}/{name}") for folder in reversed(_FOLDERS) for name in _NAMES)
    return {name: place for name, place in places if os.access(place, os.X_OK)}
