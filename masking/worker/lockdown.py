"""Drops every right that judging pictures does not need: once in the warm parent, once more in each of its children.

Four layers, each of which alone stops a taken-over decoder from reading the report key or calling home: resource
limits, dropped capabilities, Landlock without a single path, and a seccomp list of the few calls that arithmetic on
memory needs (everything else is EPERM: no open, no socket, no program, no process, no tracing, no executable memory).
Each missing feature of the system is returned as a sentence; `confined.py` measures whether the rest is enough.
"""

import ctypes
import errno
import os
import resource
import signal
from functools import cache
from pathlib import Path
from typing import Any, Final

try:
    import pyseccomp
except (ImportError, RuntimeError):  # RuntimeError: the package is there, the system's libseccomp is not
    pyseccomp = None

_PR_SET_PDEATHSIG = 1
_PR_GET_DUMPABLE = 3
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522

# Landlock's calls have these numbers on every architecture (Linux, include/uapi/asm-generic/unistd.h).
_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_RESTRICT_SELF = 446
_LANDLOCK_CREATE_RULESET_VERSION = 1

# Access rights and scopes by the Landlock ABI that brought them (Linux, include/uapi/linux/landlock.h).
_FS_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NET_RIGHTS = {4: 0b11}  # bind TCP, connect TCP
_SCOPES = {6: 0b11}  # abstract unix sockets, signals

_PROT_EXEC = 4

_CALLS: Final = (
    "brk", "munmap", "mremap", "madvise",
    "read", "readv", "write", "writev", "lseek", "close",
    "futex", "sched_yield", "sched_getaffinity", "membarrier", "rseq", "set_robust_list", "restart_syscall",
    "clock_gettime", "clock_getres", "gettimeofday", "time", "nanosleep", "clock_nanosleep", "times", "getrusage",
    "getrandom", "getpid", "gettid", "getppid", "sysinfo", "uname",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "setitimer", "alarm",
    "exit", "exit_group",
)  # fmt: skip
"""Calls that a child may make with any arguments. None of them reaches beyond the memory and the socket it has.

Not among them though libraries like to make them: `fstat`, `newfstatat` and `statx`, which tell of any path, and
`tgkill`, which reaches other processes (`abort` ends the process by a fault instead).
"""

_CALLS_TO_FORK: Final = (
    "clone", "fork", "wait4", "recvmsg", "sendmsg", "pipe2", "dup2", "dup3",
    "prctl", "capget", "capset", "prlimit64", "setrlimit", "getrlimit", "seccomp",
    "landlock_create_ruleset", "landlock_restrict_self",
)  # fmt: skip
"""What the warm parent may do besides: fork, collect its children, take descriptors, and lock its children down."""


class _RulesetAttr(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def confine_parent() -> tuple[str, ...]:
    """Lock the warm parent down, except for forking and its children's own lock-down.

    Returns:
        Rights that could not be dropped, one sentence each; empty when every layer holds.
    """
    limits = []
    if pyseccomp is not None:
        _filter(_CALLS)
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        limits.append("threads: a library started a thread before the lock-down; Landlock does not bind it")
    return (*limits, *_confine(_ALWAYS, (*_CALLS, *_CALLS_TO_FORK)))


def confine_child(mapped_bytes: int, memory_bytes: int, cpu_s: int) -> tuple[str, ...]:
    """Lock a child down for the rest of its life.

    Args:
        mapped_bytes: Address space that the warm parent had mapped.
        memory_bytes: Address space that may be taken on top of that.
        cpu_s: Processor time for the whole life of the child.

    Returns:
        Rights that could not be dropped, one sentence each; empty when every layer holds.
    """
    resources = (
        *_ALWAYS,
        (resource.RLIMIT_AS, mapped_bytes + memory_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_NOFILE, 0),
        # The limit counts all processes of the user, but binds only who carries it: here it means "no fork".
        (resource.RLIMIT_NPROC, 0),
    )
    return tuple(_confine(resources, _CALLS))


def mapped_bytes() -> int:
    """Return how much address space this process has mapped."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def end_with_parent(parent: int) -> None:
    """Have the kernel kill this process with its parent; end if that ended. Source: prctl(2), PR_SET_PDEATHSIG."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


_ALWAYS: Final = (
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_MEMLOCK, 0),
    (resource.RLIMIT_MSGQUEUE, 0),
)


def _confine(resources: tuple[tuple[int, int], ...], calls: tuple[str, ...]) -> list[str]:
    libc = ctypes.CDLL(None, use_errno=True)
    limits: list[str] = []
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) != 0:
        limits.append("dumpable: other processes of this user may still trace the picture worker")
    if not _drop_capabilities(libc):
        limits.append("capabilities: the picture worker could not drop its capabilities")
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        limits.append("no-new-privs: the kernel refused it")
    limits += _landlock(libc)
    for which, value in resources:
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))
    return limits + _seccomp(calls)


def _drop_capabilities(libc: ctypes.CDLL) -> bool:
    """Drop all; return whether none is left: a service whose filter refuses the call has none to drop."""
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice 32 bits
    if libc.capset(ctypes.byref(header), nothing) == 0:
        return True
    left = (ctypes.c_uint32 * 6)()
    return bool(libc.capget(ctypes.byref(header), left) == 0) and not any(left)


def _landlock(libc: ctypes.CDLL) -> list[str]:
    """Allow none of this kernel's rights. Source: Linux kernel documentation, userspace-api/landlock."""
    abi = libc.syscall(
        _LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_LANDLOCK_CREATE_RULESET_VERSION)
    )
    if abi < 1:
        return [f"landlock: not offered here ({os.strerror(ctypes.get_errno())}); seccomp has to keep files closed"]
    ruleset = _RulesetAttr(_newest(_FS_RIGHTS, abi), _newest(_NET_RIGHTS, abi), _newest(_SCOPES, abi))
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    descriptor = libc.syscall(
        _LANDLOCK_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), ctypes.c_uint32(0)
    )
    if descriptor < 0:
        return [f"landlock: the kernel refused the rules ({os.strerror(ctypes.get_errno())})"]
    try:
        if libc.syscall(_LANDLOCK_RESTRICT_SELF, ctypes.c_int(descriptor), ctypes.c_uint32(0)) != 0:
            return [f"landlock: the kernel did not apply the rules ({os.strerror(ctypes.get_errno())})"]
    finally:
        os.close(descriptor)
    return []


def _newest(rights: dict[int, int], abi: int) -> int:
    return max((mask for since, mask in rights.items() if since <= abi), default=0)


def _seccomp(calls: tuple[str, ...]) -> list[str]:
    if pyseccomp is None:
        return ["seccomp: the system library libseccomp is missing"]
    try:
        _filter(calls).load()
    except OSError as failure:
        return [f"seccomp: the kernel refused the filter ({failure.strerror})"]
    return []


@cache
def _filter(calls: tuple[str, ...]) -> Any:
    """The filter that lets these calls through; a child has that of its warm parent ready."""
    rules: Any = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    rules.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    for call in calls:
        _allow(rules, call)
    for call in ("mmap", "mprotect"):
        _allow(rules, call, pyseccomp.Arg(2, pyseccomp.MASKED_EQ, _PROT_EXEC, 0))
    return rules


def _allow(rules: Any, call: str, *arguments: Any) -> None:
    try:
        rules.add_rule(pyseccomp.ALLOW, call, *arguments)
    except ValueError:
        pass  # this libseccomp does not know the call, so nothing here was built to need it
    except OSError as failure:
        if failure.errno not in (errno.EINVAL, errno.EDOM, errno.EFAULT):  # this architecture has no such call
            raise
