"""Deliberate faults in the guard: file, code, faulty code, and the tests that must fail."""

from __future__ import annotations

SEALED = "attempts/test_attempts.py::test_sealed_every_attempt_comes_out_as_the_table_says"
HOOK = "attempts/test_attempts.py::test_held_by_the_hook_every_attempt_comes_out_as_the_table_says"
FILTER = "seal/test_seccomp.py"
RUN = "seal/test_sealed_run.py"
BROKER = "seal/test_broker.py"
MUTANTS = [
    ("seal/seccomp.py", "_unless((socket.AF_INET, socket.AF_INET6),", "_unless((1, 2, 10),", RUN),
    ("seal/seccomp.py", "(socket.SOCK_STREAM, socket.SOCK_DGRAM)", "(1, 2, 3)", FILTER),
    ("seal/seccomp.py", "(socket.SOCK_STREAM, socket.SOCK_SEQPACKET)", "(1, 2, 5)", SEALED),
    ("seal/seccomp.py", '    "io_uring_setup",\n', "", SEALED),
    ("seal/seccomp.py", 'JUDGED = ("connect", ', "JUDGED = (", SEALED),
    ("seal/seccomp.py", '_for_call("sendto", machine, _sends()),', "", SEALED),
    ("seal/seccomp.py", "(TIOCSTI, TIOCLINUX), [", "(TIOCLINUX,), [", SEALED),
    ("seal/seccomp.py", "if not internet:", "if False:", RUN),
    ("seal/landlock.py", "rights = WRITE_FILE | REMOVE_DIR", "rights = REMOVE_DIR", SEALED),
    ("seal/landlock.py", "MAKE_DIR | MAKE_REG | MAKE_SOCK", "MAKE_DIR | MAKE_SOCK", RUN),
    ("seal/landlock.py", "_UNIX_SOCKET | SCOPE_SIGNAL if", "_UNIX_SOCKET if", SEALED),
    ("seal/landlock.py", 'DEVICES = ("/dev/null",', 'DEVICES = ("/dev/pts", "/dev/null",', SEALED),
    ("seal/begin.py", "_close_others(keep)", "pass", SEALED),
    ("witness.py", "return text, ip[0] == 127 if", "return text, True if", SEALED),
    ("witness.py", 'AF_UNSPEC and call == "connect"', "AF_UNSPEC", SEALED),
    ("broker.py", "number in range(len(self.account)) and", "number is not None and", BROKER),
    ("broker.py", "if kind != DATA or start", "if start", BROKER),
    ("broker.py", "flags=socket.AI_NUMERICHOST", "flags=0", BROKER),
    ("audit.py", "or int(kind) & 0xF == socket.SOCK_RAW", "", HOOK),
]
