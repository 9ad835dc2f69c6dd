"""The layers around the picture worker's children, each taken out alone: the others must not hide that it is gone."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_FILE: Final = "masking/worker/lockdown.py"
_ROW: Final = "breaks the decoder and runs code in it"
_TESTS: Final = "test_worker_lockdown.py::"
_LAST_CALLS: Final = '    "exit", "exit_group",\n'
_NO_CODE: Final = (
    '    for call in ("mmap", "mprotect"):\n'
    "        _allow(rules, call, pyseccomp.Arg(2, pyseccomp.MASKED_EQ, _PROT_EXEC, 0))\n"
)


def _out(name: str, text: str, mutated: str, test: str, file: str = _FILE) -> Mutant:
    return Mutant(name=name, row=_ROW, file=file, text=text, mutated=mutated, test=_TESTS + test)


def _allowed(call: str, way: str) -> Mutant:
    test = f"test_the_locked_down_child_may_not[{way}]"
    return _out(f"call-{call}", _LAST_CALLS, f'{_LAST_CALLS}    "{call}",\n', test)


def _executable(call: str, way: str) -> Mutant:
    other = "mprotect" if call == "mmap" else "mmap"
    mutated = _NO_CODE.replace('("mmap", "mprotect")', f'("{other}",)') + f'    _allow(rules, "{call}")\n'
    return _out(f"executable-{call}", _NO_CODE, mutated, f"test_the_locked_down_child_may_not[{way}]")


LOCKDOWN: Final = (
    _out(
        "rlimits",
        "    for which, value in resources:\n",
        "    for which, value in ():\n",
        "test_a_child_has_hard_limits",
    ),
    _out(
        "dumpable",
        "    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)\n    if libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) != 0:\n",
        "    if False:\n",
        "test_neither_child_nor_warm_parent_can_be_read_by_other_processes_of_their_user",
    ),
    _out(
        "landlock",
        "        if libc.syscall(_LANDLOCK_RESTRICT_SELF, ctypes.c_int(descriptor), ctypes.c_uint32(0)) != 0:\n",
        "        if False:\n",
        "test_each_layer_alone_keeps_the_key_file_closed",
    ),
    _out(
        "seccomp",
        "pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))",
        "pyseccomp.SyscallFilter(pyseccomp.ALLOW)",
        "test_the_locked_down_child_can_reach_nothing",
    ),
    _out(
        "capabilities",
        "    if libc.capset(ctypes.byref(header), nothing) == 0:\n",
        "    if True:\n",
        "test_child_and_warm_parent_have_no_rights_no_threads_and_no_files_but_their_sockets",
    ),
    _out(
        "parent-death",
        "    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)\n",
        "",
        "test_children_end_with_the_process_that_asked_for_them",
    ),
    _out(
        "measured",
        "    return tuple(name for name, is_open in WAYS.items() if is_open())\n",
        "    return ()\n",
        "test_without_seccomp_nothing_is_judged",
        "masking/worker/confined.py",
    ),
    _executable("mmap", "executable_memory"),
    _executable("mprotect", "memory_made_executable"),
    _allowed("tgkill", "tgkill"),
    _allowed("ioctl", "ioctl"),
    _allowed("prctl", "prctl"),
    _allowed("socketpair", "socketpair"),
    _allowed("clone3", "clone3"),
    _allowed("sendto", "sendto"),
    _allowed("newfstatat", "stat"),
    _allowed("statx", "statx"),
)
