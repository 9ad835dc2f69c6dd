"""Stands in for the interpreter: has a warm one run the program, and ends as that one ended.

`warm_python.py` puts a first line with the interpreter before this file, and the last ones with its own places behind
it. What a warm one cannot be handed starts a new interpreter, as if this had never been: other descriptors than the
three, isolated mode, a language whose texts are not UTF-8, another tree's packages. It imports next to nothing, since
it is started for each program.
"""

import _signal
import _socket
import array
import marshal
import os
import sys

KNOWN = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
FORWARDED = (_signal.SIGTERM, _signal.SIGINT, _signal.SIGHUP, _signal.SIGUSR1, _signal.SIGQUIT)


def is_plain(words, environ, root):
    """Tell whether a warm interpreter would run this program as a new one does."""
    flags = [
        word for word in words[: next((n for n, w in enumerate(words) if w in ("-c", "-m")), 1)] if word[:1] == "-"
    ]
    if set(flags) - {"-P", "-B"} or not words or "multiprocessing" in " ".join(words):
        return False
    if any(name.startswith("PYTHON") and name not in KNOWN for name in environ):
        return False
    language = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or "C"
    if language not in ("C", "POSIX") and not language.lower().replace("-", "").endswith("utf8"):
        return False
    places = [place for place in environ.get("PYTHONPATH", "").split(os.pathsep) if place]
    if any(os.path.isdir(os.path.join(place, "agent")) and os.path.realpath(place) != root for place in places):
        return False
    mine = {0, 1, 2}
    for name in os.listdir("/proc/self/fd"):
        try:
            os.stat(int(name))
        except OSError:
            continue  # that of the listing itself
        if int(name) not in mine:
            return False
    return True


def relay(python, place, root):
    """Run the program where it can be run, and end as it ends."""
    words = sys.argv[1:]
    if not is_plain(words, os.environ, root):
        os.execv(python, [python, *words])
    try:
        here = os.getcwd()
        stream = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        stream.connect(place)
    except OSError:
        os.execv(python, [python, *words])
    asked = marshal.dumps((words, here, dict(os.environ)))
    _signal.pthread_sigmask(_signal.SIG_BLOCK, FORWARDED)  # until it is known whom they are for
    rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", (0, 1, 2)))]
    stream.sendmsg([len(asked).to_bytes(4, "big")], rights)
    stream.sendall(asked)
    pid = int.from_bytes(stream.recv(4), "big")
    for number in FORWARDED:
        if _signal.getsignal(number) is not _signal.SIG_IGN:
            _signal.signal(number, lambda number, _: os.kill(pid, number))
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, FORWARDED)
    status = stream.recv(4)
    code = os.waitstatus_to_exitcode(int.from_bytes(status, "big")) if status else 1
    if code < 0:
        if -code != _signal.SIGKILL:
            _signal.signal(-code, _signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)
